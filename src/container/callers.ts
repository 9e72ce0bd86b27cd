/**
 * The CLI's own stdin, stdout and stderr as the monitor may use them: never
 * blocking, and never with O_NONBLOCK on a description that the caller's other
 * processes share.
 */

import {
	AT_FDCWD,
	O_CLOEXEC,
	O_NOCTTY,
	O_NONBLOCK,
	O_RDONLY,
	O_WRONLY,
	S_IFCHR,
	S_IFDIR,
	S_IFIFO,
	S_IFMT,
	S_IFREG,
	S_IFSOCK,
} from "../../ffi/constants.ts";
import { statusOf } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import type { Caller, Descriptors } from "../runtime/runtime.ts";

/** Prepares the three streams; stdin only if it is passed through. Closed ones are left out. */
export function callerStreams(descriptors: Descriptors, interactive: boolean): (Caller | undefined)[] {
	return [
		interactive ? caller(descriptors, 0, O_RDONLY) : undefined,
		caller(descriptors, 1, O_WRONLY),
		caller(descriptors, 2, O_WRONLY),
	];
}

function caller(descriptors: Descriptors, fd: number, access: number): Caller | undefined {
	let type: number;
	try {
		type = statusOf(fd).mode & S_IFMT;
	} catch {
		return undefined;
	}
	if (type === S_IFSOCK) return { fd: descriptors.pass(fd), kind: "socket" };
	if (type === S_IFREG || type === S_IFDIR) return { fd: descriptors.pass(fd), kind: "file" };
	if (type !== S_IFIFO && type !== S_IFCHR) return { fd: descriptors.pass(fd), kind: "shared" };
	// A description of our own; it may be refused (a terminal of another user's).
	const own = attempt("openat", AT_FDCWD, `/proc/self/fd/${fd}`, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (own < 0) return { fd: descriptors.pass(fd), kind: "shared" };
	return { fd: descriptors.pass(own), kind: "own" };
}

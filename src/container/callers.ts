/**
 * Which of the CLI's streams a program gets, and how: as the monitor may
 * use them, never blocking, and never with O_NONBLOCK on a description that the
 * caller's other processes share.
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
import { isTerminal, STDERR, STDIN, STDOUT } from "../../ffi/output.ts";
import { attempt } from "../../ffi/system.ts";
import type { Caller, Descriptors } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";

/** What the CLI gives to a program and takes from it. */
export interface Streams {
	stdin: boolean;
	stdout: boolean;
	stderr: boolean;
}

/** A CLI that stays with its program. */
export interface Foreground {
	streams: Streams;
	/** signals that reach bunker go to the program */
	forwardSignals: boolean;
}

/** The streams of a container in the foreground: `-a` says which, `-i` that there is a stdin at all (docker's OpenStdin). */
export function attachedStreams({ interactive, attach = [] }: RunOptions): Streams {
	const all = attach.length === 0;
	return { stdin: interactive, stdout: all || attach.includes("stdout"), stderr: all || attach.includes("stderr") };
}

/** What `run` without -d stays with. */
export function foregroundOf(options: RunOptions): Foreground {
	return { streams: attachedStreams(options), forwardSignals: !options.noSignalProxy };
}

/**
 * Prepares the streams for a session without a terminal inside; closed ones are
 * left out. A terminal as stdin is not passed but read by the session: the
 * monitor is not of its session, and job control would not apply (SIGTTIN).
 */
export function callerStreams(descriptors: Descriptors, { stdin, stdout, stderr }: Streams): (Caller | undefined)[] {
	return [
		stdin && !isTerminal(STDIN) ? caller(descriptors, STDIN, O_RDONLY) : undefined,
		stdout ? caller(descriptors, STDOUT, O_WRONLY) : undefined,
		stderr ? caller(descriptors, STDERR, O_WRONLY) : undefined,
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

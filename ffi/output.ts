/**
 * What the command line prints. libc's write: process.stdout costs 10 ms and
 * more, console.log swallows errors (`> /dev/full` would be a success), and the
 * shim is not needed for `version`.
 */

import { ptr, read } from "bun:ffi";
import { POLLERR, POLLHUP, POLLOUT } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { libc } from "./libc.ts";
import { encodeText } from "./text.ts";

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
const NAME = ["standard input", "standard output", "standard error"];

/** Nobody reads any more what we write: the end, quiet, as for any program that SIGPIPE kills. */
export class BrokenPipe extends Error {
	override name = "BrokenPipe";
}

/**
 * Writes all of it, waiting where the descriptor is non-blocking.
 * @throws BrokenPipe when the reader is gone; SystemError for any other failure
 */
export function writeOut(fd: number, content: string | Uint8Array): void {
	const bytes = typeof content === "string" ? encodeText(content) : content;
	for (let done = 0, failures = 0; done < bytes.length; ) {
		const written = Number(libc.write(fd, ptr(bytes, done), bytes.length - done));
		failures = written < 0 ? failures + 1 : 0;
		if (written >= 0) done += written;
		else afterFailure(fd, failures);
	}
}

/**
 * Decides by poll(2) whether to wait or to give up: something else in this
 * thread may have set errno since, so it only gives the failure its name.
 */
function afterFailure(fd: number, failures: number): void {
	const code = read.i32(libc.__errno_location() as never, 0);
	const poll = new Int32Array([fd, POLLOUT]);
	if (libc.poll(ptr(poll), 1, -1) < 0) return;
	const found = (poll[1] as number) >> 16;
	if (code === errno.EPIPE || found & (POLLERR | POLLHUP)) throw new BrokenPipe();
	const passing = code === errno.EAGAIN || code === errno.EINTR;
	if (failures > 1 && !passing) throw new SystemError(`write to ${NAME[fd] ?? `descriptor ${fd}`}`, code);
}

/** True if the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
	return libc.isatty(fd) === 1;
}

/**
 * One system call from TypeScript: numbers, byte arrays and strings in, the
 * result or a SystemError out. Everything in ffi/ that talks to the kernel
 * does it through `call` or `attempt`.
 */

import { ptr } from "bun:ffi";
import { SystemError } from "./errno.ts";
import { shim } from "./library.ts";
import { type CallName, callNumber } from "./numbers.ts";
import { decodeText, encodeText } from "./text.ts";

/** A path or name: text (as ffi/text.ts makes it), or bytes. */
export type Path = string | Uint8Array;

/** What a system call takes: a number, the address of bytes, or text that ends in NUL. */
export type Argument = number | bigint | Uint8Array | string;

/**
 * Strings on their way to the kernel. A system call is synchronous, so a place
 * may be used again as soon as it has returned; a call takes at most a few.
 */
const scratch = new Uint8Array(64 * 1024);
const scratchAddress = ptr(scratch);
const encoder = new TextEncoder();
let next = 0;

function textAddress(text: string): number {
	if (!text.isWellFormed()) return bytesAddress(encodeText(text));
	// UTF-8 takes at most three bytes for each UTF-16 unit.
	if (next + text.length * 3 + 1 > scratch.length) next = 0;
	if (text.includes("\0")) throw new SystemError(JSON.stringify(text), 22);
	const { read, written } = encoder.encodeInto(text, scratch.subarray(next));
	if (read < text.length) throw new Error(`a string of ${text.length} characters does not fit a system call`);
	scratch[next + written] = 0;
	const address = scratchAddress + next;
	next += written + 1;
	return address;
}

function bytesAddress(bytes: Uint8Array): number {
	if (next + bytes.length + 1 > scratch.length) next = 0;
	scratch.set(bytes, next);
	scratch[next + bytes.length] = 0;
	const address = scratchAddress + next;
	next += bytes.length + 1;
	return address;
}

function word(argument: Argument): number | bigint {
	if (typeof argument === "string") return textAddress(argument);
	if (typeof argument === "object") return argument.length === 0 ? scratchAddress : ptr(argument);
	return argument;
}

/**
 * Makes a system call.
 * @returns its result, or the negative errno
 */
export function attempt(
	name: CallName,
	a: Argument = 0,
	b: Argument = 0,
	c: Argument = 0,
	d: Argument = 0,
	e: Argument = 0,
	f: Argument = 0,
): number {
	const number = callNumber(name);
	return Number(shim.bunker_sys(number, word(a), word(b), word(c), word(d), word(e), word(f)));
}

/** Bytes that `attemptReading` gives at most. */
export const SMALL = 4096;
const small = new Uint8Array(new ArrayBuffer(SMALL));
const smallAddress = ptr(small);

/**
 * Reads a file that is known to be small, at most SMALL bytes of it: opened, read
 * and closed by one call of the shim, which costs a third of what three do.
 * @returns its bytes, or the negative errno
 */
export function attemptReading(path: Path): Uint8Array | number {
	const name = typeof path === "string" ? textAddress(path) : bytesAddress(path);
	const size = Number(shim.bunker_read_file(name, smallAddress, small.length));
	return size < 0 ? size : small.slice(0, size);
}

/**
 * Makes a system call that must succeed.
 * @param what the sentence for the error: what is done, to what
 * @throws SystemError with that sentence
 */
export function call(what: string, name: CallName, ...argument: Argument[]): number {
	const result = attempt(name, ...argument);
	if (result < 0) throw new SystemError(what, -result);
	return result;
}

/** A path as the bytes that a system call takes, NUL at the end. */
export function pathBytes(path: Path): Uint8Array {
	const bytes = typeof path === "string" ? encodeText(path) : path;
	const terminated = new Uint8Array(bytes.length + 1);
	terminated.set(bytes);
	return terminated;
}

/** A path as text. */
export function pathText(path: Path): string {
	return typeof path === "string" ? path : decodeText(path);
}

/** A path as an argument of `call`: bytes get their NUL, text gets it there. */
export const nameOf = (path: Path): Path => (typeof path === "string" ? path : pathBytes(path));

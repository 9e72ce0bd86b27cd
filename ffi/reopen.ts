/**
 * From a descriptor that only names something (O_PATH) to one that reads it:
 * the very thing that was looked at, whatever has its name by now.
 */

import { ptr } from "bun:ffi";
import { AT_FDCWD, AT_SYMLINK_FOLLOW, O_CLOEXEC, O_DIRECTORY, O_PATH } from "./constants.ts";
import { attempt, call } from "./system.ts";

/**
 * A descriptor's number in decimal digits, and a NUL. An ArrayBuffer stays where
 * it is; a small array without one moves when JavaScriptCore compiles what uses it.
 */
const digits = new Uint8Array(new ArrayBuffer(12));
const digitsAddress = ptr(digits);
let descriptors = -1;

/** The descriptor of /proc/self/fd: one component from there is quicker than a path. */
export function ownDescriptors(): number {
	if (descriptors < 0) {
		const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
		descriptors = call("open /proc/self/fd", "openat", AT_FDCWD, "/proc/self/fd", flags);
	}
	return descriptors;
}

function nameOf(fd: number): number {
	let at = 11;
	let rest = fd;
	do {
		digits[--at] = 0x30 + (rest % 10);
		rest = Math.floor(rest / 10);
	} while (rest > 0);
	return digitsAddress + at;
}

/** Opens what a descriptor names. @returns a descriptor or the negative errno */
export function reopen(fd: number, flags: number): number {
	return attempt("openat", ownDescriptors(), nameOf(fd), flags | O_CLOEXEC);
}

/** Changes the mode of what a descriptor names; it is no link. @returns 0 or the negative errno */
export function changeMode(fd: number, mode: number): number {
	return attempt("fchmodat", ownDescriptors(), nameOf(fd), mode);
}

/** Gives what a descriptor names another name. @returns 0 or the negative errno */
export function linkTo(fd: number, toDirectory: number, name: number | Uint8Array): number {
	return attempt("linkat", ownDescriptors(), nameOf(fd), toDirectory, name, AT_SYMLINK_FOLLOW);
}

/**
 * The few functions of libc that are needed before, or instead of, the shim:
 * loading that costs 1 ms, which `version`, help and wrong use do not pay.
 */

import { dlopen, FFIType } from "bun:ffi";

export const libc = dlopen("libc.so.6", {
	memfd_create: { args: ["ptr", "u32"], returns: "i32" },
	write: { args: ["i32", "ptr", "u64"], returns: FFIType.i64_fast },
	poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
	fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
	close: { args: ["i32"], returns: "i32" },
	isatty: { args: ["i32"], returns: "i32" },
	__errno_location: { args: [], returns: "ptr" },
	_exit: { args: ["i32"], returns: "void" },
}).symbols;

/** Ends the process without atexit handlers: Bun's own exit closes SQLite, which checkpoints and syncs (2 ms). */
export const exitNow: (status: number) => never = (status) => {
	libc._exit(status);
	throw new Error("unreachable");
};

/** The CLI's loop while a program runs in the foreground: a function of the shim (struct session of ffi/shim/shim.h). */

import { ptr } from "bun:ffi";
import { TIOCGWINSZ } from "./constants.ts";
import { SystemError } from "./errno.ts";
import { shim } from "./library.ts";
import { attempt } from "./system.ts";

/** How a session in the foreground ended. */
export type Ending =
	| { kind: "exited"; status: number }
	| { kind: "detached" }
	| { kind: "monitor-gone" }
	| { kind: "terminal-gone"; signal: number };

export interface SessionOptions {
	/** the monitor's socket */
	control: number;
	/** the caller's terminal, raw while the session lasts; -1: no input */
	terminalIn: number;
	/** where the output of the program's terminal goes; -1: it has none */
	terminalOut: number;
	/** signals that reach bunker go to the program */
	forwardSignals: boolean;
	/** bytes that end the session when they are typed in a row */
	detachKeys: Uint8Array;
}

const OFFSET = {
	detachKeys: 0,
	detachCount: 8,
	control: 12,
	terminalIn: 16,
	terminalOut: 20,
	flags: 24,
	ended: 28,
	status: 32,
} as const;
const SIZE = 40;
const FORWARD_SIGNALS = 1;

/**
 * Stays until the program has ended, or the session has. The terminal is as it
 * was afterwards, however that comes about.
 */
export function runSession(options: SessionOptions): Ending {
	const bytes = new Uint8Array(SIZE);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(OFFSET.detachKeys, BigInt(ptr(options.detachKeys)), true);
	view.setUint32(OFFSET.detachCount, options.detachKeys.length, true);
	view.setInt32(OFFSET.control, options.control, true);
	view.setInt32(OFFSET.terminalIn, options.terminalIn, true);
	view.setInt32(OFFSET.terminalOut, options.terminalOut, true);
	view.setUint32(OFFSET.flags, options.forwardSignals ? FORWARD_SIGNALS : 0, true);
	const result = Number(shim.bunker_session(ptr(bytes)));
	if (result < 0) throw new SystemError("begin the session", -result);
	return ending(view.getInt32(OFFSET.ended, true), view.getInt32(OFFSET.status, true));
}

/** enum session_end */
function ending(ended: number, status: number): Ending {
	if (ended === 1) return { kind: "exited", status };
	if (ended === 2) return { kind: "detached" };
	if (ended === 4) return { kind: "terminal-gone", signal: status };
	return { kind: "monitor-gone" };
}

/** The size of a terminal; undefined if the descriptor is none. */
export function terminalSize(fd: number): { rows: number; columns: number } | undefined {
	const size = new Uint16Array(4);
	if (attempt("ioctl", fd, TIOCGWINSZ, new Uint8Array(size.buffer)) < 0) return undefined;
	return { rows: size[0] as number, columns: size[1] as number };
}

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
	/** what is read for the program, to its end; -1: nothing */
	input: number;
	/** where output goes that comes by the socket: stdout's or the pty's, and stderr's; -1: nowhere */
	output: readonly [number, number];
	/** a pidfd that signals go to; -1: the monitor passes them on */
	program: number;
	/** signals that reach bunker go to the program */
	forwardSignals: boolean;
	/** the program has a pty, and is told the size of the caller's terminal */
	pty: boolean;
	/** `input` is a terminal, raw while the session lasts */
	raw: boolean;
	/** the program was there before */
	guest: boolean;
	/** bytes that end the session when they are typed in a row */
	detachKeys: Uint8Array;
}

/** struct session */
export const SESSION = {
	size: 56,
	offset: {
		detachKeys: 0,
		skipped: 8,
		detachCount: 16,
		control: 20,
		input: 24,
		output: 28,
		program: 36,
		flags: 40,
		ended: 44,
		status: 48,
	},
	/** enum session_flag */
	flag: { forwardSignals: 1, pty: 2, raw: 4, guest: 8 },
} as const;

/** What a session leaves. */
export interface SessionResult {
	ending: Ending;
	/** bytes of output that we were too slow for */
	skipped: number;
}

/** From here on no signal that a session forwards ends this process; the session passes on those that came before it. */
export function holdSignals(): void {
	const result = Number(shim.bunker_hold_signals());
	if (result < 0) throw new SystemError("keep signals for the program", -result);
}

/**
 * Stays until the program has ended, or the session has. The terminal is as it
 * was afterwards, however that comes about.
 */
export function runSession(options: SessionOptions): SessionResult {
	const { offset, flag } = SESSION;
	const bytes = new Uint8Array(SESSION.size);
	const view = new DataView(bytes.buffer);
	let flags = 0;
	for (const name of ["forwardSignals", "pty", "raw", "guest"] as const) if (options[name]) flags |= flag[name];
	if (options.detachKeys.length > 0) view.setBigUint64(offset.detachKeys, BigInt(ptr(options.detachKeys)), true);
	view.setUint32(offset.detachCount, options.detachKeys.length, true);
	view.setInt32(offset.control, options.control, true);
	view.setInt32(offset.input, options.input, true);
	view.setInt32(offset.output, options.output[0], true);
	view.setInt32(offset.output + 4, options.output[1], true);
	view.setInt32(offset.program, options.program, true);
	view.setUint32(offset.flags, flags, true);
	const result = Number(shim.bunker_session(ptr(bytes)));
	if (result < 0) throw new SystemError("begin the session", -result);
	return {
		ending: endingOf(view.getInt32(offset.ended, true), view.getInt32(offset.status, true)),
		skipped: Number(view.getBigUint64(offset.skipped, true)),
	};
}

/** enum session_end */
function endingOf(ended: number, status: number): Ending {
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

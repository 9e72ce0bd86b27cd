/** The CLI in the foreground while a program runs: until it ends, or until the user detaches. */

import { close } from "../../ffi/file.ts";
import { runSession } from "../../ffi/session.ts";
import { Failure } from "../failure.ts";

/** ctrl-p ctrl-q, as docker's. */
const DETACH_KEYS = Uint8Array.of(16, 17);

export interface SessionOptions {
	tty: boolean;
	/** the terminal's input goes to the program */
	stdin: boolean;
	/** signals that reach bunker go to the program (not for exec) */
	forwardSignals: boolean;
}

/** How the session ended: with the program's exit code, or without it. */
export type SessionEnd = { exitCode: number; ended: boolean };

/**
 * Stays with a program until it ends.
 * @param control our end of its monitor's control socket; closed here
 * @throws Failure (137) if the monitor was killed
 */
export function follow(control: number, options: SessionOptions): SessionEnd {
	const end = runSession({
		control,
		terminalIn: options.tty && options.stdin ? 0 : -1,
		terminalOut: options.tty ? 1 : -1,
		forwardSignals: options.forwardSignals,
		detachKeys: DETACH_KEYS,
	});
	close(control);
	switch (end.kind) {
		case "exited":
			return { exitCode: end.status, ended: true };
		case "detached":
			return { exitCode: 0, ended: false };
		case "terminal-gone":
			return { exitCode: 128 + end.signal, ended: false };
		case "monitor-gone":
			throw new Failure("the container's monitor was killed, and the program with it", { exitCode: 137 });
	}
}

/** The CLI while a program runs: until it ends, or until the user detaches. */

import { close } from "../../ffi/file.ts";
import { isTerminal, STDERR, STDIN, STDOUT } from "../../ffi/output.ts";
import { runSession, type SessionResult } from "../../ffi/session.ts";
import { Failure } from "../failure.ts";
import type { Foreground } from "./callers.ts";
import { keySequence } from "./keys.ts";

export interface SessionOptions extends Foreground {
	/** the program has a terminal */
	tty: boolean;
	/** as typed; only with a terminal, as docker has it */
	detachKeys?: string;
	/** the program does not die with its monitor (exec) */
	outlives?: boolean;
	/** the program was there before, and all its output comes by the socket */
	guest?: Guest;
}

export interface Guest {
	/** a pidfd of the program; -1: it is just ending */
	program: number;
	/** its exit code, if it is recorded though the monitor said nothing */
	recorded(): number | undefined;
}

const OUTLIVED = "the monitor of this exec was killed; its program runs on, if it has not ended";

/** How the session ended: with the program's exit code (`ended`), or without it. */
export interface SessionEnd {
	exitCode: number;
	ended: boolean;
	/** by the detach keys */
	detached: boolean;
	/** bytes of output that were not shown */
	skipped: number;
}

/**
 * Stays with a program until it ends.
 * @param control our end of its monitor's socket; closed here
 * @throws Failure (137) if the monitor was killed
 */
export function follow(control: number, options: SessionOptions): SessionEnd {
	const { tty, streams, guest } = options;
	const terminal = streams.stdin && isTerminal(STDIN);
	const result = runSession({
		control,
		// What is no terminal has been given to the monitor, unless that was there before us.
		input: streams.stdin && (tty || terminal || guest) ? STDIN : -1,
		output: outputs(options),
		program: guest?.program ?? -1,
		forwardSignals: options.forwardSignals,
		pty: tty,
		raw: tty && terminal,
		guest: guest !== undefined,
		detachKeys: tty ? keySequence(options.detachKeys) : new Uint8Array(),
	});
	close(control);
	return endOf(result, options);
}

/** Where packets of output go; without a terminal the monitor writes to our descriptors itself, unless we are a guest. */
function outputs({ tty, streams, guest }: SessionOptions): [number, number] {
	const stdout = streams.stdout ? STDOUT : -1;
	if (tty) return [stdout, -1];
	return guest ? [stdout, streams.stderr ? STDERR : -1] : [-1, -1];
}

function endOf({ ending, skipped }: SessionResult, { guest, outlives }: SessionOptions): SessionEnd {
	switch (ending.kind) {
		case "exited":
			return { exitCode: ending.status, ended: true, detached: false, skipped };
		case "detached":
			return { exitCode: 0, ended: false, detached: true, skipped };
		case "terminal-gone":
			return { exitCode: 128 + ending.signal, ended: false, detached: false, skipped };
		case "monitor-gone": {
			const exitCode = guest?.recorded();
			if (exitCode !== undefined) return { exitCode, ended: true, detached: false, skipped };
			throw new Failure(outlives ? OUTLIVED : "the container's monitor was killed, and the program with it", {
				exitCode: 137,
			});
		}
	}
}

/** What docker says, and does, where the detach keys end an attach or an exec: exit code 1. */
export function detachedEarly(): Failure {
	return new Failure("read escape sequence");
}

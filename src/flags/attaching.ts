/** The flags of attach, which run, start and exec have parts of: streams, detach keys, signals. */

import { keySequence } from "../container/container.ts";
import type { RunOptions } from "../container/options.ts";
import { Failure } from "../failure.ts";
import { bool, string } from "./flags.ts";
import { malformed } from "./usage.ts";

export const detachKeysFlag = string("", "the keys that end the session and not the program", {
	standard: "ctrl-p,ctrl-q",
});
export const signalProxyFlag = bool("", "pass signals on to the program", { standard: "true" });

type Stream = NonNullable<RunOptions["attach"]>[number];
const STREAMS: readonly string[] = ["stdin", "stdout", "stderr"] satisfies Stream[];

/**
 * `-a`: names of streams, in any case.
 * @returns undefined where none is said
 * @throws Failure: 125 for another name, 1 together with -d
 */
export function parseAttach(names: readonly string[], detach: boolean): RunOptions["attach"] {
	if (names.length === 0) return undefined;
	const streams = names.map((name) => name.toLowerCase());
	const wrong = names.find((_, index) => !STREAMS.includes(streams[index] as string));
	if (wrong !== undefined)
		throw malformed(`invalid value "${wrong}" for --attach: STDIN, STDOUT or STDERR is expected`);
	if (detach) throw new Failure("conflicting options: cannot specify both --attach and --detach");
	return [...new Set(streams)] as Stream[];
}

/**
 * `--detach-keys`, checked before anything is done.
 * @param configured what holds without the flag
 * @returns as typed
 */
export function parseDetachKeys(typed: string | undefined, configured?: string): string | undefined {
	const keys = typed || configured;
	try {
		keySequence(keys);
	} catch (error) {
		throw error instanceof Failure ? malformed(error.message, error.hint) : error;
	}
	return keys;
}

/** Says what a session did not show, since the caller read it too slowly. */
export async function reportSkipped(name: string, bytes: number): Promise<void> {
	if (bytes === 0) return;
	const { warn } = await import("./notice.ts");
	warn(`${bytes} bytes of output came faster than they were read, and are not shown; 'bunker logs ${name}' has them`);
}

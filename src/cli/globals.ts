/** The flags that stand before the verb. */

import { Failure } from "../failure.ts";
import { bool, type Flags, string, type Values } from "../flags/flags.ts";

/** logrus's levels, which docker's client takes. */
const LEVELS = ["debug", "info", "warn", "error", "fatal", "warning", "panic", "trace"];

/** What scripts that call docker pass to any of its verbs, and what concerns docker's client alone. */
const wrappers = {
	config: string("", "docker's directory of client files; bunker reads none of them", { completes: "directory" }),
	debug: bool("D", "docker's client has a debug mode; see BUNKER_TRACE for bunker's"),
	"log-level": string("l", "how much docker's client logs: debug, info, warn, error or fatal; bunker logs nothing", {
		standard: "info",
		completes: LEVELS.slice(0, 5),
	}),
} satisfies Flags;

export const globals = {
	...wrappers,
	root: string("", "where images and containers are kept", { completes: "directory" }),
	"run-root": string("", "where what is true until the next boot is kept", { completes: "directory" }),
	version: bool("v", "print the version and exit"),
} satisfies Flags;

/** @throws Failure (1) for a level that docker's client does not know either */
export function checkGlobals({ "log-level": level }: Values<typeof wrappers>): void {
	if (level && !LEVELS.includes(level.toLowerCase())) throw new Failure(`Unable to parse logging level: ${level}`);
}

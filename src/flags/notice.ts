/**
 * What is said to people beside the result: on stderr, through consola (its
 * core only: the default build costs 12 ms). Imported where there is something
 * to say.
 */

import { createConsola, LogLevels } from "consola/core";
import { STDERR, writeOut } from "../../ffi/output.ts";

const notices = createConsola({
	level: LogLevels.info,
	reporters: [{ log: ({ args, type }) => writeOut(STDERR, `${PREFIX[type] ?? ""}${args.join(" ")}\n`) }],
});

/** docker's word. */
const PREFIX: Record<string, string> = { warn: "WARNING: " };

/** Says what the caller should know although nothing failed. */
export function warn(text: string): void {
	notices.warn(text);
}

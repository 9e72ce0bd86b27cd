/**
 * The tree of verbs, citty's: it finds the command and imports only its module.
 * What follows the verb passes through it untouched (`rawArgs`): citty's own
 * parser drops a repeated flag and reads flags that belong to the program.
 */

import { type CommandDef, defineCommand, runCommand } from "citty";
import type { Places } from "../places.ts";
import { perform } from "./perform.ts";
import { type Entry, verbs } from "./verbs.ts";

/**
 * Walks to the command that the words name, and carries it out.
 * @param words the verb, known to exist, and its arguments
 * @returns the exit code
 */
export async function walk(words: readonly string[], places: Places): Promise<number> {
	let exitCode = 0;
	const command = (name: string, entry: Entry): CommandDef =>
		defineCommand({
			meta: { name, description: entry.summary, hidden: entry.hidden },
			// runCommand gives no result of a command below the first.
			run: async ({ rawArgs }) => {
				exitCode = await perform(name, rawArgs, places);
			},
		});
	const subCommands = Object.fromEntries(
		Object.entries(verbs).map(([name, entry]) => [name, () => command(name, entry)]),
	);
	await runCommand(defineCommand({ meta: { name: "bunker" }, subCommands }), { rawArgs: [...words] });
	return exitCode;
}

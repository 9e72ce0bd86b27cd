/**
 * The verbs of a group (`container ls`), walked by citty. A verb that stands by
 * itself is found without: citty and the node:util it imports take 1.4 ms. What
 * follows the verb passes through citty untouched (`rawArgs`): its own parser
 * drops a repeated flag and reads flags that belong to the program.
 */

import { type CommandDef, defineCommand, runCommand } from "citty";
import type { Places } from "../places.ts";
import { perform } from "./perform.ts";
import type { Group } from "./verbs.ts";

/**
 * Carries out a verb of a group.
 * @param noun the group's name
 * @param words a verb that the group has, and its arguments
 * @param flags --root and --run-root
 * @returns the exit code
 */
export async function walk(
	noun: string,
	group: Group,
	words: readonly string[],
	flags: Partial<Places>,
): Promise<number> {
	let exitCode = 0;
	const command = (name: string, verb: string): CommandDef =>
		defineCommand({
			meta: { name },
			// runCommand gives no result of a command below the first.
			run: async ({ rawArgs }) => {
				exitCode = await perform(verb, rawArgs, flags, `${noun} ${name}`);
			},
		});
	const subCommands = Object.fromEntries(
		Object.entries(group.verbs).map(([name, verb]) => [name, () => command(name, verb)]),
	);
	await runCommand(defineCommand({ meta: { name: noun }, subCommands }), { rawArgs: [...words] });
	return exitCode;
}

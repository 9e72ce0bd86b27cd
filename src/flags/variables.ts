/** `-e` and `--env-file`: variables for a program. */

import { callersVariable } from "./argv.ts";
import { list } from "./flags.ts";
import { readPairs } from "./pairs.ts";
import { malformed } from "./usage.ts";

export const variableFlags = {
	env: list("e", "set a variable (NAME=value), or pass the caller's on (NAME)"),
	"env-file": list("", "set the variables of a file, a NAME=value or NAME a line", { completes: "file" }),
};

/**
 * The variables of both flags; those of -e come later, and so win.
 * @throws Failure (125) for one without a name, or a file that cannot be read
 */
export async function parseVariables(values: { env: string[]; "env-file": string[] }): Promise<string[]> {
	return resolveVariables([...readVariables(values["env-file"]), ...values.env]);
}

/** @throws Failure (125) for a file that cannot be read, or has a line without a name */
export function readVariables(paths: readonly string[]): string[] {
	return paths.length === 0 ? [] : paths.flatMap((path) => readPairs("--env-file", path));
}

/**
 * `NAME=value` stays, `NAME` takes the caller's value and is dropped where the
 * caller has none, as docker does.
 * @throws Failure (125) for one without a name
 */
export async function resolveVariables(variables: readonly string[]): Promise<string[]> {
	const resolved: string[] = [];
	for (const variable of variables) {
		if (variable === "" || variable.startsWith("=")) throw malformed(`invalid environment variable: "${variable}"`);
		const value = variable.includes("=") ? undefined : await callersVariable(variable);
		if (variable.includes("=")) resolved.push(variable);
		else if (value !== undefined) resolved.push(`${variable}=${value}`);
	}
	return resolved;
}

/** `-e`: variables for a program. */

import { callersVariable } from "./argv.ts";
import { malformed } from "./usage.ts";

/**
 * `NAME=value` stays, `NAME` takes the caller's value and is dropped where the
 * caller has none, as docker does.
 * @throws Failure (125) for one without a name
 */
export async function callersVariables(variables: readonly string[]): Promise<string[]> {
	const resolved: string[] = [];
	for (const variable of variables) {
		if (variable === "" || variable.startsWith("=")) throw malformed(`invalid environment variable: "${variable}"`);
		const value = variable.includes("=") ? undefined : await callersVariable(variable);
		if (variable.includes("=")) resolved.push(variable);
		else if (value !== undefined) resolved.push(`${variable}=${value}`);
	}
	return resolved;
}

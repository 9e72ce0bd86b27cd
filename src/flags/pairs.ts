/**
 * Lists of NAME=VALUE, on the command line and in files, as docker reads them
 * (docker/cli, pkg/kvfile and opts/parse.go).
 */

import { readFile } from "../../ffi/file.ts";
import { malformed } from "./usage.ts";

const strict = new TextDecoder("utf-8", { fatal: true });

/**
 * The lines of a file of --env-file or --label-file: `NAME=value`, the value as
 * it stands there, or a NAME alone. Blanks before the name, empty lines and
 * those that begin with # do not count.
 * @param flag for errors
 * @throws Failure (125)
 */
export function readPairs(flag: string, path: string): string[] {
	const pairs = textOf(flag, path)
		.split("\n")
		.map((line) => line.replace(/\r$/, "").trimStart())
		.filter((line) => line !== "" && !line.startsWith("#"));
	for (const pair of pairs) {
		const [name = ""] = pair.split("=", 1);
		if (name === "") throw malformed(`${flag} ${path}: no variable name on line '${pair}'`);
		if (/[ \t]/.test(name)) throw malformed(`${flag} ${path}: variable '${name}' contains whitespaces`);
	}
	return pairs;
}

function textOf(flag: string, path: string): string {
	try {
		return strict.decode(readFile(path));
	} catch (error) {
		const why = error instanceof TypeError ? "it is not UTF-8" : (error as Error).message;
		throw malformed(`${flag} ${path}: ${why}`);
	}
}

/** `NAME=value` and `NAME` → a record; a later one of the same name replaces. */
export function recordOf(pairs: readonly string[]): Record<string, string> {
	return Object.fromEntries(pairs.map(splitPair));
}

/** `NAME=value` → both; the value of a NAME alone is empty. */
export function splitPair(pair: string): [name: string, value: string] {
	const equals = pair.indexOf("=");
	return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

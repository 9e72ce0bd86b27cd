/**
 * The command line and the environment as the bytes they are. process.argv and
 * process.env put U+FFFD in the place of what is not UTF-8: only where one is
 * seen, the kernel is asked.
 */

import { splitNul } from "../../ffi/text.ts";

const REPLACEMENT = "\ufffd";

/** What follows the program's name, each as ffi/text.ts makes text of bytes. */
export async function commandLine(): Promise<string[]> {
	const args = process.argv.slice(2);
	if (!args.join("").includes(REPLACEMENT)) return args;
	const words = await ownFile("/proc/self/cmdline");
	return args.length === 0 ? [] : words.slice(-args.length);
}

/** A variable of the caller's environment; undefined if it is not set. */
export async function callersVariable(name: string): Promise<string | undefined> {
	const value = process.env[name];
	const plain = !name.includes(REPLACEMENT) && name.isWellFormed() && !value?.includes(REPLACEMENT);
	if (plain) return value;
	const variables = await ownFile("/proc/self/environ");
	return variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
}

async function ownFile(path: string): Promise<string[]> {
	const { readFile } = await import("../../ffi/file.ts");
	return splitNul(readFile(path));
}

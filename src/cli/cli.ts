/**
 * From the words of a command line to an exit code: bunker's own flags, the
 * help, and then citty's tree of verbs.
 */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import { type Places, places } from "../places.ts";
import { bool, type Flags, string, type Values } from "./flags.ts";
import { parse } from "./grammar.ts";
import { absolute } from "./path.ts";
import { perform } from "./perform.ts";
import { helpHint } from "./usage.ts";
import { entryOf, verbs } from "./verbs.ts";

const globals = {
	root: string("", "where images and containers are kept"),
	"run-root": string("", "where what is true until the next boot is kept"),
	version: bool("v", "print the version and exit"),
} satisfies Flags;

/**
 * Carries out a command line.
 * @param args what follows the program's name
 * @returns the exit code
 * @throws Failure, and whatever else main.ts makes a line of
 */
export async function answer(args: readonly string[]): Promise<number> {
	const { values, operands, help } = parse("", { flags: globals, stopAtFirst: true }, args);
	const [name, ...rest] = operands;
	if (values.version) return printVersion();
	if (help || name === undefined) return printHelp([]);
	if (name === "help") return printHelp(rest);
	await requireVerb(name);
	return perform(name, rest, absolutePlaces(values));
}

/** What monitors are told must be true from any directory. */
function absolutePlaces(values: Values<typeof globals>): Places {
	const { root, runRoot } = places({ root: values.root, runRoot: values["run-root"] });
	return { root: absolute(root), runRoot: absolute(runRoot) };
}

async function printVersion(): Promise<number> {
	const { versionLine } = await import("./version.ts");
	writeOut(STDOUT, `${versionLine()}\n`);
	return 0;
}

/** `help`, `help VERB`, `--help` */
async function printHelp([name, ...more]: readonly string[]): Promise<number> {
	if (more.length > 0) throw new Failure("'bunker help' requires at most 1 argument", { hint: helpHint("") });
	if (name !== undefined) {
		await requireVerb(name);
		return perform(name, ["--help"], places());
	}
	const { overview } = await import("./help.ts");
	writeOut(STDOUT, overview(verbs, globals));
	return 0;
}

/** @throws Failure (1), with the reason where docker has the verb, or the one that was probably meant */
async function requireVerb(name: string): Promise<void> {
	if (entryOf(name)) return;
	const [{ verbRefusal }, { nearest }] = await Promise.all([import("./refused.ts"), import("./suggestion.ts")]);
	const refusal = verbRefusal(name);
	if (refusal) throw new Failure(refusal, { hint: helpHint("") });
	const shown = Object.keys(verbs).filter((verb) => !verbs[verb]?.hidden);
	const meant = nearest(name, shown);
	throw new Failure(`unknown command: ${name}`, { hint: meant ? `Did you mean 'bunker ${meant}'?` : helpHint("") });
}

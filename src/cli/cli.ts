/**
 * From the words of a command line to an exit code: bunker's own flags, the
 * help, and then the verb; one of a group by way of citty (tree.ts).
 */

import { STDERR, STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import { parse } from "../flags/grammar.ts";
import { helpHint } from "../flags/usage.ts";
import type { Places } from "../places.ts";
import { checkGlobals, globals } from "./globals.ts";
import { perform } from "./perform.ts";
import { entryOf, type Group, groupOf, groups, verbs } from "./verbs.ts";

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
	if (help) return printHelp([]);
	if (name === undefined) return printHelp([], STDERR);
	if (name === "help") return printHelp(rest);
	checkGlobals(values);
	const flags = { root: values.root, runRoot: values["run-root"] };
	if (name === "__complete") {
		const { complete } = await import("./complete.ts");
		await complete(rest, flags);
		return 0;
	}
	const group = groupOf(name);
	if (group) return answerGroup(name, group, rest, flags);
	await requireVerb(name);
	return perform(name, rest, flags);
}

/** `container ls`; by itself, or with --help, a group prints its help: on stderr where nobody has asked, as docker. */
async function answerGroup(
	noun: string,
	group: Group,
	args: readonly string[],
	flags: Partial<Places>,
): Promise<number> {
	const { operands, help } = parse("", { flags: {}, stopAtFirst: true }, args, noun);
	if (help || operands[0] === undefined) {
		const { groupHelp } = await import("./help.ts");
		writeOut(help ? STDOUT : STDERR, groupHelp(noun, group));
		return 0;
	}
	await requireMember(noun, group, operands[0]);
	const { walk } = await import("./tree.ts");
	return walk(noun, group, operands, flags);
}

async function printVersion(): Promise<number> {
	const { versionLine } = await import("./version.ts");
	writeOut(STDOUT, `${versionLine()}\n`);
	return 0;
}

/** nothing, `help`, `help VERB`, `help NOUN VERB`, `--help` */
async function printHelp([name, ...more]: readonly string[], stream = STDOUT): Promise<number> {
	const group = name === undefined ? undefined : groupOf(name);
	if (name !== undefined && group) return answerGroup(name, group, [...more.slice(0, 1), "--help"], {});
	if (more.length > 0) throw new Failure("'bunker help' requires at most 1 argument", { hint: helpHint("") });
	if (name !== undefined) {
		await requireVerb(name);
		return perform(name, ["--help"], {});
	}
	const { overview } = await import("./help.ts");
	writeOut(stream, overview(verbs, groups, globals));
	return 0;
}

/** @throws Failure (1), with the reason where docker has the verb, or the one that was probably meant */
async function requireVerb(name: string): Promise<void> {
	if (entryOf(name)) return;
	const shown = Object.keys(verbs).filter((verb) => !verbs[verb]?.hidden && !verb.includes(" "));
	throw await unknown("", name, [...shown, ...Object.keys(groups)]);
}

async function requireMember(noun: string, group: Group, name: string): Promise<void> {
	if (Object.hasOwn(group.verbs, name)) return;
	throw await unknown(noun, name, Object.keys(group.verbs));
}

/** @param noun of a group; "" for what stands by itself */
async function unknown(noun: string, name: string, known: readonly string[]): Promise<Failure> {
	const [{ verbRefusal }, { nearest }] = await Promise.all([
		import("../flags/refused.ts"),
		import("../text/suggestion.ts"),
	]);
	const path = noun ? `${noun} ${name}` : name;
	const refusal = verbRefusal(path);
	if (refusal) return new Failure(refusal, { hint: helpHint(noun) });
	const meant = nearest(name, known);
	const suggestion = meant && `Did you mean 'bunker ${noun ? `${noun} ` : ""}${meant}'?`;
	return new Failure(`unknown command: ${path}`, { hint: suggestion ?? helpHint(noun) });
}

/** The help, made from the declarations that parsing uses. docker's layout. */

import { VARIABLES } from "../environment.ts";
import type { Flag, Flags } from "../flags/flags.ts";
import type { Declaration } from "./verb.ts";
import { type Entry, entryOf, type Group } from "./verbs.ts";

/** What stands first, as in docker's help. */
const COMMON: readonly string[] = ["run", "exec", "ps", "images", "info", "version"];

/** The help of bunker as a whole. */
export function overview(
	verbs: Readonly<Record<string, Entry>>,
	groups: Readonly<Record<string, Group>>,
	globals: Flags,
): string {
	const shown = Object.entries(verbs).filter(([name, entry]) => !entry.hidden && !name.includes(" "));
	const lines = (common: boolean) =>
		columns(shown.filter(([name]) => COMMON.includes(name) === common).map(([name, { summary }]) => [name, summary]));
	return sections([
		"Usage:  bunker [OPTIONS] COMMAND",
		"docker without the daemon, in one executable",
		titled("Common commands:", lines(true)),
		titled("Management commands:", columns(Object.entries(groups).map(([name, { summary }]) => [name, summary]))),
		titled("Commands:", lines(false)),
		titled("Options:", flagLines(globals)),
		titled("Environment:", columns(Object.entries(VARIABLES))),
		"Run 'bunker COMMAND --help' for more information on a command",
	]);
}

/** The help of a group of verbs; aliases are left out, as docker leaves them out. */
export function groupHelp(noun: string, group: Group): string {
	const seen = new Set<string>();
	const shown = Object.entries(group.verbs).filter(([name, verb]) => {
		const known = seen.has(verb) || ALIASES.includes(name);
		if (!known) seen.add(verb);
		return !known;
	});
	return sections([
		`Usage:  bunker ${noun} COMMAND`,
		group.summary,
		titled("Commands:", columns(shown.map(([name, verb]) => [name, entryOf(verb)?.summary ?? ""]))),
		`Run 'bunker ${noun} COMMAND --help' for more information on a command`,
	]);
}

/** The names of `ls` and `rm` within a group that the help does not list. */
const ALIASES: readonly string[] = ["list", "ps", "remove"];

/** The help of a verb. */
export function verbHelp(name: string, summary: string, verb: Declaration): string {
	const examples = verb.examples.map((example) => `  bunker ${example}`);
	return sections([
		`Usage:  bunker ${name} ${verb.usage}`.trimEnd(),
		summary,
		...(verb.description ? [verb.description] : []),
		titled("Options:", flagLines(verb.flags)),
		titled(examples.length === 1 ? "Example:" : "Examples:", examples),
	]);
}

const sections = (parts: readonly string[]): string => `${parts.join("\n\n")}\n`;
const titled = (title: string, lines: readonly string[]): string => [title, ...lines].join("\n");

function flagLines(flags: Flags): string[] {
	const all: [string, Flag][] = [...Object.entries(flags), ["help", { kind: "bool", help: "print this help" }]];
	const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
	return columns(
		sorted.map(([name, flag]) => [
			`${flag.short ? `-${flag.short},` : "   "} --${name}${flag.kind === "bool" ? "" : ` ${flag.kind}`}`,
			`${flag.help}${flag.standard === undefined ? "" : ` (default ${flag.standard})`}`,
		]),
	);
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
	const width = Math.max(...rows.map(([left]) => left.length)) + 3;
	return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}

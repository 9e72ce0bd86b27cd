/** What the last word of a command line can be. Pure: which containers and images there are is the caller's to ask. */

import type { Completes, Flag, Flags } from "../flags/flags.ts";
import { declarationOf } from "./declarations.ts";
import type { Declaration } from "./verb.ts";
import { entryOf, groupOf, groups, verbs } from "./verbs.ts";

/** A word and what it means. */
export type Candidate = readonly [word: string, description: string];

/** Candidates, or what kind of name is wanted, with what stands before it in the word (`--name=`). */
export type Wanted = { candidates: Candidate[] } | { kind: Exclude<Completes, readonly string[]>; before: string };

const NOTHING: Wanted = { candidates: [] };

/**
 * Finds out what is wanted.
 * @param globals the flags before the verb
 * @param words what follows `bunker`; the last is the one that is typed, perhaps empty
 */
export function wanted(globals: Flags, words: readonly string[]): Wanted {
	const typed = words.at(-1) ?? "";
	const { rest, flag } = skipFlags(globals, words.slice(0, -1));
	if (flag) return ofValue(flag, "");
	const [name, ...more] = rest;
	if (name === undefined) return typed.startsWith("-") ? flagWanted(globals, typed) : { candidates: topLevel() };
	const group = groupOf(name);
	if (!group) return ofVerb(name, more, typed);
	const [member, ...after] = more;
	if (member !== undefined) return ofVerb(group.verbs[member] ?? "", after, typed);
	return {
		candidates: Object.entries(group.verbs).map(([word, verb]) => [word, entryOf(verb)?.summary ?? ""]),
	};
}

function topLevel(): Candidate[] {
	const shown = Object.entries(verbs).filter(([name, { hidden }]) => !hidden && !name.includes(" "));
	return [...shown, ...Object.entries(groups)].map(([name, { summary }]) => [name, summary]);
}

function ofVerb(name: string, words: readonly string[], typed: string): Wanted {
	if (!entryOf(name)) return NOTHING;
	const verb = declarationOf(name);
	const { operands, flag, ended } = read(verb, words);
	if (flag) return ofValue(flag, "");
	if (typed.startsWith("-") && !ended) return flagWanted(verb.flags, typed);
	// What follows the image or container of run and exec is the program's.
	if (verb.stopAtFirst && operands > 0) return NOTHING;
	const { most } = verb.operands;
	if (most !== undefined && operands >= most) return NOTHING;
	const completes = verb.completes?.[Math.min(operands, verb.completes.length - 1)];
	return completes ? named(completes, "") : NOTHING;
}

interface Read {
	/** how many operands stand before the word that is typed */
	operands: number;
	/** the flag whose value the word is */
	flag?: Flag;
	/** `--`, or an operand after which no flag comes */
	ended: boolean;
}

function read(verb: Declaration, words: readonly string[]): Read {
	let left = words;
	let operands = 0;
	for (;;) {
		const { rest, flag } = skipFlags(verb.flags, left);
		if (flag) return { operands, flag, ended: false };
		if (rest.length === 0) return { operands, ended: false };
		if (rest[0] === "--") return { operands: operands + rest.length - 1, ended: true };
		operands++;
		if (verb.stopAtFirst) return { operands, ended: true };
		left = rest.slice(1);
	}
}

/** Passes over flags and their values. @returns what follows, or the flag whose value is missing */
function skipFlags(flags: Flags, words: readonly string[]): { rest: readonly string[]; flag?: Flag } {
	let at = 0;
	for (; at < words.length; at++) {
		const word = words[at] as string;
		if (!word.startsWith("-") || word === "-" || word === "--") break;
		const flag = takesNext(flags, word);
		if (flag && ++at === words.length) return { rest: [], flag };
	}
	return { rest: words.slice(at) };
}

/** The flag whose value is the next word: `--name`, `-n`, or the last of `-itn`. */
function takesNext(flags: Flags, word: string): Flag | undefined {
	if (word.includes("=")) return undefined;
	const flag = word.startsWith("--") ? flags[word.slice(2)] : lastShort(flags, word.slice(1));
	return flag && flag.kind !== "bool" ? flag : undefined;
}

/** Of a group of short flags, the one that stands last; one with a value takes the rest of the group. */
function lastShort(flags: Flags, group: string): Flag | undefined {
	for (const [at, letter] of [...group].entries()) {
		const flag = Object.values(flags).find(({ short }) => short === letter);
		if (flag?.kind !== "bool") return at === group.length - 1 ? flag : undefined;
	}
	return undefined;
}

/** `--na`, or `--name=va` */
function flagWanted(flags: Flags, typed: string): Wanted {
	const equals = typed.indexOf("=");
	if (equals > 0) {
		const flag = flags[typed.slice(2, equals)];
		return flag ? ofValue(flag, typed.slice(0, equals + 1)) : NOTHING;
	}
	const long: Candidate[] = Object.entries(flags).map(([name, { help }]) => [`--${name}`, help]);
	return { candidates: [...long, ["--help", "print this help"]] };
}

function ofValue(flag: Flag, before: string): Wanted {
	return flag.completes ? named(flag.completes, before) : NOTHING;
}

function named(completes: Completes, before: string): Wanted {
	if (typeof completes === "string") return { kind: completes, before };
	return { candidates: completes.map((word) => [`${before}${word}`, ""]) };
}

/**
 * The grammar of flags, docker's (that is pflag's, github.com/spf13/pflag):
 * arguments → typed values.
 *
 * Ours, and not node:util's parseArgs (which citty uses): that one reads
 * `-t=false` as four flags and cannot stop at the image's name.
 */

import type { Failure } from "../failure.ts";
import type { Flags, Values } from "./flags.ts";
import { refusal } from "./refused.ts";
import { helpHint, malformed } from "./usage.ts";

export interface Grammar<F extends Flags = Flags> {
	flags: F;
	/** run and exec: what follows the first operand belongs to the program */
	stopAtFirst?: boolean;
}

export interface Parsed<F extends Flags> {
	values: Values<F>;
	operands: string[];
	/** --help, or -h where that is no flag of the verb's own */
	help: boolean;
}

/**
 * Parses the arguments of a verb.
 * @param verb its name, for docker's flags that it refuses; "" for what stands before a verb
 * @param path how the user calls it, for errors
 * @throws Failure (125) for an unknown or refused flag, a missing or a bad value
 */
export function parse<F extends Flags>(
	verb: string,
	grammar: Grammar<F>,
	args: readonly string[],
	path = verb,
): Parsed<F> {
	const reader = new Reader(verb, path, grammar.flags, args);
	const operands = reader.read(grammar.stopAtFirst ?? false);
	return { values: reader.values as Values<F>, operands, help: reader.help };
}

class Reader {
	readonly values: Record<string, unknown> = {};
	help = false;
	private at = 0;

	constructor(
		private readonly verb: string,
		private readonly path: string,
		private readonly flags: Flags,
		private readonly args: readonly string[],
	) {
		for (const name in flags) {
			const flag = flags[name];
			if (flag?.kind === "list") this.values[name] = [];
			if (flag?.kind === "bool") this.values[name] = flag.standard === "true";
		}
	}

	/** @returns the operands */
	read(stopAtFirst: boolean): string[] {
		const operands: string[] = [];
		for (let word = this.next(); word !== undefined; word = this.next()) {
			if (word === "--") break;
			if (word.startsWith("--")) this.readLong(word);
			else if (word.startsWith("-") && word !== "-") this.readShorts(word);
			else {
				operands.push(word);
				if (stopAtFirst) break;
			}
		}
		return operands.concat(this.args.slice(this.at));
	}

	private next(): string | undefined {
		return this.args[this.at++];
	}

	private readLong(word: string): void {
		const equals = word.indexOf("=");
		const typed = word.slice(2, equals < 0 ? undefined : equals);
		if (!typed || typed.startsWith("-")) throw this.wrong(`bad flag syntax: ${word}`);
		const inline = equals < 0 ? undefined : word.slice(equals + 1);
		const name = this.longName(typed);
		if (name === "help") this.help = inline === undefined || truth(inline) === true;
		else if (name === undefined) throw this.unknown(typed, `unknown flag: --${typed}`);
		else this.set(name, `--${typed}`, inline ?? this.following(name, `--${typed}`));
	}

	private longName(typed: string): string | undefined {
		if (Object.hasOwn(this.flags, typed) || typed === "help") return typed;
		for (const name in this.flags) if (this.flags[name]?.synonyms?.includes(typed)) return name;
		return undefined;
	}

	/** `-d`, `-itd`, `-e NAME`, `-eNAME`, `-e=NAME`, `-t=false` */
	private readShorts(word: string): void {
		for (let group = word.slice(1); group !== ""; ) group = this.readShort(group, word);
	}

	/** Reads the first of a group. @returns what is left of the group */
	private readShort(group: string, word: string): string {
		const short = group[0] as string;
		const typed = `'${short}' in ${word}`;
		const name = this.shortName(short);
		if (name === undefined && short !== "h") throw this.unknown(short, `unknown shorthand flag: ${typed}`);
		const inline = group.length > 2 && group[1] === "=" ? group.slice(2) : undefined;
		if (name === undefined) this.help = true;
		else if (inline !== undefined) this.set(name, `-${short}`, inline);
		else if (this.flags[name]?.kind === "bool") this.set(name, `-${short}`, "true");
		else this.set(name, `-${short}`, group.slice(1) || this.following(name, typed));
		const single = name === undefined || (this.flags[name]?.kind === "bool" && inline === undefined);
		return single ? group.slice(1) : "";
	}

	private shortName(short: string): string | undefined {
		for (const name in this.flags) if (this.flags[name]?.short === short) return name;
		return undefined;
	}

	/** The next argument as a flag's value, whatever it looks like; a bool takes none. */
	private following(name: string, typed: string): string {
		if (this.flags[name]?.kind === "bool") return "true";
		const value = this.next();
		if (value === undefined) throw this.wrong(`flag needs an argument: ${typed}`);
		return value;
	}

	private set(name: string, typed: string, value: string): void {
		const kind = this.flags[name]?.kind;
		if (kind === "list") (this.values[name] as string[]).push(value);
		else if (kind === "string") this.values[name] = value;
		else {
			const read = kind === "bool" ? truth(value) : whole(value);
			const expected = kind === "bool" ? "true or false" : "a whole number";
			if (read === undefined) throw this.wrong(`invalid value "${value}" for ${typed}: ${expected} is expected`);
			this.values[name] = read;
		}
	}

	private unknown(typed: string, message: string): Failure {
		return this.wrong(refusal(this.verb, typed) ?? message);
	}

	private wrong(message: string): Failure {
		return malformed(message, helpHint(this.path));
	}
}

/** Go's strconv.ParseBool. */
export function truth(value: string): boolean | undefined {
	if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
	return /^(0|f|F|false|FALSE|False)$/.test(value) ? false : undefined;
}

function whole(value: string): number | undefined {
	return /^[+-]?[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
}

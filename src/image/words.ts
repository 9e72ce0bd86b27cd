/**
 * Words of a Dockerfile's line: split at blanks, freed of quotes, variables put
 * in, as buildkit does it (frontend/dockerfile/shell/lex.go). A library for the
 * whole grammar comes with `build`; here it is a single line, and no shell.
 */

import { Failure } from "../failure.ts";

/** The value of a variable; undefined where it is not set. */
export type Variables = (name: string) => string | undefined;

/** Splits at blanks that stand in no quotes; quotes and backslashes stay. */
export function splitWords(line: string): string[] {
	const words: string[] = [];
	let word = "";
	let quote = "";
	for (let at = 0; at < line.length; at++) {
		const character = line[at] as string;
		if (character === "\\" && quote !== "'") word += character + (line[++at] ?? "");
		else if (quote === "" && BLANK.test(character)) {
			if (word !== "") words.push(word);
			word = "";
		} else {
			if (character === quote) quote = "";
			else if (quote === "" && (character === '"' || character === "'")) quote = character;
			word += character;
		}
	}
	return word === "" ? words : [...words, word];
}

const BLANK = /[ \t]/;

/**
 * Frees a word of its quotes and puts variables in.
 * @throws Failure where a quote or a brace is not closed
 */
export function plain(word: string, variables: Variables): string {
	const reader = new Reader(word, variables);
	return reader.read("");
}

class Reader {
	private at = 0;

	constructor(
		private readonly text: string,
		private readonly variables: Variables,
	) {}

	/** Reads up to a character that ends it; "" for the end of the text. */
	read(end: string): string {
		let result = "";
		for (let next = this.next(); next !== undefined; next = this.next()) {
			if (end !== "" && next === end) return result;
			if (next === "\\") result += this.next() ?? "";
			else if (next === "$") result += this.variable();
			else if (next === "'" && end !== '"') result += this.literal();
			else if (next === '"') result += this.quoted();
			else result += next;
		}
		if (end !== "") throw this.unclosed(end);
		return result;
	}

	private next(): string | undefined {
		return this.text[this.at++];
	}

	private literal(): string {
		const end = this.text.indexOf("'", this.at);
		if (end < 0) throw this.unclosed("'");
		const result = this.text.slice(this.at, end);
		this.at = end + 1;
		return result;
	}

	/** Between double quotes a backslash stands for itself, but before what it can protect. */
	private quoted(): string {
		let result = "";
		for (let next = this.next(); next !== '"'; next = this.next()) {
			if (next === undefined) throw this.unclosed('"');
			if (next === "$") result += this.variable();
			else if (next === "\\" && /["$\\]/.test(this.text[this.at] ?? "")) result += this.next();
			else result += next;
		}
		return result;
	}

	/** `$NAME`, `${NAME}`, `${NAME:-otherwise}`, `${NAME:+instead}`; a `$` before anything else is itself. */
	private variable(): string {
		const name = /^(\{?)([A-Za-z_][A-Za-z0-9_]*)/.exec(this.text.slice(this.at));
		if (!name) {
			if (this.text[this.at] === "{") throw new Failure(`${this.text}: bad substitution`);
			return "$";
		}
		this.at += name[0].length;
		const value = this.variables(name[2] as string);
		return name[1] === "" ? (value ?? "") : this.substituted(value);
	}

	private substituted(value: string | undefined): string {
		const operator = /^(:?[-+]|\})/.exec(this.text.slice(this.at))?.[0];
		if (operator === undefined) throw new Failure(`${this.text}: bad substitution`);
		this.at += operator.length;
		if (operator === "}") return value ?? "";
		const other = this.read("}");
		// With the colon, what is empty counts as not set.
		const isSet = operator.startsWith(":") ? Boolean(value) : value !== undefined;
		if (operator.endsWith("+")) return isSet ? other : "";
		return isSet ? (value as string) : other;
	}

	private unclosed(end: string): Failure {
		return new Failure(`${this.text}: a ${end} is missing`);
	}
}

const FLAG = /^\s*(--(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|[^\s\\"'])*)(?=\s|$)/;
const QUOTED = /\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"?|'((?:\\[\s\S]|[^'\\])*)'?/g;

/**
 * Takes the flags from the beginning of an instruction's line, freed of their
 * quotes; `--` ends them (buildkit, frontend/dockerfile/parser/split_command.go).
 */
export function takeFlags(line: string): { flags: string[]; rest: string } {
	const flags: string[] = [];
	let rest = line;
	for (let found = FLAG.exec(rest); found; found = FLAG.exec(rest)) {
		rest = rest.slice(found[0].length);
		if (found[1] === "--") break;
		flags.push(unquote(found[1] as string));
	}
	return { flags, rest: rest.trim() };
}

const unquote = (word: string): string =>
	word.replace(
		QUOTED,
		(_, escaped?: string, double?: string, single?: string) =>
			escaped ?? (double ?? single ?? "").replace(/\\([\s\S])/g, "$1"),
	);

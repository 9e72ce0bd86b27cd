/**
 * Words of a Go template (go.dev/pkg/text/template/parse, lex.go): text between
 * actions, and within `{{ }}` names, constants and signs. Blanks are kept only as
 * the fact that one stood before a word, since `.A .B` is two and `.A.B` is one.
 */

export type Kind =
	| "text"
	| "open"
	| "close"
	| "field"
	| "variable"
	| "name"
	| "number"
	| "string"
	| "character"
	| "sign"
	| "end";

export interface Token {
	kind: Kind;
	/** as it stands in the template: `.Name`, `"x"` */
	text: string;
	at: number;
	/** blanks stood before it */
	spaced: boolean;
}

/** What is wrong with a template's text, and where. */
export class Malformed extends Error {
	constructor(
		message: string,
		readonly at: number,
	) {
		super(message);
	}
}

/** Letters and digits as Go has them; `_` is one. */
const NAME = /[\p{L}\p{Nd}_]+/uy;
const NUMBER = /[+-]?[\p{L}\p{Nd}_.]+(?:(?<=[eEpP])[+-][\p{L}\p{Nd}_]+)?/uy;
const NUMBER_START = /[+-]|\.?[0-9]/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;
const BLANKS = /[ \t\r\n]+/y;
const COMMENT = /\/\*.*?\*\//sy;
const SIGN = /:=|[=|(),]|\.(?![0-9])/y;
const BLANK = /[ \t\r\n]/;

/** The words of a template. @throws Malformed */
export function tokens(text: string): Token[] {
	return new Lexer(text).read();
}

class Lexer {
	private readonly found: Token[] = [];
	private at = 0;
	/** blanks after the last action are cut: ` -}}` */
	private trims = false;

	constructor(private readonly text: string) {}

	read(): Token[] {
		for (;;) {
			const open = this.text.indexOf("{{", this.at);
			this.plain(open < 0 ? this.text.length : open, open >= 0 && this.marksTrim(open + 2));
			if (open < 0) break;
			this.at = open + 2;
			if (this.marksTrim(this.at)) this.at += 2;
			if (this.text.startsWith("/*", this.at)) this.comment();
			else this.action(open);
		}
		this.add("end", "", false);
		return this.found;
	}

	/** `{{- ` cuts what is blank before it. */
	private marksTrim(at: number): boolean {
		return this.text[at] === "-" && BLANK.test(this.text[at + 1] ?? "");
	}

	private plain(end: number, trimmed: boolean): void {
		let text = this.text.slice(this.at, end);
		const start = this.at;
		if (this.trims) text = text.replace(/^[ \t\r\n]+/, "");
		if (trimmed) text = text.replace(/[ \t\r\n]+$/, "");
		if (text) this.found.push({ kind: "text", text, at: start, spaced: false });
		this.at = end;
	}

	private action(start: number): void {
		this.found.push({ kind: "open", text: "{{", at: start, spaced: false });
		let depth = 0;
		for (;;) {
			const spaced = this.match(BLANKS) !== undefined;
			if (this.closes(spaced)) break;
			if (this.at >= this.text.length) throw new Malformed("unclosed action", this.at);
			depth += this.word(spaced);
			if (depth < 0) throw new Malformed("unexpected right paren", this.at);
		}
		if (depth > 0) throw new Malformed("unclosed left paren", this.at);
	}

	/** Reads `}}` or `-}}`. */
	private closes(spaced: boolean): boolean {
		const trims = spaced && this.text.startsWith("-}}", this.at);
		if (!trims && !this.text.startsWith("}}", this.at)) return false;
		this.trims = trims;
		this.add("close", trims ? "-}}" : "}}", spaced);
		return true;
	}

	private comment(): void {
		if (this.match(COMMENT) === undefined) throw new Malformed("unclosed comment", this.at);
		const spaced = this.match(BLANKS) !== undefined;
		this.trims = spaced && this.text.startsWith("-}}", this.at);
		if (!this.trims && !this.text.startsWith("}}", this.at))
			throw new Malformed("comment ends before closing delimiter", this.at);
		this.at += this.trims ? 3 : 2;
	}

	/** Reads one word. @returns how much deeper in parentheses it leads */
	private word(spaced: boolean): number {
		const character = this.text[this.at] as string;
		if (character === '"' || character === "`") this.quoted(character === '"' ? QUOTED : RAW, spaced);
		else if (character === "'") this.constant(spaced);
		else if (this.peek(NUMBER_START) !== undefined) this.add("number", this.peek(NUMBER) ?? character, spaced);
		else if (character === "." || character === "$") this.fieldOrVariable(spaced);
		else return this.nameOrSign(spaced);
		return 0;
	}

	private quoted(pattern: RegExp, spaced: boolean): void {
		const text = this.peek(pattern);
		if (text === undefined) throw new Malformed(`unterminated ${pattern === RAW ? "raw " : ""}quoted string`, this.at);
		this.add("string", text, spaced);
	}

	private constant(spaced: boolean): void {
		const text = this.peek(CHARACTER);
		if (text === undefined) throw new Malformed("unterminated character constant", this.at);
		this.add("character", text, spaced);
	}

	private fieldOrVariable(spaced: boolean): void {
		const dollar = this.text[this.at] === "$";
		const name = this.peek(NAME, this.at + 1) ?? "";
		if (!dollar && name === "") this.add("sign", ".", spaced);
		else this.add(dollar ? "variable" : "field", (dollar ? "$" : ".") + name, spaced);
		this.requireEnd();
	}

	private nameOrSign(spaced: boolean): number {
		const name = this.peek(NAME);
		if (name !== undefined) {
			this.add("name", name, spaced);
			this.requireEnd();
			return 0;
		}
		const sign = this.peek(SIGN) ?? String.fromCodePoint(this.text.codePointAt(this.at) as number);
		if (sign === "}" || sign === "{") throw this.badCharacter("unrecognized character in action: ");
		this.add("sign", sign, spaced);
		return sign === "(" ? 1 : sign === ")" ? -1 : 0;
	}

	/** Go's atTerminator: what may follow a name without a blank. */
	private requireEnd(): void {
		const next = this.text[this.at] ?? "";
		if (next === "" || /[ \t\r\n.,|:()]/.test(next) || this.text.startsWith("}}", this.at)) return;
		throw this.badCharacter();
	}

	private badCharacter(what = "bad character "): Malformed {
		const code = this.text.codePointAt(this.at) as number;
		const hex = code.toString(16).toUpperCase().padStart(4, "0");
		return new Malformed(`${what}U+${hex} '${String.fromCodePoint(code)}'`, this.at);
	}

	private peek(pattern: RegExp, at = this.at): string | undefined {
		pattern.lastIndex = at;
		return pattern.exec(this.text)?.[0];
	}

	private match(pattern: RegExp): string | undefined {
		const text = this.peek(pattern);
		this.at += text?.length ?? 0;
		return text;
	}

	private add(kind: Kind, text: string, spaced: boolean): void {
		this.found.push({ kind, text, at: this.at, spaced });
		this.at += text.length;
	}
}

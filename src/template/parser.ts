/**
 * The grammar of Go templates (go.dev/pkg/text/template/parse, parse.go): words →
 * tree. Errors are Go's, by line. `define` and `block` are not supported: docker's
 * users write one line.
 */

import { parseCharacter, parseNumber, parseString } from "./constants.ts";
import { Malformed, type Token, tokens } from "./lexer.ts";
import type { BranchNode, Command, Node, Operand, Pipe } from "./nodes.ts";

/** More parentheses or blocks within each other than anybody writes: an error, not an overflow of the stack. */
const DEEPEST = 250;
const CLOSERS = ["end", "else"];

/**
 * Parses a template.
 * @param functions names that it may call
 * @throws Malformed
 */
export function parseTree(text: string, functions: { has(name: string): boolean }): Node[] {
	return new Parser(tokens(text), functions).parse();
}

class Parser {
	private at = 0;
	/** variables in scope */
	private variables = ["$"];
	private ranges = 0;
	private depth = 0;

	constructor(
		private readonly words: readonly Token[],
		private readonly functions: { has(name: string): boolean },
	) {}

	parse(): Node[] {
		const nodes = this.list();
		if (this.peek().kind !== "end") throw this.wrong(`unexpected {{${this.keyword()}}}`);
		return nodes;
	}

	/** Up to the end, or the action that closes a block, which is left to be read. */
	private list(): Node[] {
		const nodes: Node[] = [];
		for (;;) {
			const token = this.peek();
			if (token.kind === "end" || CLOSERS.includes(this.keyword() ?? "")) return nodes;
			this.at++;
			nodes.push(token.kind === "text" ? { kind: "text", text: token.text, at: token.at } : this.action(token.at));
		}
	}

	/** The first word of the action that comes next. */
	private keyword(): string | undefined {
		const word = this.words[this.at + 1];
		return this.peek().kind === "open" && word?.kind === "name" ? word.text : undefined;
	}

	private action(at: number): Node {
		const word = this.peek();
		if (word.kind === "name") {
			switch (word.text) {
				case "if":
				case "with":
				case "range":
					this.at++;
					return this.branch(word.text, at);
				case "break":
				case "continue":
					this.at++;
					return this.leave(word.text, at);
				case "define":
				case "block":
				case "template":
					throw this.wrong(`{{${word.text}}} is not supported: a template of one command needs no further ones`);
			}
		}
		const pipe = this.pipe("command");
		this.expect("close", "command");
		return { kind: "action", pipe, at: pipe.at };
	}

	private leave(kind: "break" | "continue", at: number): Node {
		if (this.peek().kind !== "close") throw this.unexpected(`{{${kind}}}`);
		this.at++;
		if (this.ranges === 0) throw this.wrong(`{{${kind}}} outside {{range}}`);
		return { kind, at };
	}

	private branch(kind: BranchNode["kind"], at: number): BranchNode {
		this.deeper();
		const scope = this.variables.length;
		const pipe = this.pipe(kind);
		this.expect("close", kind);
		if (kind === "range") this.ranges++;
		const body = this.list();
		if (kind === "range") this.ranges--;
		const otherwise = this.rest(kind);
		this.variables.length = scope;
		this.depth--;
		return { kind, pipe, body, at, ...(otherwise && { otherwise }) };
	}

	/** What follows the body: `{{end}}`, `{{else}} … {{end}}`, `{{else if …}} …`. */
	private rest(kind: BranchNode["kind"]): Node[] | undefined {
		if (this.peek().kind === "end") throw this.wrong("unexpected EOF");
		const isElse = this.keyword() === "else";
		this.at += 2;
		if (!isElse) {
			this.expect("close", "end");
			return undefined;
		}
		const again = this.peek();
		if (again.kind === "name" && again.text === kind && kind !== "range") {
			this.at++;
			return [this.branch(kind, again.at)];
		}
		this.expect("close", "else");
		const nodes = this.list();
		if (this.peek().kind === "end") throw this.wrong("unexpected EOF");
		if (this.keyword() !== "end") throw this.wrong("expected end; found {{else}}");
		this.at += 2;
		this.expect("close", "end");
		return nodes;
	}

	/** @param context what it belongs to, for errors */
	private pipe(context: string): Pipe {
		this.deeper();
		const { at } = this.peek();
		const { variables, declares } = this.targets(context);
		const commands: Command[] = [];
		for (;;) {
			const command = this.command();
			if (command) commands.push(command);
			const after = this.peek();
			if (after.kind === "sign" && after.text === "|" && command) this.at++;
			else break;
		}
		this.checkPipe(commands, context);
		const unknown = declares ? undefined : variables.find((name) => !this.variables.includes(name));
		if (unknown !== undefined) throw this.wrong(`undefined variable ${JSON.stringify(unknown)}`);
		if (declares) this.variables.push(...variables);
		this.depth--;
		return { kind: "pipe", variables, declares, commands, at };
	}

	private checkPipe(commands: readonly Command[], context: string): void {
		const last = this.words[this.at - 1];
		if (commands.length === 0 || (last?.kind === "sign" && last.text === "|"))
			throw this.wrong(`missing value for ${context}`);
		commands.slice(1).forEach(({ words: [first] }, index) => {
			if (["constant", "dot", "nil"].includes(first.kind))
				throw this.wrong(`non executable command in pipeline stage ${index + 2}`);
		});
	}

	/** `$x :=`, `$i, $x :=`, `$x =` */
	private targets(context: string): { variables: string[]; declares: boolean } {
		const start = this.at;
		const variables: string[] = [];
		while (this.peek().kind === "variable") {
			variables.push(this.next().text);
			const sign = this.next().text;
			if (sign === ":=" || sign === "=") return { variables, declares: sign === ":=" };
			if (sign === "," && context === "range" && variables.length < 2) continue;
			if (sign === ",") throw this.wrong(`too many declarations in ${context}`);
			break;
		}
		this.at = start;
		return { variables: [], declares: false };
	}

	private command(): Command | undefined {
		const words: Operand[] = [];
		const { at } = this.peek();
		for (let word = this.operand(); word; word = this.operand()) {
			words.push(word);
			const next = this.peek();
			if (next.kind === "close" || (next.kind === "sign" && "|)".includes(next.text))) break;
			if (!next.spaced) throw this.unexpected("operand");
		}
		return words.length > 0 ? { kind: "command", words: words as [Operand, ...Operand[]], at } : undefined;
	}

	/** A term, and the fields that follow it without a blank between. */
	private operand(): Operand | undefined {
		const term = this.term();
		if (!term) return undefined;
		const { at } = this.peek();
		const names: string[] = [];
		while (this.peek().kind === "field" && !this.peek().spaced) names.push(this.next().text.slice(1));
		if (names.length === 0) return term;
		switch (term.kind) {
			case "field":
			case "variable":
				// Go gives a chain of fields the place of its second one.
				return { ...term, names: [...term.names, ...names], at };
			case "dot":
			case "nil":
			case "constant":
				throw this.wrong(`unexpected . after term ${JSON.stringify(term.kind === "constant" ? term.text : term.kind)}`);
			default:
				return { kind: "chain", of: term, names, at };
		}
	}

	private term(): Operand | undefined {
		const token = this.peek();
		const { at, text } = token;
		this.at++;
		switch (token.kind) {
			case "field":
				return { kind: "field", names: [text.slice(1)], at };
			case "variable":
				if (!this.variables.includes(text)) throw this.wrong(`undefined variable ${JSON.stringify(text)}`);
				return { kind: "variable", name: text, names: [], at };
			case "name":
				return this.named(text, at);
			case "number":
				return this.constant(parseNumber(text), `bad number syntax: ${JSON.stringify(text)}`, text, at);
			case "character":
				return this.constant(parseCharacter(text), `malformed character constant: ${text}`, text, at);
			case "string":
				return this.constant(parseString(text), "invalid syntax", text, at);
		}
		if (token.kind === "sign" && text === "(") return this.parenthesis(at);
		if (token.kind === "sign" && text === ".") return { kind: "dot", at };
		this.at--;
		if (token.kind === "sign" && !"|)".includes(text)) throw this.unexpected("command");
		return undefined;
	}

	private named(text: string, at: number): Operand {
		if (text === "true" || text === "false") return { kind: "constant", value: text === "true", text, at };
		if (text === "nil") return { kind: "nil", at };
		if (KEYWORDS.includes(text)) throw this.wrong(`unexpected <${text}> in command`);
		if (!this.functions.has(text)) throw this.wrong(`function ${JSON.stringify(text)} not defined`);
		return { kind: "function", name: text, at };
	}

	private constant<T extends Extract<Operand, { kind: "constant" }>["value"]>(
		value: T | undefined,
		error: string,
		text: string,
		at: number,
	): Operand {
		if (value === undefined) throw this.wrong(error);
		return { kind: "constant", value, text, at };
	}

	private parenthesis(at: number): Operand {
		const pipe = this.pipe("parenthesized pipeline");
		this.at++;
		return { ...pipe, at };
	}

	private expect(kind: Token["kind"], context: string): void {
		if (this.peek().kind !== kind) throw this.unexpected(context === "else" ? "input" : context);
		this.at++;
	}

	private unexpected(context: string): Malformed {
		const { kind, text } = this.peek();
		const shown = kind === "sign" && text !== "." ? JSON.stringify(text) : `<${text}>`;
		return this.wrong(`unexpected ${kind === "end" ? "EOF" : shown} in ${context}`);
	}

	private deeper(): void {
		if (++this.depth > DEEPEST) throw this.wrong("more blocks or parentheses within each other than bunker reads");
	}

	private peek(): Token {
		return this.words[Math.min(this.at, this.words.length - 1)] as Token;
	}

	private next(): Token {
		const token = this.peek();
		this.at++;
		return token;
	}

	private wrong(message: string): Malformed {
		return new Malformed(message, this.peek().at);
	}
}

const KEYWORDS = ["if", "else", "end", "range", "with", "break", "continue", "define", "block", "template"];

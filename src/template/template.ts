/**
 * Go's text/template as docker's users write it in --format. Ours: of npm's
 * libraries one needs a Go toolchain's native addon, and the others know neither
 * types nor half of the grammar, or build code from the template. Nothing here
 * is loaded without --format.
 */

import { encodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { evaluate, type Functions, Unevaluable } from "./evaluator.ts";
import { functions } from "./functions.ts";
import { Malformed } from "./lexer.ts";
import type { Node } from "./nodes.ts";
import { parseTree } from "./parser.ts";
import type { Value } from "./values.ts";

export { titleFunctions } from "./functions.ts";
export {
	Duration,
	Float,
	GoMap,
	GoSlice,
	goTime,
	type Method,
	Moment,
	Struct,
	untyped,
	type Value,
} from "./values.ts";

export interface ExecuteOptions {
	/** a key that a map does not have is an error (Go's missingkey=error) */
	strict?: boolean;
	functions?: Functions;
	/** what cannot be evaluated ends the text, and is no error */
	lenient?: boolean;
}

/** A parsed template. */
export class Template {
	private constructor(
		private readonly text: string,
		private readonly nodes: readonly Node[],
	) {}

	/** Parses a template. @throws Failure in Go's words: `template: :1: unclosed action` */
	static parse(text: string): Template {
		try {
			return new Template(text, parseTree(text, functions));
		} catch (error) {
			if (!(error instanceof Malformed)) throw error;
			throw new Failure(`template: :${placeIn(text, error.at).line}: ${error.message}`);
		}
	}

	/** Carries it out. @throws Failure in Go's words: `template: :1:2: executing "" at <.Nope>: can't …` */
	execute(data: Value, options: ExecuteOptions = {}): string {
		const out: string[] = [];
		try {
			evaluate(this.nodes, data, { functions, strict: false, ...options }, out);
		} catch (error) {
			if (!(error instanceof Unevaluable)) throw error;
			if (!options.lenient) throw this.failure(error);
		}
		return out.join("");
	}

	private failure(error: Unevaluable): Failure {
		const { line, column } = placeIn(this.text, error.at);
		return new Failure(`template: :${line}:${column}: executing "" at <${error.node}>: ${error.message}`);
	}
}

/** The line, from 1, and the column in bytes, from 0. */
function placeIn(text: string, at: number): { line: number; column: number } {
	const before = text.slice(0, at);
	const start = before.lastIndexOf("\n") + 1;
	return { line: before.split("\n").length, column: encodeText(before.slice(start)).length };
}

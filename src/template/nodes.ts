/**
 * The tree of a Go template (go.dev/pkg/text/template), and each node as Go
 * writes it in an error: `executing "" at <.State.Foo>`.
 */

import type { Value } from "./values.ts";

/** What every node has: where it begins in the template's text. */
interface At {
	at: number;
}

export type Node = TextNode | ActionNode | BranchNode | LeaveNode;

export interface TextNode extends At {
	kind: "text";
	text: string;
}

export interface ActionNode extends At {
	kind: "action";
	pipe: Pipe;
}

/** `if`, `with`, `range`; an `else if` is an `if` alone in the `otherwise`. */
export interface BranchNode extends At {
	kind: "if" | "with" | "range";
	pipe: Pipe;
	body: Node[];
	otherwise?: Node[];
}

export interface LeaveNode extends At {
	kind: "break" | "continue";
}

export interface Pipe extends At {
	kind: "pipe";
	/** variables that it sets, with their dollar */
	variables: string[];
	/** `:=` rather than `=` */
	declares: boolean;
	commands: Command[];
}

/** A function, method or value, and its arguments. */
export interface Command extends At {
	kind: "command";
	words: [Operand, ...Operand[]];
}

export type Operand =
	| (At & { kind: "dot" | "nil" })
	/** `.A.B`: fields of dot */
	| (At & { kind: "field"; names: string[] })
	/** `$x.A` */
	| (At & { kind: "variable"; name: string; names: string[] })
	| (At & { kind: "function"; name: string })
	/** `(pipeline).A` */
	| (At & { kind: "chain"; of: Operand; names: string[] })
	| (At & { kind: "constant"; value: Value; text: string })
	| Pipe;

/** As Go's String methods have it. */
export function show(node: Operand | Command): string {
	switch (node.kind) {
		case "dot":
			return ".";
		case "nil":
			return "nil";
		case "field":
			return fields(node.names);
		case "variable":
			return node.name + fields(node.names);
		case "function":
			return node.name;
		case "constant":
			return node.text;
		case "chain":
			return (node.of.kind === "pipe" ? `(${show(node.of)})` : show(node.of)) + fields(node.names);
		case "command":
			return node.words.map((word) => (word.kind === "pipe" ? `(${show(word)})` : show(word))).join(" ");
		case "pipe":
			return showPipe(node);
	}
}

function showPipe({ variables, declares, commands }: Pipe): string {
	const target = variables.length > 0 ? `${variables.join(", ")} ${declares ? ":=" : "="} ` : "";
	return target + commands.map(show).join(" | ");
}

const fields = (names: readonly string[]): string => names.map((name) => `.${name}`).join("");

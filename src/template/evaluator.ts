/**
 * Carries out a parsed template (go.dev/pkg/text/template, exec.go). Errors are
 * Go's: where in the template, what was evaluated, and why it cannot be.
 */

import { Malformed } from "./lexer.ts";
import { type BranchNode, type Command, type Node, type Operand, type Pipe, show } from "./nodes.ts";
import { printed } from "./print.ts";
import { GoMap, GoSlice, isTrue, type Method, Struct, typeName, type Value } from "./values.ts";

/** What a function takes: any value, or text, or a whole number. */
export type Parameter = "any" | "string" | "int";

/** A function of templates. */
export interface TemplateFunction {
	parameters: readonly Parameter[];
	/** of what may follow, any number of times */
	rest?: Parameter;
	/** @throws Error whose message says why not */
	call(...given: Value[]): Value;
}

export type Functions = ReadonlyMap<string, TemplateFunction>;

export interface Execution {
	functions: Functions;
	/** a key that a map does not have is an error */
	strict: boolean;
}

/** What cannot be evaluated, as Go shows it, and where. */
export class Unevaluable extends Malformed {
	constructor(
		message: string,
		at: number,
		/** the node, as Go writes it */
		readonly node: string,
	) {
		super(message, at);
	}
}

type Leaving = "break" | "continue" | undefined;

/**
 * Carries out a template.
 * @param out what it prints, piece by piece: there even if it fails later
 * @throws Unevaluable
 */
export function evaluate(nodes: readonly Node[], data: Value, execution: Execution, out: string[]): void {
	new Evaluator(data, execution, out).run(nodes);
}

class Evaluator {
	private readonly variables: { name: string; value: Value }[];

	constructor(
		private readonly data: Value,
		private readonly execution: Execution,
		private readonly out: string[],
	) {
		this.variables = [{ name: "$", value: data }];
	}

	run(nodes: readonly Node[]): void {
		this.list(nodes, this.data);
	}

	private list(nodes: readonly Node[], dot: Value): Leaving {
		for (const node of nodes) {
			const leaving = this.node(node, dot);
			if (leaving) return leaving;
		}
		return undefined;
	}

	private node(node: Node, dot: Value): Leaving {
		switch (node.kind) {
			case "text":
				this.out.push(node.text);
				return undefined;
			case "action": {
				const value = this.pipe(node.pipe, dot);
				if (node.pipe.variables.length === 0) this.out.push(printed(value));
				return undefined;
			}
			case "break":
			case "continue":
				return node.kind;
			default:
				return this.branch(node, dot);
		}
	}

	private branch(node: BranchNode, dot: Value): Leaving {
		const scope = this.variables.length;
		try {
			if (node.kind === "range") return this.range(node, dot);
			const value = this.pipe(node.pipe, dot);
			if (isTrue(value)) return this.list(node.body, node.kind === "with" ? value : dot);
			return this.list(node.otherwise ?? [], dot);
		} finally {
			this.variables.length = scope;
		}
	}

	private range(node: BranchNode, dot: Value): Leaving {
		const value = this.pipe(node.pipe, dot);
		const items = this.itemsOf(value, node.pipe);
		if (items.length === 0) return this.list(node.otherwise ?? [], dot);
		const scope = this.variables.length;
		for (const [key, item] of items) {
			this.setLoop(node.pipe, key, item);
			const leaving = this.list(node.body, item);
			this.variables.length = scope;
			if (leaving === "break") break;
		}
		return undefined;
	}

	private itemsOf(value: Value, pipe: Pipe): [Value, Value][] {
		if (value instanceof GoSlice) return value.items.map((item, index) => [index, item]);
		if (value instanceof GoMap) return value.sorted();
		if (typeof value === "number") return Array.from({ length: Math.max(0, value) }, (_, index) => [index, index]);
		if (value === undefined) return [];
		throw this.error(pipe, `range can't iterate over ${printed(value)}`);
	}

	/** One variable is the item, two are key and item; the pipe itself has set them to the whole, which nobody sees. */
	private setLoop({ variables: [first, second], declares }: Pipe, key: Value, item: Value): void {
		const set = (name: string, value: Value) =>
			declares ? this.variables.push({ name, value }) : this.assign(name, value);
		if (first !== undefined) set(first, second === undefined ? item : key);
		if (second !== undefined) set(second, item);
	}

	private assign(name: string, value: Value): void {
		const variable = this.variables.findLast((known) => known.name === name);
		if (variable) variable.value = value;
	}

	private pipe(pipe: Pipe, dot: Value): Value {
		let value: Value;
		pipe.commands.forEach((command, index) => {
			value = this.command(command, dot, index === 0 ? NOTHING : [value]);
		});
		for (const name of pipe.variables) {
			if (pipe.declares) this.variables.push({ name, value });
			else this.assign(name, value);
		}
		return value;
	}

	/** @param final what the pipe hands to it as its last argument */
	private command(command: Command, dot: Value, final: readonly Value[]): Value {
		const [first, ...args] = command.words;
		switch (first.kind) {
			case "function":
				return this.call(first.name, command, dot, args, final);
			case "field":
			case "variable":
			case "chain":
				return this.operand(first, dot, { args, final, dot });
		}
		if (args.length > 0 || final.length > 0)
			throw this.error(first, `can't give argument to non-function ${show(first)}`);
		if (first.kind === "nil") throw this.error(first, "nil is not a command");
		return this.operand(first, dot);
	}

	private operand(node: Operand, dot: Value, given?: Given): Value {
		switch (node.kind) {
			case "dot":
				return dot;
			case "nil":
				return null;
			case "constant":
				return node.value;
			case "pipe":
				return this.pipe(node, dot);
			case "field":
				return this.fields(node, dot, node.names, given);
			case "chain":
				return this.fields(node, this.operand(node.of, dot), node.names, given);
			case "variable": {
				const value = this.variables.findLast(({ name }) => name === node.name)?.value;
				if (node.names.length > 0) return this.fields(node, value, node.names, given);
				if (given && given.args.length + given.final.length > 0)
					throw this.error(node, `can't give argument to non-function ${show(node)}`);
				return value;
			}
			case "function":
				return this.call(node.name, { kind: "command", words: [node], at: node.at }, dot, [], NOTHING);
		}
	}

	private fields(node: Operand, receiver: Value, names: readonly string[], given?: Given): Value {
		return names.reduce(
			(value, name, index) => this.field(node, value, name, index === names.length - 1 ? given : undefined),
			receiver,
		);
	}

	private field(node: Operand, receiver: Value, name: string, given?: Given): Value {
		if (receiver === undefined) {
			if (this.execution.strict) throw this.error(node, `nil data; no entry for key ${JSON.stringify(name)}`);
			return undefined;
		}
		if (receiver === null) throw this.error(node, `nil pointer evaluating <nil>.${name}`);
		if (receiver instanceof Struct && receiver.fields.has(name))
			return this.member(node, receiver.fields.get(name), name, given);
		if (!(receiver instanceof GoMap))
			throw this.error(node, `can't evaluate field ${name} in type ${typeName(receiver)}`);
		if (given && given.args.length + given.final.length > 0)
			throw this.error(node, `${name} is not a method but has arguments`);
		if (!receiver.entries.has(name) && this.execution.strict)
			throw this.error(node, `map has no entry for key ${JSON.stringify(name)}`);
		return receiver.entries.get(name);
	}

	private member(node: Operand, field: Value | Method, name: string, given?: Given): Value {
		const args = given ? [...given.args.map((arg) => this.operand(arg, given.dot)), ...given.final] : [];
		if (typeof field !== "function") {
			if (args.length > 0) throw this.error(node, `${name} is not a method but has arguments`);
			return field;
		}
		if (args.length !== field.length)
			throw this.error(node, `wrong number of args for ${name}: want ${field.length} got ${args.length}`);
		return field(...args.map((arg) => this.checked(node, arg, "string") as string));
	}

	private call(name: string, command: Command, dot: Value, args: readonly Operand[], final: readonly Value[]): Value {
		const known = this.execution.functions.get(name) as TemplateFunction;
		this.count(name, command, known, args.length + final.length);
		if (name === "and" || name === "or") return this.shortcut(name === "or", dot, args, final);
		const given = args.map((arg, index) => this.checked(arg, this.operand(arg, dot), parameter(known, index)));
		for (const value of final) given.push(this.checked(command, value, parameter(known, args.length)));
		try {
			return known.call(...given);
		} catch (error) {
			if (error instanceof Malformed) throw error;
			throw this.error(command, `error calling ${name}: ${(error as Error).message}`);
		}
	}

	/** `and` and `or` do not look at what comes after the argument that decides. */
	private shortcut(until: boolean, dot: Value, args: readonly Operand[], final: readonly Value[]): Value {
		let value: Value;
		for (const arg of args) {
			value = this.operand(arg, dot);
			if (isTrue(value) === until) return value;
		}
		return final.length > 0 ? final[0] : value;
	}

	private count(name: string, command: Command, { parameters, rest }: TemplateFunction, given: number): void {
		const least = parameters.length;
		if (rest === undefined ? given === least : given >= least) return;
		const want = rest === undefined ? String(least) : `at least ${least}`;
		throw this.error(command.words[0], `wrong number of args for ${name}: want ${want} got ${given}`);
	}

	private checked(node: Operand | Command, value: Value, wanted: Parameter): Value {
		if (wanted === "any") return value;
		if (typeof value === (wanted === "int" ? "number" : "string")) return value;
		const constant = node.kind === "constant";
		if (constant) throw this.error(node, `expected ${wanted === "int" ? "integer" : wanted}; found ${show(node)}`);
		if (value === undefined || value === null) throw this.error(node, `invalid value; expected ${wanted}`);
		throw this.error(node, `wrong type for value; expected ${wanted}; got ${typeName(value)}`);
	}

	private error(node: Operand | Command, message: string): Unevaluable {
		return new Unevaluable(message, node.at, show(node));
	}
}

/** Arguments of a method: not yet evaluated, and what the pipe hands on. */
interface Given {
	args: readonly Operand[];
	final: readonly Value[];
	dot: Value;
}

const NOTHING: readonly Value[] = [];

function parameter({ parameters, rest }: TemplateFunction, index: number): Parameter {
	return parameters[index] ?? rest ?? "any";
}

/**
 * The functions of templates: Go's (go.dev/pkg/text/template, functions) and
 * docker's own (docker/cli, templates/templates.go).
 */

import { decodeText, encodeText } from "../../ffi/text.ts";
import { equals, less } from "./compare.ts";
import type { Functions, Parameter, TemplateFunction } from "./evaluator.ts";
import { json, plain } from "./print.ts";
import { sprintf } from "./printf.ts";
import { GoMap, GoSlice, isTrue, typeName, type Value } from "./values.ts";

type Call = (...given: never[]) => Value;

const define = (parameters: readonly Parameter[], call: Call, rest?: Parameter): TemplateFunction => ({
	parameters,
	call: call as TemplateFunction["call"],
	...(rest && { rest }),
});

const compare = (holds: (one: Value, other: Value) => boolean) => define(["any", "any"], holds);

/** What every template of docker's can call. */
export const functions: Functions = new Map<string, TemplateFunction>([
	// The evaluator itself does these two, since they do not evaluate what decides nothing.
	["and", define(["any"], (value: Value) => value, "any")],
	["or", define(["any"], (value: Value) => value, "any")],
	["not", define(["any"], (value: Value) => !isTrue(value))],
	["eq", define(["any"], (first: Value, ...others: Value[]) => equals(first, others), "any")],
	["ne", compare((one, other) => !equals(one, [other]))],
	["lt", compare(less)],
	["le", compare((one, other) => less(one, other) || equals(one, [other]))],
	["gt", compare((one, other) => !less(one, other) && !equals(one, [other]))],
	["ge", compare((one, other) => !less(one, other))],
	["index", define(["any"], index, "any")],
	["slice", define(["any"], slice, "int")],
	["len", define(["any"], length)],
	["print", define([], (...values: Value[]) => sprint(values), "any")],
	["println", define([], (...values: Value[]) => `${values.map((value) => plain(value)).join(" ")}\n`, "any")],
	["printf", define(["string"], sprintf, "any")],
	["call", define(["any"], notCallable, "any")],
	["html", define([], (...values: Value[]) => html(sprint(values)), "any")],
	["js", define([], (...values: Value[]) => javascript(sprint(values)), "any")],
	["urlquery", define([], (...values: Value[]) => urlQuery(sprint(values)), "any")],
	["json", define(["any"], json)],
	["join", define(["any", "string"], join)],
	["split", define(["string", "string"], split)],
	["lower", define(["string"], (text: string) => eachCharacter(text, (one) => one.toLowerCase()))],
	["upper", define(["string"], (text: string) => eachCharacter(text, (one) => one.toUpperCase()))],
	["title", define(["string"], title)],
	["pad", define(["string", "int", "int"], pad)],
	["truncate", define(["string", "int"], truncate)],
]);

/** In the line of titles docker lets titles be what they are; `pad` and what is Go's work on them. */
export const titleFunctions: Functions = new Map([
	...functions,
	...["json", "title", "lower", "upper"].map((name): [string, TemplateFunction] => [name, define(["string"], same)]),
	...["split", "join"].map((name): [string, TemplateFunction] => [name, define(["string", "string"], same)]),
	["truncate", define(["string", "int"], same)],
]);

function same(text: string): string {
	return text;
}

/** fmt.Sprint: a blank between two that are both no strings. */
function sprint(values: readonly Value[]): string {
	return values
		.map((value, at) => {
			const apart = at > 0 && typeof value !== "string" && typeof values[at - 1] !== "string";
			return (apart ? " " : "") + plain(value);
		})
		.join("");
}

function index(value: Value, ...keys: Value[]): Value {
	return keys.reduce(indexOne, value);
}

function indexOne(value: Value, key: Value): Value {
	if (value === undefined || value === null) throw new Error("index of untyped nil");
	if (value instanceof GoMap) {
		if (typeof key !== "string") throw new Error(`value has type ${typeName(key)}; should be string`);
		return value.entries.has(key) ? value.entries.get(key) : value.zero;
	}
	if (!(value instanceof GoSlice) && typeof value !== "string")
		throw new Error(`can't index item of type ${typeName(value)}`);
	if (key === undefined || key === null) throw new Error("cannot index slice/array with nil");
	if (typeof key !== "number") throw new Error(`cannot index slice/array with type ${typeName(key)}`);
	const items: ArrayLike<Value> = typeof value === "string" ? encodeText(value) : value.items;
	if (key < 0 || key >= items.length) throw new Error(`index out of range: ${key}`);
	return items[key];
}

function slice(value: Value, ...bounds: number[]): Value {
	if (!(value instanceof GoSlice) && typeof value !== "string")
		throw new Error(`can't slice item of type ${typeName(value)}`);
	if (bounds.length > (typeof value === "string" ? 2 : 3)) throw new Error(`too many slice indexes: ${bounds.length}`);
	const items = typeof value === "string" ? encodeText(value) : value.items;
	const [from = 0, to = items.length] = bounds;
	const beyond = [from, to].find((bound) => bound < 0 || bound > items.length);
	if (beyond !== undefined) throw new Error(`index out of range: ${beyond}`);
	if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
	return items instanceof Uint8Array ? decodeText(items.slice(from, to)) : new GoSlice(items.slice(from, to));
}

function length(value: Value): number {
	if (typeof value === "string") return encodeText(value).length;
	if (value instanceof GoSlice) return value.items.length;
	if (value instanceof GoMap) return value.entries.size;
	throw new Error(value === undefined || value === null ? "len of nil pointer" : `len of type ${typeName(value)}`);
}

function notCallable(value: Value): never {
	throw new Error(`non-function of type ${typeName(value)}`);
}

function join(list: Value, separator: string): string {
	if (list === undefined || list === null) return "";
	if (list instanceof GoSlice) return list.items.map((item) => plain(item)).join(separator);
	if (list instanceof GoMap)
		return [...list.entries.values()]
			.map((item) => plain(item))
			.sort()
			.join(separator);
	throw new Error(`expected slice, got ${typeName(list)}`);
}

function split(text: string, separator: string): GoSlice {
	return new GoSlice(separator === "" ? [...text] : text.split(separator), "[]string");
}

/** Character by character, as Go does: `ß` has no upper case of one character and stays. */
function eachCharacter(text: string, change: (character: string) => string): string {
	return [...text]
		.map((character) => {
			const changed = change(character);
			return [...changed].length === 1 ? changed : character;
		})
		.join("");
}

/** strings.Title: what does not follow a letter, digit or underscore begins a word. */
function title(text: string): string {
	return text.replace(/(?<![\p{L}\p{Nd}_'’])\p{L}|(?<=['’])\p{L}/gu, (letter) =>
		eachCharacter(letter, (one) => one.toUpperCase()),
	);
}

function pad(text: string, before: number, after: number): string {
	if (text === "") return "";
	if (before < 0 || after < 0) throw new Error("strings: negative Repeat count");
	return " ".repeat(before) + text + " ".repeat(after);
}

/** In bytes, as docker has it. */
function truncate(text: string, most: number): string {
	if (most < 0) throw new Error(`runtime error: slice bounds out of range [:${most}]`);
	const bytes = encodeText(text);
	return bytes.length < most ? text : decodeText(bytes.slice(0, most));
}

const HTML: Record<string, string> = {
	'"': "&#34;",
	"'": "&#39;",
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\0": "\ufffd",
};

const html = (text: string): string => text.replace(/["'&<>\0]/g, (sign) => HTML[sign] as string);

function javascript(text: string): string {
	return text.replace(/[\\'"<>&=\p{Cc}]/gu, (sign) => {
		if (/[\\'"]/.test(sign)) return `\\${sign}`;
		return `\\u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
	});
}

/** url.QueryEscape */
const urlQuery = (text: string): string =>
	encodeURIComponent(text.toWellFormed())
		.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
		.replaceAll("%20", "+");

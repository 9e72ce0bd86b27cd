/** Constants of a template, written as in Go (go.dev/ref/spec, literals) → values. */

import { decodeText } from "../../ffi/text.ts";
import { Float } from "./values.ts";

const DIGITS = "[0-9](?:_?[0-9])*";
const INTEGER =
	/^([+-]?)(?:(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)|0(?:_?([0-7](?:_?[0-7])*))?|([1-9](?:_?[0-9])*))$/;
const FLOAT = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);

/** `12`, `-0x1f`, `1_000`, `1.5e3` → a number; undefined for what Go would not take. */
export function parseNumber(text: string): number | Float | undefined {
	const integer = INTEGER.exec(text.replaceAll("_", (mark, at) => (text[at + 1] === undefined ? "__" : mark)));
	if (integer) return (integer[1] === "-" ? -1 : 1) * magnitude(integer);
	if (!FLOAT.test(text)) return undefined;
	return new Float(Number(text.replaceAll("_", "")));
}

function magnitude([, , based, octal, decimal]: RegExpExecArray): number {
	if (based !== undefined) return Number(based.replaceAll("_", "").toLowerCase());
	if (octal !== undefined) return Number.parseInt(octal.replaceAll("_", ""), 8);
	return Number((decimal ?? "0").replaceAll("_", ""));
}

const SIMPLE: Record<string, string> = {
	a: "\x07",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	"'": "'",
	'"': '"',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;

/** `"a\n"` or a raw string → its text; undefined where an escape is none of Go's. */
export function parseString(text: string): string | undefined {
	const inner = text.slice(1, -1);
	if (text.startsWith("`")) return inner.replaceAll("\r", "");
	return unescaped(inner, text[0] === '"' ? "'" : '"');
}

/** `'a'` → the number of its character. */
export function parseCharacter(text: string): number | undefined {
	const character = unescaped(text.slice(1, -1), '"');
	return character !== undefined && [...character].length === 1 ? character.codePointAt(0) : undefined;
}

/** @param forbidden the quotation mark that needs no escape, and takes none */
function unescaped(text: string, forbidden: string): string | undefined {
	if (!text.includes("\\")) return text;
	let wrong = false;
	const result = text.replace(ESCAPE, (_, byte, short, long, octal, letter) => {
		const code = Number.parseInt(short ?? long ?? "", 16);
		if (byte !== undefined || octal !== undefined)
			return decodeText(new Uint8Array([Number.parseInt(byte ?? octal, byte === undefined ? 8 : 16)]));
		if (!Number.isNaN(code) && code <= 0x10ffff) return String.fromCodePoint(code);
		const simple = Object.hasOwn(SIMPLE, letter ?? "") && letter !== forbidden ? SIMPLE[letter] : undefined;
		wrong ||= simple === undefined;
		return simple ?? "";
	});
	return wrong ? undefined : result;
}

/** Go's fmt.Sprintf for the values of templates (go.dev/pkg/fmt, printing). No library of npm's has Go's verbs. */

import { encodeText } from "../../ffi/text.ts";
import { quote } from "../text/quote.ts";
import { formatFloat, goExponent, plain } from "./print.ts";
import { Duration, Float, GoMap, GoSlice, Struct, typeName, type Value } from "./values.ts";

/** `%-08.2f`, taken apart. */
interface Directive {
	flags: string;
	width?: number;
	precision?: number;
	verb: string;
}

const DIRECTIVE = /%([-+# 0]*)(\*|[0-9]+)?(?:\.(\*|[0-9]*))?(.?)/gsu;
/** Nobody's table is wider; a width of millions is a mistake. */
const WIDEST = 1_000_000;

/** Formats as fmt.Sprintf does; what does not fit is shown in the text, as Go shows it. */
export function sprintf(format: string, ...values: Value[]): string {
	let at = 0;
	const text = format.replace(DIRECTIVE, (_, flags: string, width?: string, precision?: string, verb = "") => {
		if (verb === "") return "%!(NOVERB)";
		const directive: Directive = { flags, verb };
		if (width !== undefined) directive.width = width === "*" ? starred(values[at++]) : Number(width);
		if (precision !== undefined)
			directive.precision = precision === "*" ? starred(values[at++]) : Number(precision || 0);
		if (verb === "%") return "%";
		if (at >= values.length) return `%!${verb}(MISSING)`;
		return formatOne(directive, values[at++]);
	});
	const extra = values.slice(at).map((value) => `${typeName(value)}=${plain(value)}`);
	return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(", ")})` : text;
}

function starred(value: Value): number | undefined {
	return typeof value === "number" && Math.abs(value) <= WIDEST ? value : undefined;
}

function formatOne(directive: Directive, value: Value): string {
	const { verb } = directive;
	if (verb === "T") return padded(directive, typeName(value));
	if (verb === "v") return padValue(directive, value);
	// A list is formatted item by item, with its own brackets.
	if (value instanceof GoSlice) return `[${value.items.map((item) => formatOne(directive, item)).join(" ")}]`;
	if (value instanceof GoMap) {
		const items = value.sorted().map(([key, item]) => `${formatOne(directive, key)}:${formatOne(directive, item)}`);
		return `map[${items.join(" ")}]`;
	}
	return scalar(directive, value) ?? mismatch(directive, value);
}

function padValue(directive: Directive, value: Value): string {
	if (typeof value === "number") return integer(directive, value, 10);
	if (typeof value === "string" && directive.flags.includes("#")) return padded(directive, quote(value));
	if (typeof value === "string") return padded(directive, cut(directive, value));
	if (value instanceof Float && directive.precision !== undefined)
		return float({ ...directive, verb: "g" }, value.value);
	return padded(directive, plain(value, directive.flags.includes("+")));
}

function mismatch(directive: Directive, value: Value): string {
	if (value === undefined || value === null) return `%!${directive.verb}(<nil>)`;
	return `%!${directive.verb}(${typeName(value)}=${padValue(directive, value)})`;
}

function scalar(directive: Directive, value: Value): string | undefined {
	if (typeof value === "string") return ofString(directive, value);
	if (typeof value === "number") return ofInteger(directive, value);
	if (value instanceof Float) return "eEfFgG".includes(directive.verb) ? float(directive, value.value) : undefined;
	if (typeof value === "boolean") return directive.verb === "t" ? padded(directive, String(value)) : undefined;
	if (value instanceof Duration && directive.verb === "d") return integer(directive, value.nanoseconds, 10);
	if (value instanceof Struct && value.text === undefined) return undefined;
	if (value === undefined || value === null) return undefined;
	return ofString(directive, plain(value));
}

function ofString(directive: Directive, value: string): string | undefined {
	const bytes = () =>
		Array.from(encodeText(cut(directive, value)), (byte) => byte.toString(16).padStart(2, "0")).join("");
	switch (directive.verb) {
		case "s":
			return padded(directive, cut(directive, value));
		case "q":
			return padded(directive, quote(cut(directive, value)));
		case "x":
			return padded(directive, bytes());
		case "X":
			return padded(directive, bytes().toUpperCase());
		default:
			return undefined;
	}
}

function ofInteger(directive: Directive, value: number): string | undefined {
	const { verb, flags } = directive;
	const prefix = flags.includes("#");
	const bases: Record<string, [number, string]> = {
		d: [10, ""],
		b: [2, "0b"],
		o: [8, "0"],
		O: [8, "0o"],
		x: [16, "0x"],
		X: [16, "0X"],
	};
	const base = bases[verb];
	if (base) return integer(directive, value, base[0], prefix || verb === "O" ? base[1] : "");
	const valid = value >= 0 && value <= 0x10ffff;
	if (verb === "c") return padded(directive, valid ? String.fromCodePoint(value) : "\ufffd");
	if (verb === "q") return padded(directive, `'${quote(valid ? String.fromCodePoint(value) : "\ufffd").slice(1, -1)}'`);
	if (verb === "U") return padded(directive, `U+${value.toString(16).toUpperCase().padStart(4, "0")}`);
	return undefined;
}

function integer(directive: Directive, value: number, base: number, prefix = ""): string {
	const { flags, verb, precision = 0 } = directive;
	const digits = Math.abs(value).toString(base).padStart(Math.min(precision, WIDEST), "0");
	return signed(
		directive,
		value < 0,
		prefix,
		verb === "X" ? digits.toUpperCase() : digits,
		flags.includes("0") && !precision,
	);
}

function float(directive: Directive, value: number): string {
	const { verb, flags, precision } = directive;
	const size = Math.abs(value);
	const digits = Math.min(precision ?? 6, 100);
	let text: string;
	if (!Number.isFinite(value)) text = formatFloat(size).replace("+", "");
	else if (verb === "e" || verb === "E") text = goExponent(size.toExponential(digits));
	else if (verb === "f" || verb === "F") text = size.toFixed(digits);
	else
		text =
			precision === undefined ? formatFloat(size) : goExponent(String(Number(size.toPrecision(Math.max(1, digits)))));
	if (verb === "E" || verb === "G") text = text.toUpperCase();
	return signed(directive, value < 0, "", text, flags.includes("0"));
}

/** The sign, what tells the base, and the digits; with `0` the zeros stand between. */
function signed(directive: Directive, negative: boolean, prefix: string, digits: string, zeros: boolean): string {
	const { flags, width = 0 } = directive;
	const sign = negative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
	const head = sign + prefix;
	const room = Math.min(width, WIDEST) - head.length;
	return padded(directive, head + (zeros && !flags.includes("-") ? digits.padStart(room, "0") : digits));
}

const cut = ({ precision }: Directive, text: string): string =>
	precision === undefined ? text : [...text].slice(0, precision).join("");

function padded({ flags, width = 0 }: Directive, text: string): string {
	const blanks = " ".repeat(Math.max(0, Math.min(Math.abs(width), WIDEST) - [...text].length));
	return flags.includes("-") || width < 0 ? text + blanks : blanks + text;
}

/** Values as Go's fmt package prints them with %v, and as encoding/json writes them. */

import { Duration, Float, GoMap, GoSlice, type Method, Moment, Struct, type Value } from "./values.ts";

/** As `{{.X}}` prints it at the top: what is not there is `<no value>`. */
export function printed(value: Value): string {
	return value === undefined ? "<no value>" : plain(value);
}

/** %v. @param named %+v: structs with the names of their fields */
export function plain(value: Value, named = false): string {
	if (value === undefined || value === null) return "<nil>";
	if (typeof value !== "object") return String(value);
	if (value instanceof Float) return formatFloat(value.value);
	if (value instanceof GoSlice) return `[${value.items.map((item) => plain(item, named)).join(" ")}]`;
	if (value instanceof GoMap) {
		return `map[${value
			.sorted()
			.map(([key, item]) => `${key}:${plain(item, named)}`)
			.join(" ")}]`;
	}
	return value instanceof Struct ? struct(value, named) : value.toString();
}

function struct(value: Struct, named: boolean): string {
	if (value.text !== undefined) return value.text;
	const fields = [...value.fields].map(([name, field]) => [name, plain(fieldValue(field), named)]);
	return `{${fields.map(([name, text]) => (named ? `${name}:${text}` : text)).join(" ")}}`;
}

/** A field's value; a method is called if it needs nothing. */
export function fieldValue(field: Value | Method): Value {
	if (typeof field !== "function") return field;
	return field.length === 0 ? field() : undefined;
}

/** %v of a float64: the shortest digits, an exponent from 21 on (strconv, %g). */
export function formatFloat(value: number): string {
	if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
	const size = Math.abs(value);
	if (size !== 0 && (size < 1e-4 || size >= 1e21)) return goExponent(value.toExponential());
	return Object.is(value, -0) ? "-0" : String(value);
}

/** JavaScript's `1e+21`, `1e-5` → Go's with two digits at least. */
export function goExponent(text: string): string {
	return text.replace(/e([+-])([0-9])$/, "e$10$2");
}

/** JSON in one line, as docker's `json` function writes it: maps sorted, `<`, `>` and `&` as they are. */
export function json(value: Value): string {
	if (value === undefined || value === null) return "null";
	if (typeof value !== "object") return foreignJson(value);
	if (value instanceof Float) return foreignJson(value.value);
	if (value instanceof Duration) return String(value.nanoseconds);
	if (value instanceof Moment) return foreignJson(value.rfc3339);
	if (value.source !== undefined) return foreignJson(value.source);
	if (value instanceof GoSlice) return `[${value.items.map(json).join(",")}]`;
	if (value instanceof GoMap) return object(value.sorted());
	return escapeHtml(object(fieldsOf(value)));
}

const object = (entries: readonly (readonly [string, Value])[]): string =>
	`{${entries.map(([name, item]) => `${foreignJson(name)}:${json(item)}`).join(",")}}`;

/** A line of a listing: docker makes a map of what it has without arguments, which Go sorts. */
function fieldsOf({ fields }: Struct): [string, Value][] {
	return [...fields]
		.filter(([, field]) => typeof field !== "function" || field.length === 0)
		.map(([name, field]): [string, Value] => [name, fieldValue(field)])
		.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** And encodes it with Go's plain json.Marshal, which writes `\u003e` for `>`. */
const escapeHtml = (text: string): string =>
	text.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

/** JSON.stringify writes what Go does, but for two separators of lines and for bytes that are no UTF-8 (ffi/text.ts). */
function foreignJson(value: unknown): string {
	return JSON.stringify(value)
		.replaceAll("\u2028", "\\u2028")
		.replaceAll("\u2029", "\\u2029")
		.replace(/\\(\\|ud[89a-f][0-9a-f]{2})/g, (whole, what) => (what === "\\" ? whole : "\ufffd"));
}

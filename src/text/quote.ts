/** Text in quotes as Go's strconv.Quote makes them, which is what docker shows of a command. */

const ESCAPES: Record<string, string> = {
	'"': '\\"',
	"\\": "\\\\",
	"\u0007": "\\a",
	"\b": "\\b",
	"\f": "\\f",
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
	"\v": "\\v",
};

/** ASCII without a quotation mark or backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** `sh -c "x"` → `"sh -c \"x\""`; nothing that a terminal would obey is left in it. */
export function quote(text: string): string {
	if (PLAIN.test(text)) return `"${text}"`;
	return `"${[...text].map(escaped).join("")}"`;
}

function escaped(character: string): string {
	const known = ESCAPES[character];
	if (known !== undefined) return known;
	const code = character.codePointAt(0) as number;
	// A byte that is no UTF-8, as ffi/text.ts carries it.
	if (code >= 0xdc80 && code <= 0xdcff) return hex("x", code - 0xdc00, 2);
	if (code < 0x20 || code === 0x7f) return hex("x", code, 2);
	if (!/[\p{C}\p{Z}]/u.test(character) || code === 0x20) return character;
	return code > 0xffff ? hex("U", code, 8) : hex("u", code, 4);
}

const hex = (letter: string, code: number, digits: number): string =>
	`\\${letter}${code.toString(16).padStart(digits, "0")}`;

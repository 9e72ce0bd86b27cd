/**
 * Bytes as text and back without loss. Arguments, environment and paths are
 * bytes on Linux; a byte that is no UTF-8 becomes a lone surrogate, U+DC80 to
 * U+DCFF, which JSON can carry (`\udc80`) and which becomes that byte again.
 * (The scheme of Python's PEP 383, "surrogateescape".)
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes → text; any bytes are fine. */
export function decodeText(bytes: Uint8Array): string {
	try {
		return strict.decode(bytes);
	} catch {
		return decodeEscaped(bytes);
	}
}

function decodeEscaped(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; ) {
		const size = sequenceLength(bytes[at] as number);
		try {
			text += strict.decode(bytes.subarray(at, at + size));
			at += size;
		} catch {
			text += String.fromCharCode(0xdc00 + (bytes[at] as number));
			at += 1;
		}
	}
	return text;
}

function sequenceLength(first: number): number {
	if (first < 0xc0) return 1;
	if (first < 0xe0) return 2;
	return first < 0xf0 ? 3 : 4;
}

/** Text → bytes, the reverse of `decodeText`. */
export function encodeText(text: string): Uint8Array {
	if (text.isWellFormed()) return encoder.encode(text);
	const parts: number[] = [];
	for (const character of text) {
		const code = character.codePointAt(0) as number;
		if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00);
		else for (const byte of encoder.encode(character)) parts.push(byte);
	}
	return new Uint8Array(parts);
}

/** Splits what ends in NUL bytes, as /proc/self/cmdline and /proc/self/environ do, into texts. */
export function splitNul(bytes: Uint8Array): string[] {
	const texts: string[] = [];
	for (let start = 0; start < bytes.length; ) {
		const end = bytes.indexOf(0, start);
		const stop = end < 0 ? bytes.length : end;
		texts.push(decodeText(bytes.subarray(start, stop)));
		start = stop + 1;
	}
	return texts;
}

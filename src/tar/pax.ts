/**
 * Extended headers of tar archives: records `LENGTH KEY=VALUE\n`, LENGTH
 * counting itself (POSIX pax, "Extended Header"). tar-stream decodes them too,
 * but as text and as an object: a value may be any bytes (security.capability),
 * and GNU sparse 0.0 repeats its keys in order.
 */

import { decodeText } from "../../ffi/text.ts";

/** One record. */
export interface PaxRecord {
	key: string;
	value: Uint8Array;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/** Bytes of an extended header → its records, in order. @throws Error if it is malformed */
export function parsePax(bytes: Uint8Array): PaxRecord[] {
	const records: PaxRecord[] = [];
	for (let at = 0; at < bytes.length; ) {
		const space = bytes.indexOf(SPACE, at);
		const digits = space < 0 ? "" : decodeText(bytes.subarray(at, space));
		const end = at + Number(digits);
		if (!/^\d{1,9}$/.test(digits) || end > bytes.length || bytes[end - 1] !== NEWLINE) throw new Error(MALFORMED);
		const equals = bytes.indexOf(EQUALS, space);
		if (equals < 0 || equals >= end) throw new Error(MALFORMED);
		records.push({ key: decodeText(bytes.subarray(space + 1, equals)), value: bytes.slice(equals + 1, end - 1) });
		at = end;
	}
	return records;
}

const MALFORMED = "a malformed extended header";

/** The global records and those of one member: the later of a key wins, an empty value takes it away. */
export function mergePax(global: readonly PaxRecord[], own: readonly PaxRecord[]): Map<string, Uint8Array> {
	const merged = new Map<string, Uint8Array>();
	for (const { key, value } of [...global, ...own]) {
		if (value.length === 0 && !isAttribute(key)) merged.delete(key);
		else merged.set(key, value);
	}
	return merged;
}

/** An extended attribute may be empty. */
const isAttribute = (key: string): boolean => key.startsWith(SCHILY) || key.startsWith(LIBARCHIVE);

const SCHILY = "SCHILY.xattr.";
const LIBARCHIVE = "LIBARCHIVE.xattr.";

/**
 * The extended attributes among records: star's and GNU tar's form (raw
 * bytes), and libarchive's (URL-encoded name, base64 value).
 */
export function attributes(records: Map<string, Uint8Array>): Map<string, Uint8Array> {
	const found = new Map<string, Uint8Array>();
	for (const [key, value] of records) {
		if (key.startsWith(LIBARCHIVE)) {
			found.set(decodeURIComponent(key.slice(LIBARCHIVE.length)), Buffer.from(decodeText(value), "base64"));
		}
	}
	for (const [key, value] of records) if (key.startsWith(SCHILY)) found.set(key.slice(SCHILY.length), value);
	return found;
}

/**
 * `1350244992.023960108`, possibly negative → nanoseconds since the epoch;
 * digits after the ninth are cut off.
 * @throws Error if it is no such number
 */
export function parseTime(text: string): bigint {
	const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
	if (!match) throw new Error(`a malformed time, ${JSON.stringify(text)}`);
	const [, sign, seconds = "0", fraction = ""] = match;
	const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
	return sign ? -nanoseconds : nanoseconds;
}

/**
 * What stands before a member's content in an archive that we write: a ustar
 * header, and before it a pax one where ustar has no room (POSIX pax; the form
 * that Go's archive/tar writes and every reader of layers takes).
 *
 * Not tar-stream's encoding: it cuts times to seconds of 32 bits and owners to
 * 18 bits, and takes names and attributes as text, which they need not be.
 */

import { encodeText } from "../../ffi/text.ts";
import type { Kind, Member } from "./member.ts";

export type Heading = Pick<
	Member,
	"path" | "kind" | "link" | "mode" | "uid" | "gid" | "mtime" | "major" | "minor" | "size" | "attributes"
>;

export const BLOCK = 512;
/** Fields of the header block: where they begin and how long they are (POSIX, ustar Interchange Format). */
const FIELD = {
	name: [0, 100],
	mode: [100, 8],
	uid: [108, 8],
	gid: [116, 8],
	size: [124, 12],
	mtime: [136, 12],
	checksum: [148, 8],
	flag: [156, 1],
	link: [157, 100],
	magic: [257, 8],
	major: [329, 8],
	minor: [337, 8],
} as const;

const FLAGS: Record<Kind, string> = {
	file: "0",
	hardlink: "1",
	symlink: "2",
	character: "3",
	block: "4",
	directory: "5",
	fifo: "6",
};

const SECOND = 1_000_000_000n;

/** A member's headers, whole blocks. A directory's path should end in a slash. */
export function encodeHeading(heading: Heading): Uint8Array {
	const records = recordsOf(heading);
	const own = ustar(heading, FLAGS[heading.kind]);
	if (records.length === 0) return own;
	const pax = concatenated(records);
	const name = `PaxHeaders.0/${heading.path.split("/").findLast(Boolean) ?? "root"}`;
	const before = ustar({ ...plainFile, path: name, size: pax.length }, "x");
	return concatenated([before, padded(pax), own]);
}

/** A file of root's, empty and without a name: what others are made of. */
export const plainFile: Heading = {
	path: "",
	kind: "file",
	link: "",
	mode: 0o644,
	uid: 0,
	gid: 0,
	mtime: 0n,
	major: 0,
	minor: 0,
	size: 0,
	attributes: new Map(),
};

/** What the header block cannot say. */
function recordsOf(heading: Heading): Uint8Array[] {
	const { path, link, uid, gid, size, mtime, attributes } = heading;
	const records: Uint8Array[] = [];
	const add = (key: string, value: string | Uint8Array) => records.push(record(key, value));
	if (!fitsText(path, FIELD.name)) add("path", path);
	if (!fitsText(link, FIELD.link)) add("linkpath", link);
	if (!fitsNumber(uid, FIELD.uid)) add("uid", String(uid));
	if (!fitsNumber(gid, FIELD.gid)) add("gid", String(gid));
	if (!fitsNumber(size, FIELD.size)) add("size", String(size));
	if (mtime % SECOND !== 0n || !fitsNumber(Number(mtime / SECOND), FIELD.mtime)) add("mtime", decimal(mtime));
	for (const [name, value] of attributes) add(`SCHILY.xattr.${name}`, value);
	return records;
}

/** `LENGTH KEY=VALUE\n`, the length counting itself. */
function record(key: string, value: string | Uint8Array): Uint8Array {
	const bytes = typeof value === "string" ? encodeText(value) : value;
	const rest = concatenated([encodeText(` ${key}=`), bytes, encodeText("\n")]);
	let length = rest.length + 1;
	while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
	return concatenated([encodeText(String(length)), rest]);
}

/** Nanoseconds → `1350244992.023960108`; the fraction has the sign of the whole (POSIX pax, "mtime"). */
function decimal(nanoseconds: bigint): string {
	const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
	const fraction = String(size % SECOND)
		.padStart(9, "0")
		.replace(/0+$/, "");
	return `${nanoseconds < 0n ? "-" : ""}${size / SECOND}${fraction && `.${fraction}`}`;
}

type Field = readonly [start: number, length: number];

const ASCII = /^\p{ASCII}*$/u;
const fitsText = (text: string, [, length]: Field): boolean => text.length <= length && ASCII.test(text);
/** One digit less than the field: it ends in a NUL. */
const fitsNumber = (value: number, [, length]: Field): boolean => value >= 0 && value < 8 ** (length - 1);

function ustar(heading: Heading, flag: string): Uint8Array {
	const block = new Uint8Array(BLOCK);
	const text = ([start, length]: Field, value: string) => block.set(encodeText(value).subarray(0, length), start);
	const number = (field: Field, value: number) => {
		const digits = fitsNumber(value, field) ? value.toString(8) : "";
		text(field, digits.padStart(field[1] - 1, "0"));
	};
	text(FIELD.name, heading.path);
	number(FIELD.mode, heading.mode & 0o7777);
	number(FIELD.uid, heading.uid);
	number(FIELD.gid, heading.gid);
	number(FIELD.size, heading.size);
	number(FIELD.mtime, Number(heading.mtime / SECOND));
	text(FIELD.flag, flag);
	text(FIELD.link, heading.link);
	text(FIELD.magic, "ustar\x0000");
	number(FIELD.major, heading.major);
	number(FIELD.minor, heading.minor);
	block.fill(0x20, FIELD.checksum[0], FIELD.checksum[0] + FIELD.checksum[1]);
	let sum = 0;
	for (const byte of block) sum += byte;
	text(FIELD.checksum, `${sum.toString(8).padStart(6, "0")}\0 `);
	return block;
}

/** Bytes filled up with zeros to whole blocks. */
function padded(bytes: Uint8Array): Uint8Array {
	const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
	whole.set(bytes);
	return whole;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

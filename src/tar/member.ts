/**
 * One member of a tar archive, put together from its header block and from what
 * the extended headers before it say.
 */

import { decodeText } from "../../ffi/text.ts";
import type { Header } from "../../node_modules/tar-stream/headers.js";
import { Failure } from "../failure.ts";
import { attributes, mergePax, type PaxRecord, parseTime } from "./pax.ts";
import type { Window } from "./slice.ts";
import { type Extent, oldSparse, paxSparse } from "./sparse.ts";

export type Kind = "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";

/** One member of an archive. */
export interface Member {
	/** as the archive has it */
	path: string;
	kind: Kind;
	/** target of a symbolic or hard link */
	link: string;
	/** permission bits with setuid, setgid and sticky */
	mode: number;
	uid: number;
	gid: number;
	/** nanoseconds since the epoch */
	mtime: bigint;
	major: number;
	minor: number;
	/** bytes of the file, holes included */
	size: number;
	/** where what is stored of it begins, in bytes from the archive's start, and how much that is */
	offset: number;
	stored: number;
	/** which stretches of the file are stored; undefined: all of it */
	extents?: Extent[];
	attributes: Map<string, Uint8Array>;
}

/** Type flags (POSIX ustar, "typeflag"; GNU's S). */
const KINDS: Record<string, Kind> = {
	"\0": "file",
	"0": "file",
	"1": "hardlink",
	"2": "symlink",
	"3": "character",
	"4": "block",
	"5": "directory",
	"6": "fifo",
	"7": "file",
	S: "file",
};

/** What the headers before a member's own say about it. */
export interface Announced {
	/** of all that follow */
	global: PaxRecord[];
	/** of the next member */
	own: PaxRecord[];
	path?: string;
	link?: string;
}

/** A member's own header. */
export interface Raw {
	header: Header;
	block: Uint8Array;
	flag: string;
	/** where the bytes after the block begin, from the archive's start */
	data: number;
}

/** @throws Failure that names the archive and the member */
export function assemble(window: Window, raw: Raw, announced: Announced): Member {
	const { header } = raw;
	const hasPax = announced.global.length + announced.own.length > 0;
	const pax = hasPax ? mergePax(announced.global, announced.own) : NONE;
	const text = (key: string) => {
		const value = pax.get(key);
		return value && decodeText(value);
	};
	const path = text("path") ?? announced.path ?? fromLatin1(header.name);
	try {
		const mtime = text("mtime");
		return {
			path,
			link: text("linkpath") ?? announced.link ?? fromLatin1(header.linkname ?? ""),
			mode: header.mode & 0o7777,
			uid: whole(text("uid"), header.uid),
			gid: whole(text("gid"), header.gid),
			mtime: mtime === undefined ? BigInt(header.mtime.getTime() || 0) * 1_000_000n : parseTime(mtime),
			major: header.devmajor,
			minor: header.devminor,
			attributes: hasPax ? attributes(pax) : NONE,
			...content(window, raw, announced.own, whole(text("size"), header.size), path),
		};
	} catch (error) {
		throw new Failure(`${window.slice.name}: ${path}: ${(error as Error).message}`, { cause: error });
	}
}

const NONE: Map<string, Uint8Array> = new Map();

type Content = Pick<Member, "kind" | "size" | "offset" | "stored" | "extents"> & { path?: string };

/** What kind it is, and where its bytes are: only files have some, whatever the size field says (as Go's archive/tar). */
function content(window: Window, raw: Raw, own: readonly PaxRecord[], stored: number, path: string): Content {
	const { flag, block, data: offset } = raw;
	const kind = KINDS[flag];
	if (kind === undefined) throw new Error(`a kind of member that is not known, ${JSON.stringify(flag)}`);
	if (kind !== "file") return { kind, size: 0, offset, stored: 0 };
	const read = (from: number, length: number) => window.view(offset + from, length);
	if (flag === "S") {
		const { extents, size, mapSize } = oldSparse(block, stored, read, number);
		return { kind, size, offset: offset + mapSize, stored, extents };
	}
	const sparse = paxSparse(own, stored, read);
	// As tar before 1988 wrote directories.
	if (!sparse) return { kind: path.endsWith("/") ? "directory" : kind, size: stored, offset, stored };
	const { extents, size, mapSize } = sparse;
	const named = sparse.path === undefined ? {} : { path: sparse.path };
	return { kind, size, offset: offset + mapSize, stored: stored - mapSize, extents, ...named };
}

/** Where an extended header gives a number it counts, otherwise the header block's. @throws Error unless it is one */
function whole(text: string | undefined, otherwise: number): number {
	const value = text === undefined ? otherwise : /^\d+$/.test(text) ? Number(text) : -1;
	if (!Number.isSafeInteger(value) || value < 0) throw new Error(`a bad number in its header, ${text ?? otherwise}`);
	return value;
}

/** A numeric field of twelve bytes, decoded as the size of a header that has nothing else. */
function number(field: Uint8Array): number {
	const size = field[0] === 0x80 ? field.reduce((sum, byte, at) => (at === 0 ? 0 : sum * 256 + byte), 0) : octal(field);
	if (!Number.isSafeInteger(size)) throw new Error("a malformed map of a sparse file");
	return size;
}

const octal = (field: Uint8Array): number => Number.parseInt(decodeText(field).replaceAll("\0", " ").trim(), 8);

const ASCII = /^[\0-\x7f]*$/;
const fromLatin1 = (text: string): string => (ASCII.test(text) ? text : decodeText(Buffer.from(text, "latin1")));

/**
 * Sparse files in tar archives, in the four ways that GNU tar has written them
 * (GNU tar manual, "Storing Sparse Files"): the old format in the header block,
 * and 0.0, 0.1 and 1.0 in extended headers. All come down to a list of extents.
 */

import { decodeText } from "../../ffi/text.ts";
import type { PaxRecord } from "./pax.ts";

/** A stretch of a sparse file that is stored; the stored stretches follow each other in the archive. */
export interface Extent {
	/** bytes from the file's start */
	offset: number;
	/** bytes */
	size: number;
}

/** What a sparse member says about itself. */
export interface Sparse {
	extents: Extent[];
	/** bytes of the file with its holes */
	size: number;
	/** bytes before the stored stretches that the map itself took */
	mapSize: number;
	/** the real name, where the header holds a substitute */
	path?: string;
}

const BLOCK = 512;

/** Reads bytes at an offset from the start of the member's data. */
type Read = (offset: number, length: number) => Uint8Array;

/** A number as a decimal text. @throws Error if it is none */
function decimal(text: string | undefined): number {
	if (text === undefined || !/^\d{1,16}$/.test(text)) throw new Error(MALFORMED);
	return Number(text);
}

const MALFORMED = "a malformed map of a sparse file";

/**
 * Pairs of numbers → extents.
 * @throws Error unless they are in order, apart from each other and within the
 * file, and together as long as what is stored
 */
function checked(numbers: readonly number[], size: number, stored: number): Extent[] {
	const extents: Extent[] = [];
	let end = 0;
	let sum = 0;
	for (let at = 0; at + 1 < numbers.length; at += 2) {
		const [offset, length] = [numbers[at] as number, numbers[at + 1] as number];
		if (offset < end || !Number.isSafeInteger(offset + length) || offset + length > size) throw new Error(MALFORMED);
		end = offset + length;
		sum += length;
		if (length > 0) extents.push({ offset, size: length });
	}
	if (numbers.length % 2 !== 0 || sum !== stored) throw new Error(MALFORMED);
	return extents;
}

/**
 * The old format: four extents in the header block, more in blocks that follow
 * it, 21 each.
 * @param read from the end of the header block
 * @param number decodes a numeric field of twelve bytes
 */
export function oldSparse(header: Uint8Array, stored: number, read: Read, number: (f: Uint8Array) => number): Sparse {
	const numbers: number[] = [];
	const take = (block: Uint8Array, start: number, count: number) => {
		for (let at = start; at < start + count * 24; at += 12) {
			if ((at - start) % 24 === 0 && block[at] === 0) return;
			numbers.push(number(block.subarray(at, at + 12)));
		}
	};
	take(header, 386, 4);
	let mapSize = 0;
	for (let more = header[482] !== 0; more; mapSize += BLOCK) {
		if (numbers.length > 2 * MOST) throw new Error(MALFORMED);
		const block = read(mapSize, BLOCK);
		take(block, 0, 21);
		more = block[504] !== 0;
	}
	const size = number(header.subarray(483, 495));
	return { extents: checked(numbers, size, stored), size, mapSize };
}

/**
 * Formats 0.0, 0.1 and 1.0.
 * @param own the member's own records, in order: 0.0 repeats its keys
 * @param stored bytes in the archive, a map of format 1.0 included
 * @returns undefined if the records speak of no sparse file
 */
export function paxSparse(own: readonly PaxRecord[], stored: number, read: Read): Sparse | undefined {
	const values = new Map(own.filter(({ key }) => key.startsWith(PREFIX)).map(({ key, value }) => [key, value]));
	if (values.size === 0) return undefined;
	const text = (key: string) => {
		const value = values.get(PREFIX + key);
		return value === undefined ? undefined : decodeText(value);
	};
	const path = text("name");
	const size = decimal(text("realsize") ?? text("size"));
	if (text("major") === "1" && text("minor") === "0") {
		const { numbers, mapSize } = mapInData(stored, read);
		return { extents: checked(numbers, size, stored - mapSize), size, mapSize, path };
	}
	const numbers = text("map")?.split(",").filter(Boolean).map(decimal) ?? pairs(own);
	return { extents: checked(numbers, size, stored), size, mapSize: 0, path };
}

const PREFIX = "GNU.sparse.";

function pairs(own: readonly PaxRecord[]): number[] {
	return own
		.filter(({ key }) => key === `${PREFIX}offset` || key === `${PREFIX}numbytes`)
		.map(({ value }) => decimal(decodeText(value)));
}

/** Format 1.0: a count and the pairs, one decimal number a line, filled up to a block, before the data. */
function mapInData(stored: number, read: Read): { numbers: number[]; mapSize: number } {
	const lines: string[] = [];
	let unfinished = "";
	for (let mapSize = 0; mapSize < stored && unfinished.length < BLOCK; ) {
		const pieces = (unfinished + decodeText(read(mapSize, BLOCK))).split("\n");
		mapSize += BLOCK;
		unfinished = pieces.pop() ?? "";
		lines.push(...pieces);
		const count = lines.length > 0 ? decimal(lines[0]) : MOST;
		if (count > MOST) break;
		if (lines.length > 2 * count) return { numbers: lines.slice(1, 1 + 2 * count).map(decimal), mapSize };
	}
	throw new Error(MALFORMED);
}

/** More extents than any real file has, and still little memory. */
const MOST = 100_000;

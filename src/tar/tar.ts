/**
 * Tar archives as a list of members: ustar, pax, GNU and old headers come out
 * alike. Nothing is judged here: a path is what the archive says.
 *
 * tar-stream decodes the header blocks. Its stream is not used: it passes every
 * byte through JavaScript, with an event and a promise per member, knows no
 * sparse files, and decodes names and attributes as UTF-8, which they need not
 * be.
 */

import { decodeText } from "../../ffi/text.ts";
// By path: the package exports only its stream.
import headers, { type Header } from "../../node_modules/tar-stream/headers.js";
import { Failure } from "../failure.ts";
import { type Announced, assemble, type Member } from "./member.ts";
import { type PaxRecord, parsePax } from "./pax.ts";
import type { Slice, Window } from "./slice.ts";

const BLOCK = 512;
const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/**
 * The members of an archive, in order.
 * @param window on the archive; the bytes of a member may be viewed through it until the next member
 * @throws Failure naming the archive where it is malformed or ends too early
 */
export function* members(window: Window): Generator<Member> {
	const archive = window.slice;
	let announced: Announced = { global: [], own: [] };
	for (let at = 0; at < archive.size; ) {
		if (at + BLOCK > archive.size)
			throw new Failure(`${archive.name}: ${at === 0 ? NOT_TAR : "ends in the middle of a header"}`);
		const block = window.view(at, BLOCK).slice();
		const header = decode(block, archive, at);
		if (header === undefined) return;
		const flag = String.fromCharCode(block[156] as number);
		const data = at + BLOCK;
		const special = () => window.view(data, specialSize(header.size, archive, at));
		at = data + padded(header.size);
		if (flag === "x") announced.own = records(special(), archive);
		else if (flag === "g") announced.global.push(...records(special(), archive));
		else if (flag === "L") announced.path = untilNul(special());
		else if (flag === "K") announced.link = untilNul(special());
		else if (flag !== "V") {
			const member = assemble(window, { header, block, flag, data }, announced);
			at = padded(member.offset + member.stored);
			announced = { global: announced.global, own: [] };
			yield member;
		}
	}
}

const NOT_TAR = "not a tar archive";

/** @returns undefined at the end of the archive, a block of zeros */
function decode(block: Uint8Array, archive: Slice, at: number): Header | undefined {
	try {
		// latin1 keeps every byte; headers without a magic are tar's of before 1988.
		const header = headers.decode(block, "latin1", true);
		if (header === null) return undefined;
		if (!Number.isSafeInteger(header.size) || header.size < 0) throw new Error("a bad size");
		return header;
	} catch (error) {
		const what = at === 0 ? NOT_TAR : `invalid tar header at byte ${at}`;
		throw new Failure(`${archive.name}: ${what}`, { cause: error });
	}
}

/** Bytes of a header that describes another; Go's archive/tar has the same limit. */
const MOST_SPECIAL = 1 << 20;

function specialSize(size: number, archive: Slice, at: number): number {
	if (size <= MOST_SPECIAL) return size;
	throw new Failure(`${archive.name}: the extended header at byte ${at} is larger than 1 MiB`);
}

function records(bytes: Uint8Array, archive: Slice): PaxRecord[] {
	try {
		return parsePax(bytes);
	} catch (error) {
		throw new Failure(`${archive.name}: ${(error as Error).message}`, { cause: error });
	}
}

function untilNul(bytes: Uint8Array): string {
	const end = bytes.indexOf(0);
	return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

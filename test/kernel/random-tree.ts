/** Trees of everything that a file system can hold, the same for the same seed. */

import {
	chmodSync,
	closeSync,
	lchownSync,
	linkSync,
	lutimesSync,
	mkdirSync,
	openSync,
	statSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { S_IFCHR, S_IFIFO } from "../../ffi/constants.ts";
import { attempt } from "../../ffi/system.ts";
import { CAPABILITY, listFor, setAttribute } from "./copy-scene.ts";

/** mulberry32 */
export function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

const MODES = [0o644, 0o755, 0o600, 0o4755, 0o2711, 0o6555, 0, 0o1777, 0o222];

/** Fills a directory with about so many things. */
export function randomTree(top: string, seed: number, things: number): void {
	const below = random(seed);
	const directories = [Buffer.from(top)];
	const files: Buffer[] = [];
	const made: Buffer[] = [];
	for (let i = 0; i < things; i++) {
		const directory = directories[below(directories.length)] as Buffer;
		const at = Buffer.concat([directory, Buffer.from("/"), nameOf(below, i)]);
		const kind = below(20);
		if (kind < 3 && directories.length < 40) {
			mkdirSync(at);
			directories.push(at);
		} else if (kind === 3) symlinkSync(["/etc/passwd", "../..", "x".repeat(below(200) + 1)][below(3)] as string, at);
		else if (kind === 4) attempt("mknodat", -100, terminated(at), S_IFIFO | 0o640, 0);
		else if (kind === 5) attempt("mknodat", -100, terminated(at), S_IFCHR | 0o660, 0x103);
		else if (kind < 8 && files.length > 0) linkSync(files[below(files.length)] as Buffer, at);
		else {
			writeFile(at, below);
			files.push(at);
		}
		made.push(at);
	}
	for (const at of made.reverse()) dress(at, below);
}

const terminated = (path: Buffer): Buffer => Buffer.concat([path, Buffer.alloc(1)]);

/** Some names are no UTF-8, or begin or end oddly. */
function nameOf(below: (n: number) => number, i: number): Buffer {
	const odd = [`n${i}`, `n ${i}`, `.n${i}`, `n\n${i}`, `ü${i}`, `-${i}`, "y".repeat(240) + i];
	if (below(10) === 0) return Buffer.concat([Buffer.from(`b${i}`), Buffer.from([0xff, 0xc3, 0x80 + below(64)])]);
	return Buffer.from(odd[below(odd.length)] as string);
}

function writeFile(at: Buffer, below: (n: number) => number): void {
	const kind = below(8);
	writeFileSync(at, Buffer.alloc(kind === 0 ? 0 : below(kind === 1 ? 600_000 : 5000), `${below(1e9)}`));
	if (kind !== 2) return;
	truncateSync(at, 3_000_000);
	const fd = openSync(at, "r+");
	for (let i = 0; i < below(4); i++) writeSync(fd, "data", below(2_900_000));
	closeSync(fd);
}

/** Owner, mode, attributes and times; directories come after what is in them. */
function dress(at: Buffer, below: (n: number) => number): void {
	const isLink = attempt("readlinkat", -100, terminated(at), new Uint8Array(1), 1) >= 0;
	if (below(3) === 0) lchownSync(at, below(3) * 1000, below(70_000));
	if (!isLink) {
		chmodSync(at, MODES[below(MODES.length)] as number);
		const status = statSync(at);
		if ((status.isFile() || status.isDirectory()) && below(4) === 0)
			setAttribute(at, `user.a${below(3)}`, Buffer.alloc(below(100), "v"));
		if (status.isFile() && below(6) === 0) setAttribute(at, "security.capability", CAPABILITY);
		if (below(8) === 0) setAttribute(at, "system.posix_acl_access", listFor(below(100), below(8)));
		if (status.isDirectory() && below(5) === 0)
			setAttribute(at, "system.posix_acl_default", listFor(below(100), below(8)));
	}
	const time = below(2_000_000_000) + 0.123456;
	if (isLink) lutimesSync(at, time, time);
	else utimesSync(at, time, time);
}

/** An archive with any of its bytes changed, checksums put right again: refused or unpacked, but never beyond its layer. */

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { O_DIRECTORY } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { close, open } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { Failure } from "../../src/failure.ts";
import { unpack } from "../../src/image/unpack.ts";
import { requires } from "../requires.ts";
import { putChecksum, tarball } from "../tarball.ts";

// In memory: ext4 looks for inodes that were not freed lately, and after some thousand removals for long.
const top = mkdtempSync("/dev/shm/bunker-damage-");
setDefaultTimeout(60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

const map = Buffer.alloc(512);
map.write("2\n4096\n5\n500000\n3\n");
const sparse = {
	"GNU.sparse.major": "1",
	"GNU.sparse.minor": "0",
	"GNU.sparse.name": "sparse",
	"GNU.sparse.realsize": "1000000",
};
const whole = tarball([
	{ path: "canary/", type: "5" },
	{ path: "d/", type: "5" },
	{ path: "x", content: "hello", pax: { path: "d/long/f", mtime: "1.5", "SCHILY.xattr.user.a": "b" } },
	{ path: "l", type: "2", link: "../canary" },
	{ path: "l/f", content: "inside" },
	{ path: "h", type: "1", link: "d/long/f" },
	{ path: "d/.wh.x" },
	{ path: "e/.wh..wh..opq" },
	{ path: "s", content: Buffer.concat([map, Buffer.from("helloyou")]), pax: sparse },
	{ path: "c", type: "3", major: 1, minor: 3 },
	{ path: "././@LongLink", type: "L", content: `${"x/".repeat(100)}\0` },
	{ path: "cut" },
	{ path: "g", type: "g", content: "12 uid=1000\n" },
	{ path: "last" },
]);

/** A generator of numbers below `most` that gives the same ones each time (Park and Miller's). */
function numbers(seed: number): (most: number) => number {
	let state = seed;
	return (most) => {
		state = (state * 48_271) % 0x7fffffff;
		return state % most;
	};
}

const TELLING = [0, 0x2e, 0x2f, 0x30, 0x37, 0x80, 0xff];

function damaged(random: (most: number) => number): Uint8Array {
	const bytes = new Uint8Array(whole);
	for (let changes = 1 + random(4); changes > 0; changes--) {
		const block = bytes.subarray(random(bytes.length / 512) * 512).subarray(0, 512);
		const isHeader = block[257] === 0x75;
		block[random(512)] = TELLING[random(TELLING.length + 1)] ?? random(256);
		if (isHeader && random(4) > 0) putChecksum(block);
	}
	return random(10) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

test.skipIf(!requires("root"))("a damaged archive reaches nothing outside, and its errors say so in a line", () => {
	const random = numbers(20_261_121);
	mkdirSync(`${top}/canary`);
	writeFileSync(`${top}/canary/f`, "untouched");
	const outcomes = { unpacked: 0, refused: 0 };
	for (let round = 0; round < 500; round++) {
		const archive = damaged(random);
		mkdirSync(`${top}/layer`);
		const [fd, root] = [sealedMemfd("tar", archive), open(`${top}/layer`, O_DIRECTORY)];
		try {
			unpack({ fd, offset: 0, size: archive.length, name: "x.tar" }, root, { lowest: false });
			outcomes.unpacked++;
		} catch (error) {
			expect(error).toBeInstanceOf(Failure);
			expect((error as Error).message).toStartWith("x.tar: ");
			outcomes.refused++;
		}
		close(fd);
		close(root);
		removeTree(`${top}/layer`);
		expect([readdirSync(top), readdirSync(`${top}/canary`)]).toEqual([["canary"], ["f"]]);
		expect(statSync(`${top}/canary/f`).nlink).toBe(1);
	}
	expect(readFileSync(`${top}/canary/f`, "utf8")).toBe("untouched");
	expect(Math.min(outcomes.unpacked, outcomes.refused)).toBeGreaterThan(50);
});

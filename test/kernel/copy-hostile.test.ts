/** Copies while somebody swaps what is copied, and where to, for links that lead out: nothing outside is read or touched. */

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { AT_FDCWD, O_DIRECTORY, S_IFCHR, S_IFIFO } from "../../ffi/constants.ts";
import { close, closing, open, rewind } from "../../ffi/file.ts";
import { emptyMemfd, sealedMemfd } from "../../ffi/library.ts";
import { attempt } from "../../ffi/system.ts";
import { packTree, unpackInto } from "../../src/copy/copy.ts";
import type { Workshop } from "../../src/tar/workshop.ts";
import { requires } from "../requires.ts";
import { tarball } from "../tarball.ts";
import { copyPath, listing, Scene, spotOf } from "./copy-scene.ts";
import { whileSwapped } from "./while-swapped.ts";

const ROUNDS = 500;
setDefaultTimeout(300_000);
const scene = new Scene();
afterAll(() => scene.remove());

/** what is copied, where to, and what neither may lead to */
let from = "";
let to = "";
let outside = "";

beforeEach(() => {
	const at = scene.directory();
	[from, to, outside] = ["from", "to", "outside"].map((name) => `${at}/${name}`) as [string, string, string];
	for (const path of [from, to, outside]) mkdirSync(path);
	for (const name of ["f0", "f1", "f2", "secret"]) writeFileSync(`${outside}/${name}`, "SECRET");
	mkdirSync(`${outside}/sub`);
	writeFileSync(`${outside}/sub/g`, "SECRET");
});

/** A directory with files in it, and a link beside it that leads out. */
function makePair(top: string): [string, string] {
	mkdirSync(`${top}/d/sub`, { recursive: true });
	for (const name of ["f0", "f1", "f2", "sub/g"]) writeFileSync(`${top}/d/${name}`, "mine");
	symlinkSync(outside, `${top}/l`);
	return [`${top}/d`, `${top}/l`];
}

/** Everything in the files of a tree; links are not followed. */
function contents(path: string): string[] {
	return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
		const below = `${path}/${entry.name}`;
		if (entry.isDirectory()) return contents(below);
		return entry.isFile() ? [readFileSync(below, "utf8")] : [];
	});
}

/** How the rounds ended: `done`, or with which error, names left out. */
function tally(rounds: number, work: (round: number) => void): Record<string, number> {
	const counts: Record<string, number> = {};
	for (let round = 0; round < rounds; round++) {
		let how = "done";
		try {
			work(round);
		} catch (error) {
			how = (error as Error).message.replaceAll(/"[^"]*"|\/\S*/g, "…");
		}
		counts[how] = (counts[how] ?? 0) + 1;
	}
	return counts;
}

describe.skipIf(!requires("root"))("somebody swaps in the source", () => {
	test("a directory and a link that leads out: the copy has one or the other, and nothing from outside", async () => {
		const pair = makePair(from);
		const seen = { directories: 0, links: 0 };
		await whileSwapped(pair, () => {
			for (let round = 0; round < ROUNDS; round++) {
				copyPath(from, `${to}/x`);
				for (const entry of readdirSync(`${to}/x`, { withFileTypes: true }))
					if (entry.isDirectory()) seen.directories++;
					else if (entry.isSymbolicLink()) seen.links++;
				expect(contents(`${to}/x`)).not.toContain("SECRET");
				rmSync(`${to}/x`, { recursive: true });
			}
		});
		expect(seen.directories).toBeGreaterThan(0);
		expect(seen.links).toBeGreaterThan(0);
	});

	test("a file and a link to a secret: none of the copies has it", async () => {
		for (const name of ["a", "b", "c"]) writeFileSync(`${from}/${name}`, "mine");
		symlinkSync(`${outside}/secret`, `${from}/l`);
		await whileSwapped([`${from}/b`, `${from}/l`], () => {
			for (let round = 0; round < ROUNDS; round++) {
				copyPath(from, `${to}/x`);
				expect(contents(`${to}/x`)).not.toContain("SECRET");
				rmSync(`${to}/x`, { recursive: true });
				try {
					copyPath(`${from}/b`, `${to}/b`);
				} finally {
					if (statSync(to).nlink > 0) rmSync(`${to}/b`, { force: true });
				}
			}
		});
	});

	test("a file and a FIFO, or a device: neither is ever opened", async () => {
		for (const name of ["a", "b", "c"]) writeFileSync(`${from}/${name}`, "mine");
		attempt("mknodat", AT_FDCWD, `${from}/fifo`, S_IFIFO | 0o600, 0);
		// Of a driver that does not exist: opening it fails.
		attempt("mknodat", AT_FDCWD, `${from}/device`, S_IFCHR | 0o600, 0xf007);
		const writer = Bun.spawn(["sh", "-c", 'echo x > "$0"', `${from}/fifo`]);
		await Bun.sleep(100);
		await whileSwapped([`${from}/a`, `${from}/fifo`, `${from}/c`, `${from}/device`], () => {
			for (let round = 0; round < ROUNDS; round++) {
				copyPath(from, `${to}/x`);
				rmSync(`${to}/x`, { recursive: true });
			}
		});
		expect(writer.exitCode).toBeNull();
		writer.kill("SIGKILL");
	});

	test("deep directories with others of their own: what is beside those is not copied", async () => {
		// Names beside them, some listed after them, are in both: in a directory taken for another they would be found.
		const deep = (top: string, content: string) => {
			mkdirSync(`${top}/a/b/${"c/".repeat(90)}`, { recursive: true });
			writeFileSync(`${top}/a/b/${"c/".repeat(90)}f`, "mine");
			for (let i = 0; i < 20; i++) writeFileSync(`${top}/a/beside${i}`, content);
			return `${top}/a/b`;
		};
		const names = [deep(from, "mine"), deep(outside, "SECRET")];
		const counts = await whileSwapped(names, () =>
			tally(60, () => {
				try {
					copyPath(from, `${to}/x`);
				} finally {
					expect(contents(`${to}/x`)).not.toContain("SECRET");
					rmSync(`${to}/x`, { recursive: true });
				}
			}),
		);
		const { done = 0, ...errors } = counts;
		expect(done).toBeGreaterThan(0);
		for (const error of Object.keys(errors)) expect(error).toContain("somebody moved a directory above it");
	});

	test("an archive of it has nothing from outside", async () => {
		const pair = makePair(from);
		await whileSwapped(pair, () => {
			for (let round = 0; round < ROUNDS; round++) {
				const fd = emptyMemfd("archive");
				using spot = spotOf(from);
				packTree(spot, "x", { fd, name: "archive", isFile: true });
				expect(readFileSync(`/proc/self/fd/${fd}`, "latin1")).not.toContain("SECRET");
				close(fd);
			}
		});
	});
});

describe.skipIf(!requires("root"))("somebody swaps in the target", () => {
	test("a directory and a link that leads out: nothing outside is touched", async () => {
		mkdirSync(`${from}/d/sub`, { recursive: true });
		for (const name of ["f0", "f1", "new", "sub/g", "sub/h"]) writeFileSync(`${from}/d/${name}`, "mine");
		mkdirSync(`${to}/x`);
		const pair = makePair(`${to}/x`);
		const before = [listing(outside), statSync(outside).ctimeMs, statSync(outside).mode];
		const counts = await whileSwapped(pair, () => tally(ROUNDS, () => copyPath(from, `${to}/x`)));
		expect([listing(outside), statSync(outside).ctimeMs, statSync(outside).mode]).toEqual(before);
		const { done = 0, ...errors } = counts;
		expect(done).toBeGreaterThan(0);
		expect(Object.keys(errors)).toEqual(["cannot overwrite non-directory … with directory …"]);
	});

	test("a file and a link that leads out: the copy replaces one or the other", async () => {
		writeFileSync(`${from}/f`, "mine");
		const pairs = ["f", "l"].map((name) => `${to}/${name}`);
		const before = listing(outside);
		const counts = tally(ROUNDS, () => {
			for (const path of pairs) rmSync(path, { force: true });
			symlinkSync(`${outside}/secret`, pairs[0] as string);
			copyPath(`${from}/f`, pairs[0] as string);
			expect(readFileSync(pairs[0] as string, "utf8")).toBe("mine");
		});
		expect(counts).toEqual({ done: ROUNDS });
		writeFileSync(pairs[1] as string, "old");
		await whileSwapped(pairs, () => tally(ROUNDS, () => copyPath(`${from}/f`, `${to}/f`)));
		expect(listing(outside)).toEqual(before);
	});

	test("an archive that is unpacked there touches nothing outside", async () => {
		const pair = makePair(to);
		const before = [listing(outside), statSync(outside).ctimeMs, statSync(outside).mode];
		const archive = tarball([
			{ path: "d/", type: "5", mode: 0o711 },
			{ path: "d/f0", content: "mine" },
			{ path: "d/sub/g", content: "mine" },
			{ path: "d/sub/new", type: "2", link: "../f0" },
			{ path: "d/hard", type: "1", link: "d/f0" },
			{ path: "d/deep/er/f", content: "mine" },
		]);
		const counts = { done: 0, refused: 0 };
		await whileSwapped(pair, async () => {
			using root = closing(open(to, O_DIRECTORY));
			// A round is short: the other may not have had a turn yet.
			const enough = () => counts.done > 0 && counts.refused > 0;
			for (let round = 0; round < ROUNDS || (!enough() && round < 100 * ROUNDS); round++) {
				using tar = closing(sealedMemfd("tar", archive));
				rewind(tar.fd);
				const source = { fd: tar.fd, name: "-" };
				await unpackInto(root.fd, source, undefined as unknown as Workshop, { archive: true }).then(
					() => counts.done++,
					() => counts.refused++,
				);
			}
		});
		expect(Object.values(counts)).not.toContain(0);
		expect([listing(outside), statSync(outside).ctimeMs, statSync(outside).mode]).toEqual(before);
	});
});

describe.skipIf(!requires("root"))("somebody writes meanwhile", () => {
	test("files that grow, shrink, come and go are copied as they were at some time, or not at all", async () => {
		const script = `
			const { closeSync, openSync, truncateSync, writeFileSync, writeSync, unlinkSync } = require("node:fs");
			const big = Buffer.alloc(300_000, "a");
			const fd = openSync("${from}/log", "a");
			writeFileSync("${from}/f0", big); writeFileSync("${from}/f1", big); writeSync(fd, big);
			console.log("ready");
			for (let i = 0; ; i++) {
				writeSync(fd, big.subarray(0, 5000));
				truncateSync("${from}/f0", i % 2 ? 300_000 : 0);
				if (i % 3) writeFileSync("${from}/f1", big); else unlinkSync("${from}/f1");
				if (i % 500 === 0) truncateSync("${from}/log", 0);
			}`;
		const writer = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
		await writer.stdout.getReader().read();
		for (let round = 0; round < ROUNDS; round++) {
			copyPath(from, `${to}/x`);
			for (const content of contents(`${to}/x`)) expect(/[^a\0]/.test(content)).toBe(false);
			rmSync(`${to}/x`, { recursive: true });
		}
		expect(writer.exitCode).toBeNull();
		writer.kill("SIGKILL");
	});
});

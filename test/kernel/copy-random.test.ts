/** Random trees, beside what cp -a makes of them. */

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { requires } from "../requires.ts";
import { copyPath, differences, listing, Scene } from "./copy-scene.ts";
import { randomTree } from "./random-tree.ts";

setDefaultTimeout(120_000);
const scene = new Scene();
afterAll(() => scene.remove());

const run = (...command: string[]) => {
	const { exitCode, stderr } = Bun.spawnSync(command);
	if (exitCode !== 0) throw new Error(stderr.toString());
};

describe.skipIf(!requires("root"))("a copy with -a", () => {
	// Many in one process: what is compiled by then must be right, too.
	test.each(Array.from({ length: 12 }, (_, seed) => seed))("of tree %d is what cp -a makes of it", (seed) => {
		const at = scene.directory();
		const from = scene.directory();
		randomTree(from, seed, 400);
		run("cp", "-a", from, `${at}/theirs`);
		const before = listing(from);
		copyPath(from, `${at}/ours`);
		expect(differences(listing(`${at}/ours`), listing(`${at}/theirs`))).toEqual([]);
		expect(differences(listing(from), before)).toEqual([]);
		for (const path of [at, from]) rmSync(path, { recursive: true });
	});

	test("over an earlier copy is the same again", () => {
		const from = scene.directory();
		const to = scene.directory();
		randomTree(from, 77, 300);
		copyPath(from, `${to}/x`);
		const before = listing(`${to}/x`);
		copyPath(from, `${to}/x`);
		expect(differences(listing(`${to}/x`), before)).toEqual([]);
	});
});

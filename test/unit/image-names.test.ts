/** Finding, naming and removing images, in a database of its own; the layers are rows and empty directories. */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { digestOf, hex } from "../../src/image/digest.ts";
import * as image from "../../src/image/image.ts";
import { Store } from "../../src/kernel/store.ts";

const top = mkdtempSync(`${tmpdir()}/bunker-names-`);
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
let root = "";
let store: Store;

beforeEach(() => {
	root = `${top}/${count++}`;
	for (const name of ["layers", "blobs/sha256", "tmp"]) mkdirSync(`${root}/${name}`, { recursive: true });
	store = Store.open({ root, runRoot: `${root}/run` });
});

/** Puts an image with these layers there. @returns its id */
function put(references: string[], layers: string[] = [], created = "2026-01-01T00:00:00Z"): string {
	const diffIds = layers.map(digestOf);
	const config = JSON.stringify({ created, count: count++, config: {}, rootfs: { type: "layers", diff_ids: diffIds } });
	const id = digestOf(config);
	writeFileSync(`${root}/blobs/sha256/${hex(id)}`, config);
	store.run("INSERT INTO image (id, size, arrived) VALUES (?, 7, ?)", id, created);
	diffIds.forEach((diffId, position) => {
		const directory = hex(diffId).slice(0, 24);
		mkdirSync(`${root}/layers/${directory}`, { recursive: true });
		writeFileSync(`${root}/blobs/sha256/${hex(diffId)}`, "");
		const row = "INSERT INTO layer (chain_id, directory, diff_id, size) VALUES (?1, ?2, ?1, 7) ON CONFLICT DO NOTHING";
		store.run(row, diffId, directory);
		store.run("INSERT INTO image_layer (image, position, chain_id) VALUES (?, ?, ?)", id, position, diffId);
	});
	for (const reference of references) {
		store.run("INSERT INTO tag (reference, image, updated) VALUES (?, ?, '')", reference, id);
	}
	return id;
}

const useIn = (container: string, id: string) =>
	store.run(
		"INSERT INTO container (id, name, command, image, created, options) VALUES (?1, ?1, '[]', ?2, '', '{}')",
		container,
		id,
	);

const remove = (name: string, force = false) => image.remove(store, name, { force, prune: true });

describe("an image is found", () => {
	test("by any form of its name, by its id, and by the beginning of its id", () => {
		const id = put(["web:latest"]);
		const names = ["web", "web:latest", "library/web", "docker.io/library/web:latest", id, hex(id), id.slice(0, 12)];
		for (const name of [...names, hex(id).slice(0, 3)]) expect(image.find(store, name)?.id).toBe(id);
	});

	test("by a name that looks like the beginning of an id before any id", () => {
		const other = put([]);
		const digit = hex(other).slice(0, 1);
		const named = put([`${digit}:latest`]);
		expect(image.find(store, digit)?.id).toBe(named);
	});

	test("not by the beginning of several ids: that says so", () => {
		for (let n = 0; n < 17; n++) put([]);
		const digits = image.list(store, { all: true }).map(({ id }) => hex(id).slice(0, 1));
		const twice = digits.find((digit, at) => digits.indexOf(digit) !== at) as string;
		expect(() => image.find(store, twice)).toThrow("the beginning of several images' ids");
	});

	test("not by a name that it does not have, with docker's words for it", () => {
		put(["web:1"]);
		expect(image.find(store, "web")).toBeUndefined();
		expect(image.find(store, "NOT A NAME")).toBeUndefined();
		expect(() => image.get(store, "nosuch")).toThrow("No such image: nosuch:latest");
		expect(() => image.get(store, `sha256:${"0".repeat(64)}`)).toThrow(`No such image: sha256:${"0".repeat(64)}`);
		expect(() => image.get(store, "UPPER")).toThrow("must be lowercase");
	});

	test("with its layers, the lowest first", () => {
		put(["web:latest"], ["b", "a", "c"]);
		const expected = ["b", "a", "c"].map((text) => hex(digestOf(text)).slice(0, 24));
		expect(image.get(store, "web").layers).toEqual(expected);
	});
});

test("images are listed with the newest first, and all their names", () => {
	const old = put(["old:1"], [], "2026-01-01T00:00:00Z");
	const latest = put(["b:2", "a:1"], [], "2026-01-01T00:00:01+00:00");
	expect(image.list(store, { all: true }).map(({ id, references }) => [id, references])).toEqual([
		[latest, ["a:1", "b:2"]],
		[old, ["old:1"]],
	]);
});

describe("tag", () => {
	test("gives one more name, and takes it from who had it", () => {
		const [a, b] = [put(["a:1"]), put(["b:1"])];
		image.tag(store, "a:1", "b:1");
		image.tag(store, "a:1", "docker.io/library/c");
		expect(image.get(store, a).references).toEqual(["a:1", "b:1", "c:latest"]);
		expect(image.get(store, b).references).toEqual([]);
	});

	test("of an unknown image or with a bad name is an error", () => {
		put(["a:1"]);
		expect(() => image.tag(store, "nosuch", "a:b")).toThrow("No such image: nosuch:latest");
		expect(() => image.tag(store, "a:1", "a:b:c")).toThrow("invalid reference format");
	});
});

describe("rmi", () => {
	test("of one name of several takes the name only", () => {
		const id = put(["a:1", "b:1"], ["x"]);
		expect(remove("a:1")).toEqual({ untagged: ["a:1"], deleted: [] });
		expect(image.get(store, id).references).toEqual(["b:1"]);
		expect(readdirSync(`${root}/layers`)).toHaveLength(1);
	});

	test("of the last name deletes the image, its layers from top to bottom, and their files", () => {
		const id = put(["a:1"], ["low", "high"]);
		expect(remove("a:1")).toEqual({ untagged: ["a:1"], deleted: [id, digestOf("high"), digestOf("low")] });
		expect([...readdirSync(`${root}/layers`), ...readdirSync(`${root}/blobs/sha256`)]).toEqual([]);
		expect(readdirSync(`${root}/tmp`)).toEqual([]);
	});

	test("leaves layers that another image uses", () => {
		const id = put(["a:1"], ["shared", "own"]);
		put(["b:1"], ["shared"]);
		expect(remove("a:1").deleted).toEqual([id, digestOf("own")]);
		expect(readdirSync(`${root}/layers`)).toEqual([hex(digestOf("shared")).slice(0, 24)]);
	});

	test("by id takes all names of one repository, and of several only with force", () => {
		const id = put(["a:1", "a:2"]);
		expect(remove(id.slice(7, 19))).toEqual({ untagged: ["a:1", "a:2"], deleted: [id] });
		const other = put(["a:1", "b:1"]);
		expect(() => remove(other)).toThrow(
			`unable to delete ${other.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`,
		);
		expect(remove(other, true)).toEqual({ untagged: ["a:1", "b:1"], deleted: [other] });
	});

	test("of what a container uses needs force, and then takes the names only", () => {
		const id = put(["a:1"], ["x"]);
		const container = "c".repeat(64);
		useIn(container, id);
		expect(() => remove("a:1")).toThrow(
			`conflict: unable to remove repository reference "a:1" (must force) - container cccccccccccc is using its referenced image ${id.slice(7, 19)}`,
		);
		expect(() => remove(id)).toThrow("image is being used by container cccccccccccc");
		expect(remove("a:1", true)).toEqual({ untagged: ["a:1"], deleted: [] });
		expect(image.get(store, id).references).toEqual([]);
		expect(readdirSync(`${root}/layers`)).toHaveLength(1);
	});

	test("of an unknown image uses docker's words", () => {
		expect(() => remove("nosuch")).toThrow("No such image: nosuch:latest");
	});
});

describe("collect", () => {
	test("removes what no row names, and nothing else", () => {
		put(["a:1"], ["x"]);
		mkdirSync(`${root}/layers/orphan/deep`, { recursive: true });
		writeFileSync(`${root}/blobs/sha256/orphan`, "");
		mkdirSync(`${root}/tmp/1-dead/d`, { recursive: true });
		image.collect(store);
		expect(existsSync(`${root}/layers/orphan`)).toBe(false);
		expect(readdirSync(`${root}/blobs/sha256`)).toHaveLength(2);
		expect(readdirSync(`${root}/layers`)).toHaveLength(1);
		expect(readdirSync(`${root}/tmp`)).toEqual([]);
	});

	test("of a store that has nothing yet is fine", () => {
		for (const name of ["layers", "blobs", "tmp"]) rmSync(`${root}/${name}`, { recursive: true });
		image.collect(store);
		expect(image.list(store, { all: true })).toEqual([]);
	});
});

/** Volumes as rows and directories: names, options, and that the two go together. */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { recordedAfter } from "../../src/kernel/event.ts";
import { Store } from "../../src/kernel/store.ts";
import {
	ANONYMOUS_LABEL,
	checkVolume,
	createVolume,
	dropVolumes,
	ensure,
	find,
	listVolumes,
	pruneVolumes,
	removeVolume,
	use,
	volumeUsage,
} from "../../src/volume/volume.ts";

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true });
});

let store: Store;
let root: string;
const WEB = "a".repeat(64);
const HEX = "0123456789abcdef".repeat(4);

beforeEach(() => {
	root = mkdtempSync(`${tmpdir()}/bunker-volumes-`);
	directories.push(root);
	store = Store.open({ root, runRoot: `${root}/run` });
	store.run("INSERT INTO container (id, name, command, created, options) VALUES (?, 'web', '[]', '', '{}')", WEB);
});

const content = (name: string) => `${root}/volumes/${name}/_data`;
const write = (name: string, text: string) => writeFileSync(`${content(name)}/file`, text);
const read = (name: string) => readFileSync(`${content(name)}/file`, "utf8");
const remove = (name: string) => removeVolume(store, name, () => "web");
const actions = () => recordedAfter(store, 0).map(({ action, actor }) => `${action} ${actor}`);
const prune = (all = false, filters: [string, string[]][] = []) =>
	pruneVolumes(store, { all, filters: new Map(filters) });

describe("the name of a volume", () => {
	test.each(["data", "a0", "0a", "A.b_c-d", HEX, "x".repeat(255)])("may be %s", (name) => {
		expect(() => checkVolume({ name })).not.toThrow();
	});

	test.each([
		["x", "too short"],
		["x".repeat(256), "too long"],
		["", "invalid characters"],
		["..", "invalid characters"],
		[".a", "invalid characters"],
		["-a", "invalid characters"],
		["a/b", "invalid characters"],
		["../../etc", "invalid characters"],
		["a\n", "invalid characters"],
		["a b", "invalid characters"],
		["ä0", "invalid characters"],
	])("cannot be %j", async (name, why) => {
		expect(() => checkVolume({ name })).toThrow(
			expect.objectContaining({ message: expect.stringContaining(why), exitCode: 1 }),
		);
		await expect(createVolume(store, { name })).rejects.toThrow(why);
		expect(() => ensure(store, { name })).toThrow(why);
		expect(readdirSync(root)).not.toContain("volumes");
	});
});

describe("an option of a volume", () => {
	const TMPFS = { type: "tmpfs", device: "tmpfs" };
	test.each([
		[{}, undefined],
		[TMPFS, undefined],
		[{ ...TMPFS, o: "size=1m" }, undefined],
		[{ size: "0" }, undefined],
		[{ type: "none", device: "/srv", o: "bind,ro" }, undefined],
		[{ foo: "bar" }, 'invalid option: "foo"'],
		[{ toString: "bar" }, 'invalid option: "toString"'],
		[{ type: "nfs" }, 'missing required option: "device"'],
		[{ device: "/x" }, 'missing required option: "type"'],
		[{ o: "bind" }, 'missing required option: "device"'],
		[{ device: "/x", o: "bind" }, 'missing required option: "type"'],
		[{ size: "1g" }, undefined],
		[{ ...TMPFS, size: "0" }, undefined],
		[{ ...TMPFS, size: "1.5 GiB" }, "size=1.5 GiB: a volume with a type cannot be limited"],
		[{ size: "much" }, "invalid size: 'much'"],
		[{ type: "none", device: "srv", o: "bind" }, "device=srv: an absolute path is expected"],
		[{ type: "none", device: "/srv", o: "bind,noexec" }, "o=bind,noexec: with bind there are ro and rw, but no noexec"],
	])("%j: %s", (options, why) => {
		const check = () => checkVolume({ name: "data", options: options as Record<string, string> });
		if (why === undefined) expect(check).not.toThrow();
		else expect(check).toThrow(`create data: ${why}`);
	});
});

describe("a volume", () => {
	test("is made with its directory, once; another time it is no error and keeps what is in it", async () => {
		await createVolume(store, { name: "data", labels: { a: "b" } });
		write("data", "kept");
		expect(await createVolume(store, { name: "data", labels: { c: "d" } })).toMatchObject({ labels: { a: "b" } });
		expect(read("data")).toBe("kept");
		expect(actions()).toEqual(["create data"]);
	});

	test("that is there with other options is an error; with the same, or none, it is not", async () => {
		const options = { type: "tmpfs", device: "tmpfs" };
		await createVolume(store, { name: "data", options });
		await createVolume(store, { name: "data", options: { device: "tmpfs", type: "tmpfs" } });
		await createVolume(store, { name: "data" });
		await expect(createVolume(store, { name: "data", options: { ...options, o: "size=1m" } })).rejects.toThrow(
			"create data: there is a volume of that name already, with type=tmpfs device=tmpfs",
		);
	});

	test("that is removed is gone, row and directory, and nothing is left of it", async () => {
		await createVolume(store, { name: "data" });
		write("data", "old");
		await remove("data");
		expect(find(store, "data")).toBeUndefined();
		expect([...readdirSync(`${root}/volumes`), ...readdirSync(`${root}/tmp`)]).toEqual([]);
		expect(actions()).toEqual(["create data", "destroy data"]);
		await expect(remove("data")).rejects.toThrow(
			expect.objectContaining({ message: "get data: no such volume", kind: "no such volume" }),
		);
	});

	test("that a container uses stays, whole, and the error names the container", async () => {
		await createVolume(store, { name: "data" });
		write("data", "kept");
		use(store, WEB, "data");
		await expect(remove("data")).rejects.toThrow(
			expect.objectContaining({
				message: `remove data: volume is in use - [${WEB}]`,
				hint: "remove these containers first: web",
			}),
		);
		expect(store.transaction(() => dropVolumes(store, ["data"]))).toEqual([]);
		expect(await prune(true)).toEqual({ names: [], bytes: 0 });
		expect(read("data")).toBe("kept");
	});

	test("that is made anew as soon as the old one's row is gone has nothing of it", async () => {
		await createVolume(store, { name: "data" });
		write("data", "old");
		const graves = store.transaction(() => dropVolumes(store, ["data", "nosuch"]));
		await createVolume(store, { name: "data" });
		expect(readdirSync(content("data"))).toEqual([]);
		write("data", "new");
		expect(graves).toHaveLength(1);
		expect(readFileSync(`${graves[0]}/_data/file`, "utf8")).toBe("old");
		expect(read("data")).toBe("new");
	});

	test("without a directory can be removed and pruned", async () => {
		for (const name of ["one", "two"]) await createVolume(store, { name });
		rmSync(`${root}/volumes`, { recursive: true });
		await remove("one");
		expect(await prune(true)).toEqual({ names: ["two"], bytes: 0 });
		expect(find(store, "two")).toBeUndefined();
	});
});

describe("prune", () => {
	const anonymous = { [ANONYMOUS_LABEL]: "" };

	test("removes those without a name of the user's, and says how many bytes they had", async () => {
		await createVolume(store, { name: HEX, labels: anonymous });
		await createVolume(store, { name: "data" });
		write(HEX, "12345");
		expect(await prune()).toEqual({ names: [HEX], bytes: 5 });
		expect((await listVolumes(store)).map(({ name }) => name)).toEqual(["data"]);
		const last = recordedAfter(store, 0).at(-1);
		expect(last).toMatchObject({ type: "volume", action: "prune", actor: "", attributes: { reclaimed: "5" } });
	});

	test("of all removes those with a name, too, but none with options", async () => {
		await createVolume(store, { name: "data" });
		await createVolume(store, { name: "disk", options: { type: "ext4", device: "/dev/vdb" } });
		expect(await prune(true)).toEqual({ names: ["data"], bytes: 0 });
	});

	test("heeds labels", async () => {
		await createVolume(store, { name: "keep", labels: { keep: "yes" } });
		await createVolume(store, { name: "data" });
		expect((await prune(true, [["label", ["keep=no"]]])).names).toEqual([]);
		expect((await prune(true, [["label!", ["keep"]]])).names).toEqual(["data"]);
		expect((await prune(true, [["label", ["keep"]]])).names).toEqual(["keep"]);
	});

	test("removes directories without a row, and leaves what cannot be a volume's", async () => {
		for (const name of [HEX, "left", "lost+found"]) mkdirSync(content(name), { recursive: true });
		write("left", "123");
		expect(await prune()).toEqual({ names: [HEX], bytes: 0 });
		expect(await prune(true)).toEqual({ names: ["left"], bytes: 3 });
		expect(readdirSync(`${root}/volumes`)).toEqual(["lost+found"]);
	});
});

describe("usage", () => {
	test("counts bytes and containers, also of directories without a row, and passes over volumes with options", async () => {
		await createVolume(store, { name: "data" });
		await createVolume(store, { name: "disk", options: { type: "ext4", device: "/dev/vdb" } });
		mkdirSync(content("left"), { recursive: true });
		writeFileSync(`${root}/volumes/stray`, "no directory");
		write("data", "12345");
		write("left", "123");
		use(store, WEB, "data");
		const found = (await volumeUsage(store)).map(({ volume, links, bytes }) => [volume.name, links, bytes]);
		expect(found.sort()).toEqual([
			["data", 1, 5],
			["left", 0, 3],
			["stray", 0, 0],
		]);
	});

	test("a list knows which of them dangle", async () => {
		for (const name of ["data", "used"]) await createVolume(store, { name });
		use(store, WEB, "used");
		const dangling = async (value: string) => {
			const found = await listVolumes(store, new Map([["dangling", [value]]]));
			return found.map(({ name }) => name);
		};
		expect(await dangling("true")).toEqual(["data"]);
		expect(await dangling("false")).toEqual(["used"]);
		await expect(dangling("maybe")).rejects.toThrow("invalid filter 'dangling=maybe'");
		expect(existsSync(content("used"))).toBe(true);
	});
});

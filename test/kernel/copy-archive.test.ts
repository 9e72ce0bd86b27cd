/** Archives, honest and hostile, into a directory that is there, and trees into archives. */

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
	chmodSync,
	chownSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { closing, open, rewind } from "../../ffi/file.ts";
import { emptyMemfd, sealedMemfd } from "../../ffi/library.ts";
import { packTree, unpackInto } from "../../src/copy/copy.ts";
import { Workshop } from "../../src/tar/workshop.ts";
import { requires } from "../requires.ts";
import { type Entry, tarball } from "../tarball.ts";
import { attributesOf, CAPABILITY, differences, listing, Scene, spotOf } from "./copy-scene.ts";
import { randomTree } from "./random-tree.ts";

setDefaultTimeout(60_000);
const scene = new Scene();
afterAll(() => scene.remove());

/** where it is unpacked, and beside it what no archive may reach */
let to = "";
let canary = "";

beforeEach(() => {
	const at = scene.directory();
	[to, canary] = [`${at}/to`, `${at}/canary`];
	for (const path of [to, canary]) mkdirSync(path);
	writeFileSync(`${canary}/file`, "untouched");
});

async function unpackBytes(bytes: Uint8Array, archive = true): Promise<number> {
	using root = closing(open(to, O_DIRECTORY | O_PATH));
	using file = closing(sealedMemfd("tar", bytes));
	rewind(file.fd);
	using workshop = Workshop.open({ root: scene.path, runRoot: scene.path });
	return await unpackInto(root.fd, { fd: file.fd, name: "-" }, workshop, { archive });
}

const unpack = (...entries: Entry[]) => unpackBytes(tarball(entries));
const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
const ownerOf = (path: string) => `${lstatSync(path).uid}:${lstatSync(path).gid}`;

/** What an unpack is refused with. */
async function refusal(...entries: Entry[]): Promise<string> {
	const message = await unpack(...entries).then(
		() => "nothing",
		(error: Error) => error.message,
	);
	expect(readdirSync(canary)).toEqual(["file"]);
	expect(readFileSync(`${canary}/file`, "utf8")).toBe("untouched");
	return message;
}

describe.skipIf(!requires("root"))("an archive", () => {
	test("comes out with owners, modes, times, links, nodes and capabilities", async () => {
		const bytes = await unpack(
			{ path: "d/", type: "5", mode: 0o2750, uid: 5, gid: 6, mtime: 1000 },
			{ path: "d/f", content: "hello", mode: 0o4711, uid: 7, gid: 8, mtime: 2000 },
			{ path: "d/hard", type: "1", link: "d/f" },
			{ path: "d/soft", type: "2", link: "../nowhere", uid: 9, gid: 10, mtime: 3000 },
			{ path: "d/fifo", type: "6", mode: 0o620 },
			{ path: "d/null", type: "3", major: 1, minor: 3, mode: 0o666, uid: 3 },
			{
				path: "d/ping",
				content: "x",
				pax: { "SCHILY.xattr.security.capability": CAPABILITY, "SCHILY.xattr.user.a": "b" },
			},
		);
		expect(bytes).toBe(6);
		const names = ["d", "d/f", "d/soft", "d/fifo", "d/null"].map((name) => `${to}/${name}`);
		expect(names.map(modeOf)).toEqual(["2750", "4711", "777", "620", "666"]);
		expect(names.map(ownerOf)).toEqual(["5:6", "7:8", "9:10", "0:0", "3:0"]);
		expect(names.slice(0, 3).map((path) => lstatSync(path).mtimeMs)).toEqual([1_000_000, 2_000_000, 3_000_000]);
		expect(statSync(`${to}/d/hard`).ino).toBe(statSync(`${to}/d/f`).ino);
		expect(readlinkSync(`${to}/d/soft`)).toBe("../nowhere");
		expect(lstatSync(`${to}/d/null`).rdev).toBe(0x103);
		expect([...attributesOf(`${to}/d/ping`).keys()]).toEqual(["security.capability", "user.a"]);
	});

	test("without -a is root's", async () => {
		const entries = [
			{ path: "d/", type: "5", uid: 5, gid: 6 },
			{ path: "d/f", uid: 7, gid: 8 },
			{ path: "d/l", type: "2", link: "x", uid: 7, gid: 8 },
		];
		await unpackBytes(tarball(entries), false);
		expect(["d", "d/f", "d/l"].map((name) => ownerOf(`${to}/${name}`))).toEqual(["0:0", "0:0", "0:0"]);
	});

	test.each(["gzip", "zstd", "xz"] as const)("that is compressed with %s comes out, too", async (name) => {
		if (!requires(...(name === "gzip" ? [] : [name]))) return;
		const packed = Bun.spawnSync([name, "-c"], { stdin: tarball([{ path: "f", content: "hello" }]) });
		await unpackBytes(packed.stdout);
		expect(readFileSync(`${to}/f`, "utf8")).toBe("hello");
	});

	test("that is empty makes nothing; what is none, or is cut off, says so", async () => {
		expect(await unpackBytes(new Uint8Array(0))).toBe(0);
		expect(unpackBytes(Buffer.alloc(2000, "x"))).rejects.toThrow("-: not a tar archive");
		const whole = tarball([{ path: "f", content: Buffer.alloc(5000) }]);
		expect(unpackBytes(whole.subarray(0, 3000))).rejects.toThrow("-: ends in the middle of a file");
	});

	test("does not change the directory that it is unpacked into", async () => {
		chmodSync(to, 0o711);
		await unpack({ path: "./", type: "5", mode: 0o777, uid: 5 }, { path: "./f" });
		expect([modeOf(to), ownerOf(to), readdirSync(to)]).toEqual(["711", "0:0", ["f"]]);
	});

	test("makes the directories that it does not mention, mode 755, whatever the umask", async () => {
		const before = process.umask(0o077);
		await unpack({ path: "a/b/f" }).finally(() => process.umask(before));
		expect([modeOf(`${to}/a`), modeOf(`${to}/a/b`), modeOf(`${to}/a/b/f`)]).toEqual(["755", "755", "644"]);
	});

	test("of names that are no UTF-8 has just these", async () => {
		await unpack({ path: Uint8Array.from([0x61, 0xff, 0xc3]) });
		expect(readdirSync(to, { encoding: "buffer" })).toEqual([Buffer.from([0x61, 0xff, 0xc3])]);
	});

	test("leaves out the marks of an overlay", async () => {
		await unpack(
			{ path: "gone", type: "3", mode: 0o600 },
			{ path: "d/", type: "5", pax: { "SCHILY.xattr.trusted.overlay.opaque": "y" } },
			{ path: ".wh.f", content: "a file like any other" },
		);
		expect(readdirSync(to).sort()).toEqual([".wh.f", "d"]);
		expect([...attributesOf(`${to}/d`)]).toEqual([]);
	});
});

describe.skipIf(!requires("root"))("over what is there", () => {
	test("a directory merges, and takes mode and owner; a file replaces a file or a link", async () => {
		mkdirSync(`${to}/d`);
		writeFileSync(`${to}/d/old`, "old");
		symlinkSync(`${canary}/file`, `${to}/d/f`);
		await unpack({ path: "d", type: "5", mode: 0o700, uid: 5 }, { path: "d/f", content: "new" });
		expect(readdirSync(`${to}/d`).sort()).toEqual(["f", "old"]);
		expect([modeOf(`${to}/d`), ownerOf(`${to}/d`), readFileSync(`${to}/d/f`, "utf8")]).toEqual(["700", "5:0", "new"]);
		expect(readFileSync(`${canary}/file`, "utf8")).toBe("untouched");
	});

	test("a directory and something else do not replace each other", async () => {
		mkdirSync(`${to}/d`);
		writeFileSync(`${to}/f`, "x");
		symlinkSync("d", `${to}/l`);
		expect(await refusal({ path: "d" })).toBe('cannot overwrite directory "d" with non-directory "d of -"');
		for (const path of ["f", "l"])
			expect(await refusal({ path: `${path}/`, type: "5" })).toBe(
				`cannot overwrite non-directory "${path}/" with directory "${path}/" of -`,
			);
	});

	test("a link in the archive replaces one, and paths through it lead where it leads now", async () => {
		for (const name of ["a", "b"]) mkdirSync(`${to}/${name}`);
		symlinkSync("a", `${to}/l`);
		await unpack({ path: "l/one" }, { path: "l", type: "2", link: "b" }, { path: "l/two" });
		expect([readdirSync(`${to}/a`), readdirSync(`${to}/b`)]).toEqual([["one"], ["two"]]);
	});

	test("an archive may be unpacked twice, hard links and all", async () => {
		const entries = [
			{ path: "f", content: "x" },
			{ path: "g", type: "1", link: "f" },
			{ path: "g", type: "1", link: "f" },
		];
		for (let time = 0; time < 2; time++) await unpack(...entries);
		expect(statSync(`${to}/g`).nlink).toBe(2);
	});
});

describe.skipIf(!requires("root"))("a hostile archive", () => {
	test.each(["../canary/x", "a/../../canary/x", "../canary", "./../canary/x"])("with %s is refused", async (path) => {
		expect(await refusal({ path })).toBe(`-: ${path}: it leads out of the directory`);
	});

	test("with absolute names stays inside", async () => {
		await unpack({ path: `${canary}/x` }, { path: "/etc/passwd", content: "mine" });
		expect(existsSync(`${to}${canary}/x`)).toBe(true);
		expect(readFileSync(`${to}/etc/passwd`, "utf8")).toBe("mine");
		expect(readdirSync(canary)).toEqual(["file"]);
	});

	test.each([
		["absolute", () => canary],
		["with ..", () => "../../../../../../../../../canary"],
		["magic", () => "/proc/self/root"],
	])("with a link that leads out, %s, writes nothing by way of it", async (_, link) => {
		await refusal({ path: "l", type: "2", link: link() }, { path: "l/x" }, { path: "l/file", content: "taken" });
	});

	test("with a link over an existing directory's name, and a link that was there, stays inside", async () => {
		symlinkSync(canary, `${to}/out`);
		await refusal({ path: "out/x" });
		await refusal({ path: "out/", type: "5", mode: 0 });
		expect(modeOf(canary)).toBe("755");
	});

	test("does not link to what is outside", async () => {
		symlinkSync(canary, `${to}/out`);
		expect(await refusal({ path: "x", type: "1", link: "../canary/file" })).toContain(
			"what it links to leads out of the directory",
		);
		expect(await refusal({ path: "x", type: "1", link: `${canary}/file` })).toContain("ENOENT");
		expect(await refusal({ path: "x", type: "1", link: "out/file" })).toContain("ENOENT");
		expect(statSync(`${canary}/file`).nlink).toBe(1);
	});

	test("does not change what a hard link to a symbolic link leads to", async () => {
		await refusal(
			{ path: "s", type: "2", link: `${canary}/file` },
			{ path: "h", type: "1", link: "s" },
			{ path: "h", content: "taken" },
		);
		expect(readFileSync(`${to}/h`, "utf8")).toBe("taken");
	});

	test("with a name that is too long, or has a NUL, is refused", async () => {
		expect(await refusal({ path: "x", pax: { path: "a/".repeat(2100) } })).toContain("a name longer than 4096 bytes");
		expect(await refusal({ path: "x", pax: { path: "a\0b" } })).toContain("a NUL byte in a name");
		expect(await refusal({ path: "x", pax: { path: "n".repeat(300) } })).toContain("ENAMETOOLONG");
	});

	test("with an owner or a device that cannot be is refused", async () => {
		expect(await refusal({ path: "x", pax: { uid: "4294967295" } })).toContain("an owner out of range");
		expect(await refusal({ path: "x", type: "3", major: 4096, minor: 1 })).toContain("a device number out of range");
	});

	test("of directories in each other ends where a path does", async () => {
		const entries = Array.from({ length: 2100 }, (_, depth) => ({
			path: "x",
			type: "5",
			pax: { path: "a/".repeat(depth + 1) },
		}));
		expect(await refusal(...entries)).toContain("a name longer than 4096 bytes");
		removeTree(`${to}/a`);
	});
});

describe.skipIf(!requires("root"))("the archive of a tree", () => {
	/** Packs a path. @returns the archive */
	function pack(path: string, as: string): Uint8Array {
		using file = closing(emptyMemfd("archive"));
		using spot = spotOf(path);
		packTree(spot, as, { fd: file.fd, name: "archive", isFile: true });
		return readFileSync(`/proc/self/fd/${file.fd}`);
	}

	const names = (archive: Uint8Array) => {
		const { stdout } = Bun.spawnSync(["tar", "--quoting-style=literal", "-tf", "-"], { stdin: archive });
		return stdout.toString().trim().split("\n");
	};

	test.skipIf(!requires("tar"))("has it under the name that was asked for, sorted", () => {
		mkdirSync(`${to}/d/e`, { recursive: true });
		for (const name of ["b", "a", "e/f"]) writeFileSync(`${to}/d/${name}`, "x");
		expect(names(pack(`${to}/d`, "x"))).toEqual(["x/", "x/a", "x/b", "x/e/", "x/e/f"]);
		expect(names(pack(`${to}/d`, "."))).toEqual(["./", "./a", "./b", "./e/", "./e/f"]);
		expect(names(pack(`${to}/d/a`, "x"))).toEqual(["x"]);
	});

	test("comes out as the tree that it was", async () => {
		const from = scene.directory();
		randomTree(from, 5, 300);
		const before = listing(from).map((line) => line.replace(/data [\d,-]*/, ""));
		await unpackBytes(pack(from, "x"));
		const after = listing(`${to}/x`).map((line) => line.replace(/data [\d,-]*/, ""));
		expect(differences(after, before)).toEqual([]);
	});

	test("has its hard links, and owners by number", async () => {
		writeFileSync(`${to}/one`, "x");
		chownSync(`${to}/one`, 4_000_000, 70_000);
		linkSync(`${to}/one`, `${to}/two`);
		const archive = pack(to, "x");
		await unpackBytes(archive);
		expect(statSync(`${to}/x/one`).ino).toBe(statSync(`${to}/x/two`).ino);
		expect(ownerOf(`${to}/x/one`)).toBe("4000000:70000");
	});
});

/** Archives, honest and hostile, unpacked on the real kernel into directories that are thrown away. */

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { O_DIRECTORY } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { close, open, readFile as readFileAt, statusIfThere } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { attempt } from "../../ffi/system.ts";
import { unpack } from "../../src/image/unpack.ts";
import { requires } from "../requires.ts";
import { type Entry, tarball } from "../tarball.ts";

mkdirSync("build", { recursive: true });
const top = mkdtempSync("build/unpack-");
setDefaultTimeout(60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
/** where the layer goes, and beside it what no archive may reach */
let layer = "";
let canary = "";

beforeEach(() => {
	const base = `${process.cwd()}/${top}/${count++}`;
	layer = `${base}/layer`;
	canary = `${base}/canary`;
	mkdirSync(layer, { recursive: true });
	mkdirSync(canary);
	writeFileSync(`${canary}/file`, "untouched");
});

function unpackBytes(archive: Uint8Array, options = { lowest: false }): number {
	const fd = sealedMemfd("tar", archive);
	const root = open(layer, O_DIRECTORY);
	try {
		return unpack({ fd, offset: 0, size: archive.length, name: "x.tar" }, root, options);
	} finally {
		close(root);
		close(fd);
	}
}

const unpackAll = (...entries: Entry[]): number => unpackBytes(tarball(entries));

function attribute(path: string, name: string): string | undefined {
	const value = new Uint8Array(256);
	const size = attempt("lgetxattr", path, name, value, value.length);
	return size < 0 ? undefined : Buffer.from(value.subarray(0, size)).toString("latin1");
}

/** Nothing outside has changed, whatever became of the layer. */
function expectCanaryAlive(): void {
	expect(readdirSync(canary)).toEqual(["file"]);
	expect(readFileSync(`${canary}/file`, "utf8")).toBe("untouched");
	expect(statSync(`${canary}/file`).nlink).toBe(1);
	expect(readdirSync(`${layer}/..`).sort()).toEqual(["canary", "layer"]);
}

const isRoot = requires("root", "overlay");

describe.skipIf(!isRoot)("unpacking keeps", () => {
	test("owner, mode with setuid, and times to the nanosecond, whatever the umask", () => {
		const before = process.umask(0o077);
		unpackAll(
			{ path: "d/", type: "5", mode: 0o2775, uid: 5, gid: 6, pax: { mtime: "1000.000000001" } },
			{ path: "d/f", content: "x", mode: 0o6755, uid: 1000, gid: 3_000_000, pax: { mtime: "-1.5", gid: "3000000" } },
			{ path: "d/l", type: "2", link: "nowhere", uid: 9, gid: 9, mtime: 77 },
		);
		process.umask(before);
		expect(statSync(`${layer}/d`)).toMatchObject({ uid: 5, gid: 6, mode: 0o42775 });
		expect(statusIfThere(`${layer}/d`)?.mtime).toBe(1_000_000_000_001n);
		expect(statSync(`${layer}/d/f`)).toMatchObject({ uid: 1000, gid: 3_000_000, mode: 0o106755 });
		expect(statusIfThere(`${layer}/d/f`)?.mtime).toBe(-1_500_000_000n);
		expect(lstatSync(`${layer}/d/l`)).toMatchObject({ uid: 9, gid: 9, mtimeMs: 77_000 });
	});

	test("the root's own owner and mode", () => {
		unpackAll({ path: "./", type: "5", mode: 0o711, uid: 3, mtime: 5 }, { path: "./f" });
		expect(statSync(layer)).toMatchObject({ mode: 0o40711, uid: 3, mtimeMs: 5000 });
	});

	test("hard links, fifos and devices, with large numbers too", () => {
		unpackAll(
			{ path: "a", content: "same" },
			{ path: "b", type: "1", link: "a" },
			{ path: "s", type: "2", link: "a" },
			{ path: "t", type: "1", link: "s" },
			{ path: "p", type: "6", mode: 0o640 },
			{ path: "c", type: "3", major: 1, minor: 3, mode: 0o666 },
			{ path: "k", type: "4", major: 259, minor: 70_000 },
		);
		expect(lstatSync(`${layer}/a`).ino).toBe(lstatSync(`${layer}/b`).ino);
		expect(lstatSync(`${layer}/t`).isSymbolicLink()).toBe(true);
		expect(lstatSync(`${layer}/p`).isFIFO()).toBe(true);
		expect(statusIfThere(`${layer}/c`)).toMatchObject({ rdevMajor: 1, rdevMinor: 3, mode: 0o020666 });
		expect(statusIfThere(`${layer}/k`)).toMatchObject({ rdevMajor: 259, rdevMinor: 70_000 });
	});

	test("extended attributes and capabilities, of files, directories and links, but none of overlay's", () => {
		const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
		const pax = { "SCHILY.xattr.user.a": "1", "SCHILY.xattr.trusted.overlay.redirect": "/etc" };
		unpackAll(
			{ path: "f", pax: { ...pax, "SCHILY.xattr.security.capability": capability }, uid: 5, mode: 0o755 },
			{ path: "d/", type: "5", pax: { ...pax, "SCHILY.xattr.trusted.overlay.opaque": "y" } },
			{
				path: "l",
				type: "2",
				link: "f",
				pax: { "SCHILY.xattr.trusted.x": "3", "SCHILY.xattr.trusted.overlay.metacopy": "" },
			},
		);
		expect(attribute(`${layer}/f`, "user.a")).toBe("1");
		expect(attribute(`${layer}/f`, "security.capability")).toBe(capability.toString("latin1"));
		expect(attribute(`${layer}/d`, "user.a")).toBe("1");
		expect(attribute(`${layer}/l`, "trusted.x")).toBe("3");
		for (const name of ["redirect", "opaque", "metacopy"]) {
			for (const path of ["f", "d", "l"])
				expect(attribute(`${layer}/${path}`, `trusted.overlay.${name}`)).toBeUndefined();
		}
	});

	test("paths of nearly 4096 bytes", () => {
		const directory = `${"d".repeat(200)}/`.repeat(20);
		unpackAll({ path: "x", pax: { path: `${directory}file` }, content: "deep" });
		// The path from the root of the machine is longer than one may be.
		const root = open(layer, O_DIRECTORY);
		expect(Buffer.from(readFileAt(`${directory}file`, root)).toString()).toBe("deep");
		close(root);
	});

	test("directories that the archive does not mention, made with mode 0755", () => {
		const before = process.umask(0o077);
		unpackAll({ path: "a/b/c", content: "x" });
		process.umask(before);
		expect(statSync(`${layer}/a/b`).mode).toBe(0o40755);
	});

	test("files of some megabytes byte for byte", () => {
		const content = crypto.getRandomValues(new Uint8Array(60_000)).toHex().repeat(40);
		expect(unpackAll({ path: "small", content: "1" }, { path: "big", content })).toBe(content.length + 1);
		expect(readFileSync(`${layer}/big`, "latin1")).toBe(content);
	});

	test.skipIf(!requires("tar"))("what GNU tar writes of a sparse file, in each of its formats, sparse", () => {
		const source = `${layer}/../source`;
		mkdirSync(source);
		const file = open(`${source}/holes`, 0o102, 0o644);
		for (let at = 0; at < 60; at++) attempt("pwrite64", file, `data ${at}`, 7, at * 1_000_000);
		attempt("ftruncate", file, 100_000_000);
		close(file);
		const expected = new Bun.CryptoHasher("sha256").update(readFileSync(`${source}/holes`)).digest("hex");
		for (const format of ["--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"]) {
			const pax = format.startsWith("--sparse") ? ["--format=pax", format] : [format];
			const { stdout } = Bun.spawnSync(["tar", "-C", source, ...pax, "-S", "-cf", "-", "holes"]);
			expect(stdout.length).toBeLessThan(1_000_000);
			unpackBytes(stdout);
			expect(new Bun.CryptoHasher("sha256").update(readFileSync(`${layer}/holes`)).digest("hex")).toBe(expected);
			expect(statSync(`${layer}/holes`).blocks * 512).toBeLessThan(2_000_000);
		}
		rmSync(source, { recursive: true });
	});
});

describe.skipIf(!isRoot)("a later member replaces an earlier one", () => {
	test("a file a file, a file a directory and all that is in it, a directory a file", () => {
		unpackAll(
			{ path: "a", content: "1" },
			{ path: "a", content: "2" },
			{ path: "b/c/d", content: "1" },
			{ path: "b", content: "2" },
			{ path: "e", content: "1" },
			{ path: "e/", type: "5" },
			{ path: "e/f", content: "2" },
		);
		expect(readFileSync(`${layer}/a`, "utf8")).toBe("2");
		expect(readFileSync(`${layer}/b`, "utf8")).toBe("2");
		expect(readFileSync(`${layer}/e/f`, "utf8")).toBe("2");
	});

	test("a file a directory whose time was still to be set", () => {
		unpackAll(
			{ path: "a/", type: "5", mtime: 1 },
			{ path: "a/b/", type: "5", mtime: 2 },
			{ path: "c/", type: "5", mtime: 3 },
			{ path: "a", content: "file", mtime: 4 },
			{ path: "./c", type: "2", link: "a", mtime: 5 },
		);
		expect(statSync(`${layer}/a`)).toMatchObject({ size: 4, mtimeMs: 4000 });
		expect(lstatSync(`${layer}/c`).mtimeMs).toBe(5000);
		expect(readdirSync(layer).sort()).toEqual(["a", "c"]);
	});

	test("a hard link a file, from another directory", () => {
		unpackAll(
			{ path: "a/x", content: "linked" },
			{ path: "b/x", content: "replaced" },
			{ path: "b/x", type: "1", link: "a/x" },
			{ path: "b/y", content: "1" },
		);
		expect(readFileSync(`${layer}/b/x`, "utf8")).toBe("linked");
		expect(statSync(`${layer}/a/x`).nlink).toBe(2);
	});

	test("a directory keeps what is in it when it comes again, with its new mode", () => {
		unpackAll({ path: "d/", type: "5" }, { path: "d/f" }, { path: "d/", type: "5", mode: 0o700 });
		expect(readdirSync(`${layer}/d`)).toEqual(["f"]);
		expect(statSync(`${layer}/d`).mode).toBe(0o40700);
	});

	test("a parent that was replaced in between is not written to any more", () => {
		unpackAll(
			{ path: "d/", type: "5" },
			{ path: "d/one" },
			{ path: "other/", type: "5" },
			{ path: "d", type: "2", link: "other" },
			{ path: "d/two" },
		);
		expect(readdirSync(`${layer}/other`)).toEqual(["two"]);
	});

	test("a link that is on the way to itself may be replaced", () => {
		unpackAll(
			{ path: "here", type: "2", link: "." },
			{ path: "here/here", type: "2", link: "sub" },
			{ path: "sub/", type: "5" },
			{ path: "here/f" },
		);
		expect(readdirSync(`${layer}/sub`)).toEqual(["f"]);
	});
});

describe.skipIf(!isRoot)("a hostile archive", () => {
	const refused: [string, () => Entry[], string][] = [
		["`..` in a name", () => [{ path: "../canary/file", content: "evil" }], "leads out of the directory"],
		["`..` after a directory", () => [{ path: "a/../../canary/file", content: "evil" }], "leads out of the directory"],
		["`..` as the whole name", () => [{ path: "..", type: "5", mode: 0 }], "leads out of the directory"],
		[
			"`..` in an extended header",
			() => [{ path: "x", pax: { path: "../canary/file" } }],
			"leads out of the directory",
		],
		[
			"`..` in the name of a sparse file",
			() => [{ path: "x", pax: { "GNU.sparse.name": "../canary/file", "GNU.sparse.size": "0", "GNU.sparse.map": "" } }],
			"leads out of the directory",
		],
		["a hard link with `..`", () => [{ path: "l", type: "1", link: "../canary/file" }], "leads out of the directory"],
		["a hard link to an absolute name", () => [{ path: "l", type: "1", link: `${canary}/file` }], "ENOENT"],
		[
			"a hard link by way of a symbolic one",
			() => [
				{ path: "out", type: "2", link: canary },
				{ path: "l", type: "1", link: "out/file" },
			],
			"ENOENT",
		],
		["a hard link to a later file", () => [{ path: "l", type: "1", link: "f" }, { path: "f" }], "ENOENT"],
		[
			"a hard link to a directory",
			() => [
				{ path: "d/", type: "5" },
				{ path: "l", type: "1", link: "d" },
			],
			"EPERM",
		],
		["a hard link to the layer itself", () => [{ path: "l", type: "1", link: "." }], "names no file"],
		["a file as parent", () => [{ path: "f" }, { path: "f/g" }], "ENOTDIR"],
		["links in a circle", () => [{ path: "l", type: "2", link: "l" }, { path: "l/f" }], "ELOOP"],
		["a NUL in a name", () => [{ path: "x", pax: { path: "a\0/../../canary/file" } }], "a NUL byte"],
		["a name that is too long", () => [{ path: "x", pax: { path: "a/".repeat(5000) } }], "longer than 4096"],
		["a component that is too long", () => [{ path: "x", pax: { path: "a".repeat(300) } }], "ENAMETOOLONG"],
		[
			"a file in place of the root",
			() => [{ path: "./", type: "2", link: canary }],
			"the root of a layer is a directory",
		],
		["a whiteout of `..`", () => [{ path: "a/.wh..." }], "names nothing"],
		["a whiteout of `.`", () => [{ path: "a/.wh.." }], "names nothing"],
		["a whiteout of nothing", () => [{ path: "a/.wh." }], "names nothing"],
		["a size past its end", () => [{ path: "x", size: 2 ** 40 }], "ends in the middle of a file"],
		["a size of more than a file can have", () => [{ path: "x", size: 2 ** 62 }], "x.tar"],
		[
			"a sparse file larger than a file system takes",
			() => [{ path: "x", pax: { "GNU.sparse.size": "9007199254740991", "GNU.sparse.map": "" } }],
			"EFBIG",
		],
		["an owner that means none", () => [{ path: "x", pax: { uid: "4294967295" } }], "an owner out of range"],
		[
			"a device number out of range",
			() => [{ path: "x", type: "3", patch: (b) => b.set([0x37, 0x37, 0x37, 0x37, 0x37, 0x37, 0x37], 329) }],
			"out of range",
		],
	];
	test.each(refused)("with %s is refused", (_, entries, message) => {
		expect(() => unpackAll(...entries())).toThrow(message);
		expectCanaryAlive();
	});

	const contained: [string, () => Entry[], string][] = [
		["an absolute name", () => [{ path: `${canary}/file`, content: "in" }], "file"],
		["many slashes and dots", () => [{ path: ".//./a//./b/../file", content: "in" }], "a/file"],
		[
			"a parent that is an absolute link",
			() => [
				{ path: "canary/", type: "5" },
				{ path: "out", type: "2", link: "/canary" },
				{ path: "out/file", content: "in" },
			],
			"canary/file",
		],
		[
			"a parent that is a link with `..`",
			() => [
				{ path: "canary/", type: "5" },
				{ path: "out", type: "2", link: "../../../canary" },
				{ path: "out/file", content: "in" },
			],
			"canary/file",
		],
		[
			"a link in place of a file, written through by the next of that name",
			() => [
				{ path: "f", type: "2", link: `${canary}/file` },
				{ path: "f", content: "in" },
			],
			"f",
		],
		[
			"a hard link to a link that points outside, then a file of its name",
			() => [
				{ path: "s", type: "2", link: `${canary}/file` },
				{ path: "f", type: "1", link: "s" },
				{ path: "f", content: "in" },
			],
			"f",
		],
		[
			"a link in place of a directory whose name ends in a slash",
			() => [
				{ path: "d", type: "2", link: canary },
				{ path: "d/", type: "5", mode: 0 },
				{ path: "d/file", content: "in" },
			],
			"d/file",
		],
		[
			"a link whose name ends in a slash",
			() => [
				{ path: "l/", type: "2", link: canary },
				{ path: "f", content: "in" },
			],
			"f",
		],
		[
			"a device in place of a file that is a link",
			() => [
				{ path: "x", type: "2", link: `${canary}/file` },
				{ path: "x", type: "3", major: 1, minor: 3 },
				{ path: "f", content: "in" },
			],
			"f",
		],
	];
	test.each(contained)("with %s stays inside", (_, entries, where) => {
		unpackAll(...entries());
		const inside = where === "file" ? `${layer}${canary}/file` : `${layer}/${where}`;
		expect(readFileSync(inside, "utf8")).toBe("in");
		expect(lstatSync(inside).isFile()).toBe(true);
		expectCanaryAlive();
	});

	test("that goes deeper than a path can be long is removed all the same", () => {
		// Each link leads a thousand directories further down, where no path from the top reaches.
		const deep = "d/".repeat(1000);
		const entries: Entry[] = [];
		for (let hop = 0; hop < 3; hop++) {
			const path = hop === 0 ? deep : `l${hop - 1}/${deep}`;
			entries.push({ path: "x", type: "5", pax: { path } }, { path: `l${hop}`, type: "2", pax: { linkpath: path } });
		}
		unpackAll(...entries);
		removeTree(layer);
		expect(statusIfThere(layer)).toBeUndefined();
		expect(readFileSync(`${canary}/file`, "utf8")).toBe("untouched");
	});

	test("names the archive and the member in its error", () => {
		expect(() => unpackAll({ path: "../x" })).toThrow("x.tar: ../x: it leads out of the directory");
	});

	test("does not follow a link that was there before it", () => {
		symlinkSync(canary, `${layer}/out`);
		expect(() => unpackAll({ path: "out/file", content: "in" })).toThrow("ENOENT");
		expectCanaryAlive();
	});
});

describe.skipIf(!isRoot)("a whiteout", () => {
	const isWhiteout = (path: string) => {
		const status = statusIfThere(`${layer}/${path}`);
		return status !== undefined && (status.mode & 0o170000) === 0o020000 && status.rdevMajor + status.rdevMinor === 0;
	};
	const isOpaque = (path: string) => attribute(`${layer}/${path}`, "trusted.overlay.opaque") === "y";

	test("is a device 0:0", () => {
		unpackAll({ path: "d/.wh.gone" });
		expect(isWhiteout("d/gone")).toBe(true);
		expect(readdirSync(`${layer}/d`)).toEqual(["gone"]);
	});

	test("leaves alone what this layer has of that name", () => {
		unpackAll({ path: "f", content: "x" }, { path: ".wh.f" });
		expect(readFileSync(`${layer}/f`, "utf8")).toBe("x");
	});

	test("and a directory of that name, in either order, hide what is below the directory", () => {
		unpackAll(
			{ path: "a/", type: "5" },
			{ path: "a/f" },
			{ path: ".wh.a" },
			{ path: ".wh.b" },
			{ path: "b/", type: "5" },
		);
		expect([isOpaque("a"), isOpaque("b")]).toEqual([true, true]);
		expect(readdirSync(`${layer}/a`)).toEqual(["f"]);
	});

	test("and a file of that name later: the file is there", () => {
		unpackAll({ path: ".wh.f" }, { path: "f", content: "x" });
		expect(readFileSync(`${layer}/f`, "utf8")).toBe("x");
	});

	test("of all makes the directory opaque, after its entries too, and leaves no file", () => {
		unpackAll({ path: "d/", type: "5" }, { path: "d/f" }, { path: "d/.wh..wh..opq" }, { path: "e/.wh..wh..opq" });
		expect([isOpaque("d"), isOpaque("e")]).toEqual([true, true]);
		expect([readdirSync(`${layer}/d`), readdirSync(`${layer}/e`)]).toEqual([["f"], []]);
	});

	test("of aufs's own is left out", () => {
		unpackAll({ path: ".wh..wh.aufs" }, { path: ".wh..wh.plnk/", type: "5" });
		expect(readdirSync(layer)).toEqual([]);
	});

	test("in the lowest layer hides nothing and is left out", () => {
		unpackBytes(tarball([{ path: ".wh.x" }, { path: "d/", type: "5" }, { path: "d/.wh..wh..opq" }]), { lowest: true });
		expect(readdirSync(layer)).toEqual(["d"]);
		expect(isOpaque("d")).toBe(false);
	});
});

import { describe, expect, test } from "bun:test";
import { sealedMemfd } from "../../ffi/library.ts";
import { encodeText } from "../../ffi/text.ts";
import type { Member } from "../../src/tar/member.ts";
import { mergePax, parsePax, parseTime } from "../../src/tar/pax.ts";
import { Window } from "../../src/tar/slice.ts";
import { members } from "../../src/tar/tar.ts";
import { type Entry, paxRecords, putBase256, tarball } from "../tarball.ts";

function list(archive: Uint8Array): Member[] {
	const slice = { fd: sealedMemfd("tar", archive), offset: 0, size: archive.length, name: "x.tar" };
	return [...members(new Window(slice))];
}

const one = (entry: Entry): Member => list(tarball([entry]))[0] as Member;

describe("a tar archive", () => {
	test("lists members with kind, owner, mode, time and where their bytes are", () => {
		const [directory, file, link] = list(
			tarball([
				{ path: "d/", type: "5", mode: 0o1777 },
				{ path: "d/f", content: "hello", uid: 1000, gid: 1001, mode: 0o4755, mtime: 7 },
				{ path: "d/l", type: "2", link: "f" },
			]),
		);
		expect(directory).toMatchObject({ path: "d/", kind: "directory", mode: 0o1777 });
		expect(file).toMatchObject({
			path: "d/f",
			kind: "file",
			uid: 1000,
			gid: 1001,
			mode: 0o4755,
			size: 5,
			offset: 1024,
		});
		expect(file?.mtime).toBe(7_000_000_000n);
		expect(link).toMatchObject({ kind: "symlink", link: "f", size: 0 });
	});

	test("ends at the first block of zeros, and need not have one", () => {
		const whole = tarball([{ path: "a", content: "x" }]);
		expect(list(Buffer.concat([whole, tarball([{ path: "b" }])]))).toHaveLength(1);
		expect(list(whole.subarray(0, 1024))).toHaveLength(1);
		expect(list(new Uint8Array(0))).toEqual([]);
	});

	test("that is something else says so", () => {
		expect(() => list(encodeText("root:x:0:0\n".repeat(100)))).toThrow("x.tar: not a tar archive");
		expect(() => list(encodeText("short"))).toThrow("x.tar: not a tar archive");
	});

	test("that is damaged in the middle names the byte", () => {
		const archive = Buffer.concat([tarball([{ path: "a" }]).subarray(0, 512), new Uint8Array(512).fill(65)]);
		expect(() => list(archive)).toThrow("x.tar: invalid tar header at byte 512");
	});

	test("reads names longer than a header block: pax, GNU, ustar's prefix", () => {
		const long = `${"d".repeat(90)}/${"f".repeat(90)}`;
		expect(one({ path: "short", pax: { path: long, linkpath: long }, type: "2" })).toMatchObject({
			path: long,
			link: long,
		});
		const gnu = tarball([
			{ path: "././@LongLink", type: "L", content: `${long}\0` },
			{ path: "././@LongLink", type: "K", content: `${long}x\0` },
			{ path: "cut", type: "2", link: "cut" },
		]);
		expect(list(gnu)[0]).toMatchObject({ path: long, link: `${long}x` });
		const prefixed = one({ path: "f", patch: (block) => block.set(encodeText("some/where"), 345) });
		expect(prefixed.path).toBe("some/where/f");
	});

	test("keeps names that are not UTF-8", () => {
		const name = new Uint8Array([0x61, 0xff, 0x62]);
		expect(encodeText(one({ path: name }).path)).toEqual(name);
		expect(encodeText(one({ path: "x", pax: { path: name } }).path)).toEqual(name);
	});

	test("takes extended headers before the block's fields, with times to the nanosecond", () => {
		const member = one({
			path: "x",
			pax: { uid: "3000000", gid: "3000001", mtime: "12.5", size: "5" },
			content: "12345",
		});
		expect(member).toMatchObject({ uid: 3_000_000, gid: 3_000_001, size: 5 });
		expect(member.mtime).toBe(12_500_000_000n);
	});

	test("applies global headers to all that follow, until another says otherwise", () => {
		const records = paxRecords({ uid: "7", mtime: "3" });
		const [a, b] = list(
			tarball([{ path: "g", type: "g", content: records }, { path: "a" }, { path: "b", pax: { uid: "8" } }]),
		);
		expect([a?.uid, b?.uid]).toEqual([7, 8]);
		expect(b?.mtime).toBe(3_000_000_000n);
	});

	test("reads sizes over 8 GiB in base 256", () => {
		const huge = 9 * 2 ** 30;
		const block = tarball([{ path: "x", patch: (header) => putBase256(header, 124, huge) }]).subarray(0, 512);
		expect(list(block)[0]?.size).toBe(huge);
	});

	test("gives nothing but files content, whatever their size says", () => {
		const [link, next] = list(tarball([{ path: "l", type: "1", link: "x", size: 512 }, { path: "next" }]));
		expect([link?.stored, next?.path]).toEqual([0, "next"]);
	});

	test("takes a file whose name ends in a slash for a directory, as tar of old meant it", () => {
		expect(one({ path: "d/" }).kind).toBe("directory");
	});

	test("refuses kinds that it does not know, and numbers that are none", () => {
		expect(() => one({ path: "x", type: "Q" })).toThrow('x.tar: x: a kind of member that is not known, "Q"');
		expect(() => one({ path: "x", pax: { uid: "-1" } })).toThrow("a bad number in its header, -1");
		expect(() => one({ path: "x", pax: { mtime: "soon" } })).toThrow('a malformed time, "soon"');
	});

	test.each([["5 a=b\n"], ["99 a=b\n"], ["x a=b\n"], ["6 ab1\n"], ["-6 a=b\n"], ["6 a=b."], ["0 a=b\n"]])(
		"refuses the extended header %j",
		(records) => {
			expect(() => list(tarball([{ path: "x", type: "x", content: records }, { path: "y" }]))).toThrow(
				"a malformed extended header",
			);
		},
	);
});

describe("extended headers", () => {
	test("carry values that are any bytes", () => {
		const value = new Uint8Array([0, 1, 0x0a, 0xff]);
		expect(parsePax(paxRecords({ "SCHILY.xattr.user.x": value }))[0]?.value).toEqual(value);
	});

	test("take a global record away by an empty value", () => {
		const [uid] = parsePax(paxRecords({ uid: "7" }));
		const [none] = parsePax(paxRecords({ uid: "" }));
		expect(mergePax([uid as never], [none as never]).has("uid")).toBe(false);
	});

	test("give attributes in star's and in libarchive's form", () => {
		const { attributes } = one({
			path: "x",
			pax: { "SCHILY.xattr.user.a": "1", "LIBARCHIVE.xattr.user.b%20c": "AAH/" },
		});
		expect([...attributes]).toEqual([
			["user.b c", Buffer.from([0, 1, 255])],
			["user.a", Buffer.from("1")],
		] as never);
	});

	test.each([
		["0", 0n],
		["1.5", 1_500_000_000n],
		["-1.5", -1_500_000_000n],
		["1.1234567891", 1_123_456_789n],
		["1.", 1_000_000_000n],
	])("say the time %s", (text, nanoseconds) => {
		expect(parseTime(text)).toBe(nanoseconds);
	});
});

describe("a sparse file", () => {
	const expected = {
		size: 1_000_000,
		extents: [
			{ offset: 4096, size: 5 },
			{ offset: 500_000, size: 3 },
		],
	};
	const content = "helloyou";

	test("of format 0.1 is read", () => {
		const pax = {
			"GNU.sparse.size": "1000000",
			"GNU.sparse.map": "4096,5,500000,3,1000000,0",
			"GNU.sparse.name": "real",
		};
		expect(one({ path: "x", pax, content })).toMatchObject({ ...expected, path: "real", stored: 8 });
	});

	test("of format 0.0 is read, its keys repeated in order", () => {
		const lines = ["GNU.sparse.size=1000000", "GNU.sparse.numblocks=2"];
		lines.push("GNU.sparse.offset=4096", "GNU.sparse.numbytes=5", "GNU.sparse.offset=500000", "GNU.sparse.numbytes=3");
		const records = lines.map((line) =>
			Buffer.from(paxRecords({ [line.split("=")[0] ?? ""]: line.split("=")[1] ?? "" })),
		);
		const archive = tarball([
			{ path: "p", type: "x", content: Buffer.concat(records) },
			{ path: "x", content },
		]);
		expect(list(archive)[0]).toMatchObject(expected);
	});

	test("of format 1.0 is read, its map before its bytes", () => {
		const map = Buffer.alloc(512);
		map.write("2\n4096\n5\n500000\n3\n");
		const pax = {
			"GNU.sparse.major": "1",
			"GNU.sparse.minor": "0",
			"GNU.sparse.name": "real",
			"GNU.sparse.realsize": "1000000",
		};
		const member = one({ path: "x", pax, content: Buffer.concat([map, Buffer.from(content)]) });
		expect(member).toMatchObject({ ...expected, path: "real", stored: 8 });
		expect(member.offset % 512).toBe(0);
	});

	test("of the old format is read", () => {
		const patch = (block: Uint8Array) => {
			block.set(encodeText("ustar  \0"), 257);
			block.set(encodeText("00000010000\0" + "00000000005\0" + "00001720440\0" + "00000000003\0"), 386);
			block.set(encodeText("00003641100\0"), 483);
		};
		expect(one({ path: "x", type: "S", content, patch })).toMatchObject(expected);
	});

	test.each([
		["overlaps itself", "0,5,3,3"],
		["goes backwards", "500,5,0,3"],
		["leaves the file", "999999,8"],
		["overflows", "9007199254740991,8"],
		["does not sum up to what is stored", "0,5"],
		["is odd", "0,8,9"],
		["is no numbers", "a,b"],
	])("whose map %s is refused", (_, map) => {
		const pax = { "GNU.sparse.size": "1000000", "GNU.sparse.map": map };
		expect(() => one({ path: "x", pax, content })).toThrow("a malformed map of a sparse file");
	});
});

/** Headers that we write, read back by our own reader of archives: what is said is what was meant. */

import { expect, test } from "bun:test";
import { sealedMemfd } from "../../ffi/library.ts";
import { decodeText, encodeText } from "../../ffi/text.ts";
import { encodeHeading, type Heading } from "../../src/tar/heading.ts";
import { Window } from "../../src/tar/slice.ts";
import { members } from "../../src/tar/tar.ts";

const PLAIN: Heading = {
	path: "d/f",
	kind: "file",
	link: "",
	mode: 0o644,
	uid: 0,
	gid: 0,
	mtime: 1_600_000_000_000_000_000n,
	major: 0,
	minor: 0,
	size: 0,
	attributes: new Map(),
};

/** What a reader finds. */
function readBack(heading: Heading) {
	const bytes = Buffer.concat([encodeHeading(heading), new Uint8Array(1024)]);
	const slice = { fd: sealedMemfd("tar", bytes), offset: 0, size: bytes.length, name: "x.tar" };
	const [member, ...more] = members(new Window(slice));
	expect(more).toEqual([]);
	return member;
}

test("a plain member is one block", () => {
	expect(encodeHeading(PLAIN)).toHaveLength(512);
	expect(readBack(PLAIN)).toMatchObject(PLAIN);
});

const HARD: Record<string, Partial<Heading>> = {
	"a name of 101 bytes": { path: "n".repeat(101) },
	"a path of 4000 bytes": { path: `${"directory/".repeat(400)}f` },
	"a name that is not ASCII": { path: "käse/日本語" },
	"a name that is no UTF-8": { path: decodeText(Uint8Array.of(0x64, 0x2f, 0xff, 0xfe)) },
	"a name with a newline and an equals sign": { path: "a\n12 path=b\n" },
	"a long target of a link": { kind: "symlink", link: "t".repeat(300) },
	"a hard link": { kind: "hardlink", link: "d/other" },
	"an owner of 32 bits": { uid: 4_294_967_294, gid: 2_097_152 },
	"the largest owner of 21 bits": { uid: 2_097_151, gid: 2_097_151 },
	nanoseconds: { mtime: 1_600_000_000_123_456_789n },
	"a time before 1970": { mtime: -1_500_000_000n },
	"a time after 2242": { mtime: 9_000_000_000_000_000_001n },
	"setuid, setgid and sticky": { mode: 0o7755 },
	"a device": { kind: "block", major: 4095, minor: 1_048_575 },
	"attributes of any bytes": {
		attributes: new Map([
			["security.capability", Uint8Array.of(1, 0, 0, 2, 0, 10, 61)],
			["user.empty", new Uint8Array()],
			["user.nul", encodeText("a\0b\n=")],
		]),
	},
};

for (const [name, difference] of Object.entries(HARD))
	test(`${name} survives`, () => {
		const heading = { ...PLAIN, ...difference };
		expect(readBack(heading)).toMatchObject(heading);
	});

test("a file of more than 8 GiB survives", () => {
	const heading = { ...PLAIN, size: 8 ** 11 + 5 };
	expect(() => readBack(heading)).not.toThrow();
	expect(readBack(heading)).toMatchObject({ size: heading.size });
});

test("what needs an extended header names the member in it, and is not longer than it must be", () => {
	const bytes = encodeHeading({ ...PLAIN, mtime: 1n });
	expect(bytes).toHaveLength(3 * 512);
	expect(decodeText(bytes.subarray(0, 14))).toBe("PaxHeaders.0/f");
	expect(decodeText(bytes.subarray(512, 512 + 23))).toBe("21 mtime=0.000000001\n\0\0");
});

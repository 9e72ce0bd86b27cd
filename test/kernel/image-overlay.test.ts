/** Layers as they were unpacked, under the kernel's own overlay: what a container sees of them. */

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { O_DIRECTORY } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { unpack } from "../../src/image/unpack.ts";
import { requires } from "../requires.ts";
import { type Entry, tarball } from "../tarball.ts";

mkdirSync("build", { recursive: true });
const top = `${process.cwd()}/${mkdtempSync("build/overlay-")}`;
setDefaultTimeout(60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));
let count = 0;

/** Unpacks layers, lowest first, mounts them in a namespace of its own and runs a command in the result. */
function inside(layers: Entry[][], command: string): string {
	const base = `${top}/${count++}`;
	layers.forEach((entries, index) => {
		const archive = tarball(entries);
		mkdirSync(`${base}/${index}`, { recursive: true });
		const [fd, root] = [sealedMemfd("tar", archive), open(`${base}/${index}`, O_DIRECTORY)];
		unpack({ fd, offset: 0, size: archive.length, name: "x.tar" }, root, { lowest: index === 0 });
		close(fd);
		close(root);
	});
	for (const name of ["upper", "work", "merged"]) mkdirSync(`${base}/${name}`);
	const lower = layers
		.map((_, index) => index)
		.reverse()
		.join(":");
	const options = `lowerdir=${lower},upperdir=upper,workdir=work,redirect_dir=off,metacopy=off,index=off`;
	const script = `cd ${base} && mount -t overlay overlay -o ${options} merged && cd merged && ${command}`;
	const { stdout, stderr } = Bun.spawnSync(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
	expect(stderr.toString()).toBe("");
	return stdout.toString();
}

const FIND = "find . -mindepth 1 | sort | tr '\\n' ' '";
const lowest: Entry[] = [
	{ path: "d/", type: "5" },
	{ path: "d/one", content: "lower" },
	{ path: "d/two", content: "lower" },
	{ path: "f", content: "lower" },
];

describe.skipIf(!requires("root", "overlay", "unshare"))("in a container", () => {
	test("a whiteout hides a file, and a directory with all in it", () => {
		expect(inside([lowest, [{ path: "d/.wh.one" }, { path: ".wh.f" }]], FIND)).toBe("./d ./d/two ");
		expect(inside([lowest, [{ path: ".wh.d" }]], FIND)).toBe("./f ");
	});

	test("an opaque directory shows what it has itself", () => {
		const upper: Entry[] = [{ path: "d/", type: "5" }, { path: "d/new" }, { path: "d/.wh..wh..opq" }];
		expect(inside([lowest, upper], FIND)).toBe("./d ./d/new ./f ");
	});

	test("a whiteout and a directory of its name show the new directory only", () => {
		expect(inside([lowest, [{ path: ".wh.d" }, { path: "d/new" }]], FIND)).toBe("./d ./d/new ./f ");
		expect(inside([lowest, [{ path: "d/new" }, { path: ".wh.d" }]], FIND)).toBe("./d ./d/new ./f ");
	});

	test("what a layer hid the next one may bring back", () => {
		const again: Entry[] = [{ path: "d/one", content: "again" }];
		expect(inside([lowest, [{ path: "d/.wh.one" }], again], `${FIND}; cat d/one`)).toBe(
			"./d ./d/one ./d/two ./f again",
		);
	});

	test("a file takes a directory's place, and a directory a file's", () => {
		const upper: Entry[] = [{ path: "d", content: "file" }, { path: "f/", type: "5" }, { path: "f/in" }];
		expect(inside([lowest, upper], `${FIND}; cat d`)).toBe("./d ./f ./f/in file");
	});

	test("an archive's own overlay attributes do not reach other directories", () => {
		const secret: Entry[] = [
			{ path: "secret/", type: "5" },
			{ path: "secret/key", content: "x" },
		];
		const pax = { "SCHILY.xattr.trusted.overlay.redirect": "/secret" };
		const upper: Entry[] = [{ path: ".wh.secret" }, { path: "mine/", type: "5", pax }];
		expect(inside([secret, upper], FIND)).toBe("./mine ");
	});

	test("127 layers are merged in order", () => {
		const layers = Array.from({ length: 127 }, (_, n): Entry[] => [
			{ path: "last", content: `${n}` },
			{ path: `f${n}` },
		]);
		expect(inside(layers, "cat last; ls | wc -l")).toBe("126128\n");
	});
});

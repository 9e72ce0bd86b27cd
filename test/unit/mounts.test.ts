/** How what the user mounts is taken and placed: the steps that make the difference. */

import { describe, expect, test } from "bun:test";
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_SHARED, MS_SLAVE } from "../../ffi/constants.ts";
import { Tape } from "../../src/kernel/tape.ts";
import { kernelsOf } from "../../src/runtime/kernels.ts";
import { changeText } from "../../src/runtime/mounts.ts";
import { Paths } from "../../src/runtime/paths.ts";
import { changesOf } from "../../src/runtime/sources.ts";

describe("what becomes of a bind", () => {
	const changes = (...options: string[]) => changesOf(options, true).map(changeText);

	test("is private as a whole, unless something else is said", () => {
		expect(changesOf([], true)).toEqual([{ whole: true, attributes: 0, propagation: MS_PRIVATE }]);
		expect(changesOf(["rbind", "rprivate"], true)).toEqual(changesOf([], true));
		expect(changes("rbind", "rslave")).toEqual(["make it a slave"]);
		expect(changesOf(["rbind", "rshared"], true)).toEqual([{ whole: true, attributes: 0, propagation: MS_SHARED }]);
	});
	test("of `private`, `slave` and `shared` without an r: what is below the top is a slave, or as it was", () => {
		expect(changes("rbind", "private")).toEqual(["make it a slave", "make its top private"]);
		expect(changesOf(["rbind", "slave"], true)).toEqual([{ whole: true, attributes: 0, propagation: MS_SLAVE }]);
		expect(changes("rbind", "shared")).toEqual(["make its top shared"]);
	});
	test("is read-only as a whole, or its top is", () => {
		expect(changes("rbind", "rprivate", "rro")).toEqual(["make it private and read-only"]);
		expect(changes("rbind", "rprivate", "ro")).toEqual(["make it private", "make its top read-only"]);
	});
	test("without what is mounted below it takes one step", () => {
		expect(changesOf(["bind", "private", "ro"], true)).toEqual([
			{ whole: false, attributes: MOUNT_ATTR_RDONLY, propagation: MS_PRIVATE },
		]);
	});
	test("is nodev where nothing else keeps nodes from being opened, but for those that were asked for", () => {
		expect(changesOf(["rbind"], false)[0]?.attributes).toBe(MOUNT_ATTR_NODEV);
		expect(changesOf(["bind", "dev"], false)[0]?.attributes).toBe(0);
	});
});

describe("a place", () => {
	const steps = (act: (paths: Paths) => void, rootfs = false) => {
		const tape = new Tape();
		act(new Paths(tape, rootfs));
		return tape.steps.map(({ call, what }) => `${call} ${what}`);
	};
	const make = (path: string) => `make directory ${path} if it is missing`;

	test("in the root of layers is made by its name, and opened", () => {
		expect(
			steps((paths) => {
				paths.open("/a/b", true);
				paths.open("/a/c", true);
			}),
		).toEqual([
			`mkdirat ${make("/a")}`,
			`mkdirat ${make("/a/b")}`,
			"openat2 open /a/b",
			`mkdirat ${make("/a/c")}`,
			"openat2 open /a/c",
		]);
	});
	test("in a mount of the user's is made part by part, each in what was opened", () => {
		const below = steps((paths) => {
			paths.hide("/vol", true);
			paths.open("/vol/a/b", false);
		});
		expect(below).toEqual([
			"openat2 open /vol",
			`mkdirat ${make("/vol/a")}`,
			"close close it",
			"openat2 open /vol/a",
			"mknodat make file /vol/a/b if it is missing",
			"close close it",
			"openat2 open /vol/a/b",
		]);
	});
	test("so it is everywhere in a root that is a directory of the host", () => {
		expect(steps((paths) => paths.makeAnywhere("/a/b"), true)).toEqual([
			`mkdirat ${make("/a")}`,
			"openat2 open /a",
			`mkdirat ${make("/a/b")}`,
			"close close it",
		]);
	});
	test("in a file system of the kernel's is looked up from there", () => {
		expect(steps((paths) => void paths.open("/dev/a", true))).toEqual([
			"openat2 open /dev",
			`mkdirat ${make("/dev/a")}`,
			"openat2 open /dev/a",
		]);
		expect(steps((paths) => void paths.open("/dev", true))).toEqual(["openat2 open /dev", "openat2 open /dev"]);
		expect(["/proc", "/proc/x", "/process", "/dev/shm", "/a/dev", "/sys"].map(kernelsOf)).toEqual([
			"/proc",
			"/proc",
			undefined,
			"/dev",
			undefined,
			"/sys",
		]);
	});
});

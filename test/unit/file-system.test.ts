/** A file system that a volume's options describe: mounted before the container is there, option by option. */

import { describe, expect, test } from "bun:test";
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID } from "../../ffi/constants.ts";
import { Tape } from "../../src/kernel/tape.ts";
import { takeFileSystem } from "../../src/runtime/file-system.ts";

function stepsOf(...options: string[]) {
	const tape = new Tape();
	takeFileSystem(tape, { type: "ext4", source: "/dev/vdb", destination: "/x", options });
	return tape.steps;
}

describe("a file system of a volume's options", () => {
	test("is opened, told of its device and its options, mounted and taken", () => {
		const steps = stepsOf("ro", "data=ordered", "nosuid", "nodev", "relatime");
		expect(steps.map(({ call, what }) => `${call}: ${what}`)).toEqual([
			"fsopen: begin to mount ext4",
			"fsconfig: set source=/dev/vdb for ext4",
			"fsconfig: set ro for ext4",
			"fsconfig: set data=ordered for ext4",
			"fsconfig: mount ext4 of /dev/vdb",
			"fsmount: take it to place it later",
			"close: close what it was begun with",
		]);
		expect(steps.find(({ call }) => call === "fsmount")?.arguments[2]).toBe(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	});

	test("is told nothing of what is made read-only in one container alone", () => {
		const told = stepsOf("rro", "rw").map(({ what }) => what);
		expect(told.filter((what) => what.startsWith("set "))).toEqual(["set source=/dev/vdb for ext4"]);
	});

	test("has a password, but no sentence tells it", () => {
		const said = stepsOf("username=me", "password=secret").map(({ what }) => what);
		expect(said).toContain("set password=******** for ext4");
		expect(said.join()).not.toContain("secret");
	});
});

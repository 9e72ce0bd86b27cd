/** What keeps the root of a container for `cp` and for filling volumes. */

import { describe, expect, test } from "bun:test";
import { compileCopy, compileHold } from "../../src/runtime/runtime.ts";

const given = { control: 4, lock: 5, host: 7 };

describe("a hold", () => {
	const root = { kind: "directory", path: "/srv/root" } as const;
	const lists = {
		"of a container that runs": compileCopy({ ...given, pidfd: 6 }),
		"of one that does not": compileHold(
			{ mounts: [], root: { path: "/srv/root", readonly: false } },
			{ ...given, root, directories: new Set() },
		),
	};

	// do_exit of the kernel: descriptors are closed, and locks freed, before namespaces are left.
	for (const [name, { tape }] of Object.entries(lists))
		test(`${name} has unmounted the root before its lock is free`, () => {
			const last = tape.steps.slice(-4);
			expect(last.map(({ call }) => call)).toEqual(["read", "close_range", "setns", "exit_group"]);
			expect(last[2]?.arguments[0]).toBe(given.host);
			expect(last[1]?.arguments[0]).toBe(given.host + 1);
		});
});

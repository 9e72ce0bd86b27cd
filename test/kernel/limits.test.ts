/** Limits played on the live kernel, whatever kind of host it is: what `limitWrites` says is taken, new and changed both ways. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { remove } from "../../src/cgroup/ending.ts";
import { create, write } from "../../src/cgroup/group.ts";
import { detect } from "../../src/cgroup/hierarchies.ts";
import { type Group, groupWith } from "../../src/cgroup/hierarchy.ts";
import { limitFacts } from "../../src/cgroup/limit-facts.ts";
import { limitWrites } from "../../src/cgroup/limits.ts";
import type { Resources } from "../../src/runtime/runtime.ts";
import { requires } from "../requires.ts";

const MIB = 2 ** 20;
const isRoot = requires("root");
const hierarchies = isRoot ? detect() : [];
const wanted: Group[] = hierarchies.map((hierarchy) => ({
	hierarchy,
	path: `${hierarchy.mount}/bunker-limits-${process.pid}/c`,
}));

describe.skipIf(!isRoot)("on this kernel", () => {
	let groups: Group[] = [];
	beforeAll(() => {
		groups = create(wanted);
	});
	afterAll(() => {
		expect(remove(wanted)).toBe(true);
		expect(remove(wanted.map(({ hierarchy, path }) => ({ hierarchy, path: path.slice(0, -2) })))).toBe(true);
	});

	/** Plays limits; each file then holds what was written, or its like. */
	function set(resources: Resources, changed: boolean): string[] {
		const { writes, warnings } = limitWrites(resources, groups, limitFacts(changed));
		write(writes);
		for (const { file, value } of writes)
			expect([file, readFileSync(file, "utf8").trim()]).toEqual([file, like(value)]);
		return warnings;
	}
	/** v1 shows no limit as the largest number of pages, v2 cpu.max with its period and io.weight as the default. */
	const like = (value: string) =>
		value === "-1"
			? expect.stringMatching(/^(-1|9223372036854771712)$/)
			: expect.stringMatching(new RegExp(`^(default )?${value}( 100000)?$`));
	const has = (controller: string) =>
		groupWith(
			hierarchies.map((hierarchy) => ({ hierarchy, path: "" })),
			controller,
		) !== undefined;

	test.skipIf(!has("memory"))("memory and swap are set, raised and lowered, and lifted", () => {
		const memory = (limit: number, swap: number) => ({ memory: { limit: limit * MIB, swap: swap * MIB } });
		set(memory(64, 128), false);
		set(memory(256, 512), true);
		set(memory(300, 300), true);
		set(memory(32, 40), true);
		set({ memory: { limit: 40 * MIB, swap: -1, reservation: 8 * MIB } }, true);
		set({ memory: { limit: -1 } }, true);
	});
	test.skipIf(!has("cpu"))("CPU time is set and changed, with longer and shorter periods", () => {
		set({ cpu: { shares: 512, quota: 50_000 } }, false);
		for (const [quota, period] of [
			[5000, 10_000],
			[500_000, 1_000_000],
			[1000, 1000],
			[-1, 100_000],
		] as const)
			set({ cpu: { quota, period } }, true);
	});
	test.skipIf(!has("cpuset"))("CPUs and memory nodes are set; what is not there is refused", () => {
		set({ cpu: { cpus: "0", mems: "0" } }, false);
		expect(() => set({ cpu: { cpus: "4095" } }, false)).toThrow(/^set the CPUs to 4095: \S+ is what there is$/);
	});
	test.skipIf(!has("pids"))("processes are limited", () => {
		set({ pids: { limit: 20 } }, false);
		set({ pids: { limit: -1 } }, true);
	});
	test.skipIf(!has("blkio") && !has("io"))(
		"a weight goes to the file of the scheduler that has it, or is dropped in words",
		() => {
			const warnings = set({ blockIO: { weight: 300 } }, false);
			if (warnings.length > 0) expect(warnings[0]).toContain("did not set the block I/O weight to 300");
		},
	);
	test("the facts are the same before the cgroup is made", () => {
		const there = limitFacts();
		for (const [group, imagined] of groups.map((group) => [group, { ...group, path: `${group.path}-else` }] as const))
			for (const file of [
				"memory.memsw.limit_in_bytes",
				"memory.swap.max",
				"blkio.bfq.weight",
				"blkio.weight",
				"io.max",
				"pids.max",
			]) {
				if (group.hierarchy.version === 2 && !group.hierarchy.controllers.includes(file.split(".")[0] as string))
					continue;
				expect([group.path, file, there.exists(imagined, file)]).toEqual([group.path, file, there.exists(group, file)]);
			}
	});
});

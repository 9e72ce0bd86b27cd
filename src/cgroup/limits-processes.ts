/** The number of tasks. Kernel: Documentation/admin-guide/cgroup-v1/pids.rst; v2 is the same. Pure. */

import type { Resources } from "../runtime/runtime.ts";
import { type LimitList, orMax } from "./limit-list.ts";

/** Adds the limit on tasks; 0 and less is none, as docker has it. */
export function processLimits(list: LimitList, { limit }: NonNullable<Resources["pids"]>): void {
	const file = ["pids.max", orMax(limit || -1)] as const;
	list.set({
		limit: "the limit on processes",
		to: limit > 0 ? String(limit) : "unlimited",
		controllers: ["pids"],
		v1: [file],
		v2: [file],
		missing: limit > 0 ? "warn" : "pass",
	});
}

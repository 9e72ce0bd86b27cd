/**
 * Memory and swap. Kernel: Documentation/admin-guide/cgroup-v1/memory.rst,
 * cgroup-v2.rst. v1 counts memory and swap together (memsw), v2 swap alone. Pure.
 */

import { EXIT, Failure } from "../failure.ts";
import type { Resources } from "../runtime/runtime.ts";
import { bytesText, given, type LimitList, orMax, type Setting } from "./limit-list.ts";

type Memory = NonNullable<Resources["memory"]>;

const MEMORY = ["memory"];
const SWAP_FILE = "memory.memsw.limit_in_bytes";

/** Adds memory's limits. @throws Failure (125) for swap that is less than memory, or has no memory limit to go with */
export function memoryLimits(list: LimitList, memory: Memory): void {
	const limit = memorySetting(memory);
	const swap = swapSetting(list, memory);
	const both = swapGoesFirst(list, memory) ? [swap, limit] : [limit, swap];
	for (const setting of both) if (setting) list.set(setting);
	if (given(memory.reservation)) list.set(reservationSetting(memory.reservation));
	if (memory.swappiness !== undefined && memory.swappiness >= 0) list.set(swappinessSetting(memory.swappiness));
	if (memory.disableOOMKiller) list.set(OOM_KILLER_OFF);
}

function memorySetting({ limit }: Memory): Setting | undefined {
	if (!given(limit)) return undefined;
	return {
		limit: "the memory limit",
		to: bytesText(limit),
		controllers: MEMORY,
		v1: [["memory.limit_in_bytes", String(limit)]],
		v2: [["memory.max", orMax(limit)]],
		missing: limit < 0 ? "pass" : "warn",
	};
}

/**
 * v1 keeps memory at or below memory and swap at every moment. So what is raised
 * above the memory limit of now goes first with swap, what is lowered below it
 * with memory; a new cgroup has no limit. (Always right: both new values fit the
 * old one of the other.) On v2 swap goes first: a lower memory.max makes the
 * kernel reclaim at once, and it should know by then how much may be swapped.
 */
function swapGoesFirst(list: LimitList, { limit, swap }: Memory): boolean {
	const group = list.group("memory");
	if (group?.hierarchy.version === 2 || swap === -1 || limit === -1) return true;
	const now = list.current(group, "memory.limit_in_bytes");
	return now !== undefined && given(swap) && Number(now) < swap;
}

/** Memory and swap together; a memory limit that is lifted lifts it too, as in runc. */
function swapSetting(list: LimitList, { limit, swap }: Memory): Setting | undefined {
	const together = given(swap) ? swap : limit === -1 ? -1 : undefined;
	if (together === undefined) return undefined;
	if (together >= 0 && given(limit) && limit >= 0 && together < limit)
		throw new Failure(
			`set the limit of memory and swap to ${bytesText(together)}: it is less than the memory limit, ${bytesText(limit)}`,
			{ exitCode: EXIT.refused },
		);
	const group = list.group("memory");
	const v2 = group?.hierarchy.version === 2 ? swapAlone(list, together, limit) : -1;
	return {
		limit: "the limit of memory and swap",
		to: bytesText(together),
		controllers: MEMORY,
		v1: [[SWAP_FILE, String(together)]],
		v2: [["memory.swap.max", orMax(v2)]],
		// docker says it once: without the controller, of the memory limit
		missing: together < 0 || (!group && given(limit)) ? "pass" : "warn",
	};
}

/** v2's value: what is left for swap. */
function swapAlone(list: LimitList, together: number, limit: number | undefined): number {
	if (together < 0 || limit === -1) return together;
	const now = given(limit) ? String(limit) : list.current(list.group("memory"), "memory.max");
	if (now === undefined)
		throw new Failure(`set the limit of memory and swap to ${bytesText(together)}: it needs a memory limit`, {
			exitCode: EXIT.refused,
		});
	if (now === "max") return together;
	if (Number(now) > together)
		throw new Failure(
			`set the limit of memory and swap to ${bytesText(together)}: it is less than the memory limit, ${bytesText(Number(now))}`,
			{ exitCode: EXIT.refused },
		);
	return together - Number(now);
}

/** v2 protects memory up to `memory.low`: the nearest to v1's soft limit, and runc's choice. No limit on v1 is no protection. */
function reservationSetting(reservation: number): Setting {
	return {
		limit: "the memory reservation",
		to: bytesText(reservation),
		controllers: MEMORY,
		v1: [["memory.soft_limit_in_bytes", String(reservation)]],
		v2: [["memory.low", String(Math.max(reservation, 0))]],
		missing: "warn",
	};
}

const swappinessSetting = (swappiness: number): Setting => ({
	limit: "the memory swappiness",
	to: String(swappiness),
	controllers: MEMORY,
	v1: [["memory.swappiness", String(swappiness)]],
	v2: [],
	missing: "warn",
});

const OOM_KILLER_OFF: Setting = {
	limit: "the OOM killer",
	to: "off",
	controllers: MEMORY,
	v1: [["memory.oom_control", "1"]],
	v2: [],
	missing: "warn",
};

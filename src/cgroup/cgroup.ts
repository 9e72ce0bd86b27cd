/** Control groups: the face of this folder. Which hierarchies there are, a container's directories in them, and what is written there. */

import type { Group } from "./hierarchy.ts";
import type { Counters } from "./statistics.ts";

export { type Abilities, abilities } from "./abilities.ts";
export { covers, parseSet } from "./cpuset.ts";
export { attachDevices, type DevicePlan, devicePlan, deviceSentence, hasDeviceController } from "./devices.ts";
export { end, endingOrder, type HeldCgroup, hold, remove } from "./ending.ts";
export { freezerOf, isFrozen, thaw } from "./freezer.ts";
export { create, write } from "./group.ts";
export { detect, hierarchiesFor } from "./hierarchies.ts";
export { DEFAULT_PARENT, type Group, groupsAt, groupWith, type Hierarchy, type Write } from "./hierarchy.ts";
export { limitFacts } from "./limit-facts.ts";
export type { LimitFacts } from "./limit-list.ts";
export { type LimitPlan, limitWrites } from "./limits.ts";
export { watchOom } from "./oom.ts";
export type { Counters, Pressure, Stalled, Statistics, Transferred } from "./statistics.ts";

/** `freeze` of freezing.ts, which few verbs need: loaded when it is called. */
export async function freeze(groups: readonly Group[]): Promise<void> {
	(await import("./freezing.ts")).freeze(groups);
}

/** What makes Counters, of statistics.ts, which few verbs need: loaded when it is called. */
export async function counting(): Promise<(groups: readonly Group[]) => Counters> {
	return (await import("./statistics.ts")).counters;
}

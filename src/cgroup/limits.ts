/**
 * Which limit goes to which file: the specification's resources and what the
 * host has → a list of writes, in the order that the kernel demands. Pure; the
 * kernel is asked through facts, and only for what the limits need.
 *
 * Values are converted for v2 as runc does (github.com/opencontainers/cgroups);
 * where the host has no place for a limit, docker decides between a warning and
 * an error (moby, daemon/daemon_unix.go, verifyPlatformContainerResources).
 */

import type { Resources } from "../runtime/runtime.ts";
import type { Group, Write } from "./hierarchy.ts";
import { type LimitFacts, LimitList } from "./limit-list.ts";
import { blockLimits } from "./limits-block.ts";
import { cpuLimits, cpusetLimits } from "./limits-cpu.ts";
import { hugePageLimits } from "./limits-hugepages.ts";
import { memoryLimits } from "./limits-memory.ts";
import { processLimits } from "./limits-processes.ts";

/** What is written, in this order, and what is left out because the host has no such thing. */
export interface LimitPlan {
	writes: Write[];
	/** sentences for the user, where docker warns and goes on: `did not set … to …: …` */
	warnings: string[];
}

/**
 * The writes that give a cgroup its limits, new or (with `facts.current`) already in use.
 * Device rules are not among them: they are `devices.ts`'s.
 * @throws Failure (125) for a limit that the host cannot give and docker refuses, too, and for impossible values
 */
export function limitWrites(resources: Resources, groups: readonly Group[], facts: LimitFacts): LimitPlan {
	const list = new LimitList(groups, facts);
	if (resources.memory) memoryLimits(list, resources.memory);
	if (resources.cpu) {
		cpuLimits(list, resources.cpu);
		cpusetLimits(list, resources.cpu);
	}
	if (resources.pids) processLimits(list, resources.pids);
	if (resources.blockIO) blockLimits(list, resources.blockIO);
	if (resources.hugepageLimits) hugePageLimits(list, resources.hugepageLimits);
	return { writes: list.writes, warnings: list.warnings };
}

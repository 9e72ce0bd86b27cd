/** `update`: limits and the restart policy of a container that exists (moby, daemon/update.go, container/container_unix.go). */

import { close } from "../../ffi/file.ts";
import { connectIn, send } from "../../ffi/socket.ts";
import { ATTACH, encodeRestart, type State } from "../../ffi/tape.ts";
import { EXIT, Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { groupsOf } from "./cgroups.ts";
import { recordOf } from "./events.ts";
import { changeLimits, resourcesFor } from "./limiting.ts";
import { checkLimits } from "./limits.ts";
import { dropLock, lockOperation } from "./locks.ts";
import type { Limits, RestartPolicy, RunOptions } from "./options.ts";
import { hasPolicy, restartRule } from "./policy.ts";
import { reconcileHeld } from "./reconciling.ts";
import { byId, type Container, find, noteOptions } from "./table.ts";
import { unwatch, watch } from "./watched.ts";

/** What is to be another: only what was given. */
export interface Change {
	limits: Limits;
	restart?: RestartPolicy;
}

/**
 * Changes what a container may use, at once if it runs, and what follows its end.
 * @returns warnings: what this host cannot do, and was discarded
 * @throws Failure (1), with nothing changed
 */
export function update(store: Store, name: string, change: Change): string[] {
	try {
		return updateOne(store, name, change);
	} catch (error) {
		throw error instanceof Failure ? cannot(name, error) : error;
	}
}

function cannot(name: string, error: Failure): Failure {
	if (error.kind !== undefined) return error;
	return new Failure(`cannot update container ${name}: ${error.message}`, { exitCode: EXIT.failed, cause: error });
}

function updateOne(store: Store, name: string, { limits: asked, restart }: Change): string[] {
	const { id } = find(store, name);
	using _operation = lockOperation(store, id);
	// Somebody may have removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const { container, running } = reconcileHeld(store, find(store, id));
	if (container.options.remove && restart && restart.name !== "no")
		throw new Failure("a restart policy does not go with --rm");
	const { limits, warnings } = checkLimits(asked, container.options.limits ?? {});
	const options: RunOptions = { ...container.options, limits, ...(restart && { restart }) };
	const changed = changedOf(container.options.limits ?? {}, limits, asked);
	const resources = running && resourcesFor({ limits: changed });
	if (resources) changeLimits(groupsOf(id, options.cgroupParent), resources);
	store.transaction(() => {
		noteOptions(store, id, options);
		recordOf(store, container, "update");
	});
	announce(store);
	if (running && restart) tellMonitor(store, { ...container, options }, running);
	return warnings;
}

/** These go together: one file holds both, or one bounds the other. */
const FAMILIES: (keyof Limits)[][] = [
	["memory", "memorySwap"],
	["nanoCpus", "cpuPeriod", "cpuQuota"],
	["cpuRealtimePeriod", "cpuRealtimeRuntime"],
];

/** What is written: what was asked for, even if it was so before, and what belongs to it. */
function changedOf(before: Limits, after: Limits, asked: Limits): Limits {
	const names = new Set<string>(Object.keys(asked));
	for (const family of FAMILIES)
		if (family.some((name) => names.has(name) || before[name] !== after[name]))
			for (const name of family) names.add(name);
	return Object.fromEntries(Object.entries(after).filter(([name]) => names.has(name)));
}

/**
 * The monitor knows the policy that it was started with; it is told the new one.
 * One that cannot be told, by an older bunker, ends as it was started to: then
 * the next command applies the policy.
 */
function tellMonitor(store: Store, container: Container, { monitor, monitorStart }: State): void {
	const { id, options } = container;
	if (hasPolicy(options)) watch(store, { pid: monitor, id }, options);
	else unwatch(store, { pid: monitor, start: monitorStart, id });
	const line = connectIn(runDirectory(store.places, id), ATTACH.name);
	if (typeof line !== "number") return;
	send(line, encodeRestart(restartRule(container)));
	close(line);
}

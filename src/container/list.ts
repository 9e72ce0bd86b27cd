/** Containers as `ps` and `info` show them. */

import { formatTime } from "../clock.ts";
import type { Store } from "../kernel/store.ts";
import { healthStatus } from "./checkup.ts";
import { clearGraves } from "./graves.ts";
import type { HealthStatus } from "./health.ts";
import { tryLockOperation } from "./locks.ts";
import { loadReconciling, look } from "./looking.ts";
import type { RunOptions } from "./options.ts";
import { glance, type Look, type StateName, started, stateName, upStates } from "./state.ts";
import { all, type Container } from "./table.ts";

export interface Summary {
	id: string;
	name: string;
	/** the image as typed, or the directory of --rootfs */
	image: string;
	command: string[];
	/** id of the image; null with --rootfs */
	imageId: string | null;
	options: RunOptions;
	/** RFC 3339, nanoseconds */
	created: string;
	state: StateName;
	/** its first process, while it runs */
	pid?: number;
	/** of one with a health check, while it runs */
	health?: HealthStatus;
	started?: string;
	finished?: string;
	exitCode?: number;
	error?: string;
}

/** Containers, newest first; only those that run, or wait for their restart, unless `all`. */
export async function list(store: Store, options: { all: boolean }): Promise<Summary[]> {
	const ids = started(store);
	const containers = all(store);
	await clear(store, ids, containers);
	const summaries: Summary[] = [];
	for (const container of containers) {
		const seen = glance(store, container, ids) ?? (await loadReconciling()).reconcile(store, container);
		const state = stateName(seen);
		const isUp = upStates.includes(state);
		if (!isUp && isLeftover(seen.container) && (await reapLeftover(store, container))) continue;
		if (isUp || options.all) summaries.push(summarize(store, seen, state));
	}
	return summaries;
}

/** Removes what killed removals have left: there is none, usually. */
async function clear(store: Store, ids: ReadonlySet<string>, containers: readonly Container[]): Promise<void> {
	const left = new Set(ids);
	for (const { id } of containers) left.delete(id);
	if (left.size > 0) (await loadReconciling()).sweep(store, [...left]);
	clearGraves(store);
}

/** How many containers there are, how many of them run, and are paused: each is counted once. */
export async function count(
	store: Store,
): Promise<{ containers: number; running: number; paused: number; stopped: number }> {
	const summaries = await list(store, { all: true });
	const containers = summaries.length;
	const running = summaries.filter((summary) => summary.state === "running").length;
	const paused = summaries.filter((summary) => summary.state === "paused").length;
	return { containers, running, paused, stopped: containers - running - paused };
}

function summarize(store: Store, { container, running }: Look, state: StateName): Summary {
	const { options, command, id, name, created, started, finished, exitCode, error } = container;
	const image = options.image ?? (options.rootfs as string);
	const summary: Summary = { id, name, image, command, imageId: container.image, options, created, state };
	// One by one: to spread objects that may be empty takes ten times as long.
	if (running) {
		summary.pid = running.program;
		const health = healthStatus(store, id);
		if (health !== undefined) summary.health = health;
	}
	if (running) summary.started = formatTime(running.started);
	else if (started !== null) summary.started = started;
	if (finished !== null) summary.finished = finished;
	if (exitCode !== null) summary.exitCode = exitCode;
	if (error !== null) summary.error = error;
	return summary;
}

/** Of a --rm container that does not run: one of `create` is wanted until it has run. */
function isLeftover({ options, finished }: Container): boolean {
	return options.remove && !(options.waits && finished === null);
}

/** A --rm container that does not run, and that nobody is just starting or removing: a kill has left it. */
async function reapLeftover(store: Store, container: Container): Promise<boolean> {
	const { erase } = await import("./remove.ts");
	using operation = tryLockOperation(store, container.id);
	if (!operation) return false;
	// Somebody may have started it since we looked.
	if ((await look(store, container)).running) return false;
	await erase(store, container.id, { volumes: true });
	return true;
}

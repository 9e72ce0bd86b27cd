/** Containers as `ps` and `info` show them. */

import { formatTime } from "../clock.ts";
import type { Store } from "../kernel/store.ts";
import { healthStatus } from "./checkup.ts";
import type { HealthStatus } from "./health.ts";
import { tryLockOperation } from "./locks.ts";
import type { RunOptions } from "./options.ts";
import { clearGraves, erase } from "./remove.ts";
import { look, type StateName, started, stateName, sweep, upStates } from "./state.ts";
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
export function list(store: Store, options: { all: boolean }): Summary[] {
	const ids = started(store);
	const containers = all(store);
	sweep(store, ids, containers);
	clearGraves(store);
	return containers
		.map((container) => summarize(store, container, ids))
		.filter((summary) => summary !== undefined)
		.filter((summary) => options.all || upStates.includes(summary.state));
}

/** How many containers there are, how many of them run, and are paused: each is counted once. */
export function count(store: Store): { containers: number; running: number; paused: number; stopped: number } {
	const summaries = list(store, { all: true });
	const containers = summaries.length;
	const running = summaries.filter((summary) => summary.state === "running").length;
	const paused = summaries.filter((summary) => summary.state === "paused").length;
	return { containers, running, paused, stopped: containers - running - paused };
}

function summarize(store: Store, container: Container, ids: Set<string>): Summary | undefined {
	const seen = look(store, container, ids);
	const state = stateName(seen);
	if (!upStates.includes(state) && isLeftover(seen.container) && reapLeftover(store, container)) return undefined;
	const { options, command, id, name, created, finished, exitCode, error } = seen.container;
	const startedAt = seen.running ? formatTime(seen.running.started) : seen.container.started;
	const health = seen.running && healthStatus(store, id);
	return {
		id,
		name,
		image: options.image ?? (options.rootfs as string),
		command,
		imageId: seen.container.image,
		options,
		created,
		state,
		...(seen.running && { pid: seen.running.program }),
		...(health !== undefined && { health }),
		...(startedAt !== null && { started: startedAt }),
		...(finished !== null && { finished }),
		...(exitCode !== null && { exitCode }),
		...(error !== null && { error }),
	};
}

/** Of a --rm container that does not run: one of `create` is wanted until it has run. */
function isLeftover({ options, finished }: Container): boolean {
	return options.remove && !(options.waits && finished === null);
}

/** A --rm container that does not run, and that nobody is just starting or removing: a kill has left it. */
function reapLeftover(store: Store, container: Container): boolean {
	using operation = tryLockOperation(store, container.id);
	if (!operation) return false;
	// Somebody may have started it since we looked.
	if (look(store, container).running) return false;
	erase(store, container.id, { volumes: true });
	return true;
}

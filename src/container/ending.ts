/**
 * The end of a run: from what its monitor left behind to the row, the event and
 * the restart that follows. By the holder of the operation lock, once.
 */

import { removeTree } from "../../ffi/directory.ts";
import { isAlive } from "../../ffi/process.ts";
import type { State } from "../../ffi/tape.ts";
import { formatTime } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { distrust, leave } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { removeCgroup } from "./cgroups.ts";
import { recordHealth } from "./checkup.ts";
import { detach } from "./detaching.ts";
import { recordOf } from "./events.ts";
import { endedHealth } from "./health.ts";
import { readHealth } from "./health-log.ts";
import { hadOom, recordOoms } from "./oom.ts";
import { outcome } from "./outcome.ts";
import { delayAfter, hasPolicy } from "./policy.ts";
import { relayLater } from "./relay.ts";
import { type Container, noteEnd, noteHealth, noteWaiter } from "./table.ts";
import { recordVolumes } from "./volume-events.ts";
import { cancelWait, isWaiting, self } from "./waiter.ts";
import { unwatch, watch } from "./watched.ts";

/** How a run ended. */
export interface End {
	/** RFC 3339 */
	started: string;
	finished: string;
	exitCode: number;
	/** why there is no record of it */
	error?: string;
	/** whom its monitor left behind to restart it */
	waiter?: string;
}

/** What an end makes of a row. */
export type Ended = Pick<
	Container,
	"started" | "finished" | "exitCode" | "error" | "restarts" | "restartDelay" | "waiter"
>;

/**
 * What the row of a container will say once its end is written down.
 * @param waiter who waits where it is to be restarted
 */
export function ended(container: Container, end: End, waiter: string): Ended {
	const { started, finished, exitCode, error = null } = end;
	const delay = delayAfter(container, exitCode, Date.parse(finished) - Date.parse(started));
	const { restarts } = container;
	const base = { started, finished, exitCode, error };
	if (delay === undefined) return { ...base, restarts, restartDelay: container.restartDelay, waiter: null };
	return { ...base, restarts: restarts + 1, restartDelay: delay, waiter };
}

/** Records that a container's run is over: within a transaction. */
export function recordDeath(store: Store, container: Container, { started, finished, exitCode }: End): void {
	const seconds = Math.max(0, Math.floor((Date.parse(finished) - Date.parse(started)) / 1000));
	if (container.options.points) recordVolumes(store, container.id, "unmount", finished);
	const attributes = { exitCode: String(exitCode), execDuration: String(seconds) };
	recordOf(store, container, "die", { attributes, time: finished });
}

/**
 * Writes an end into the row, and removes what the run has left. Where the
 * container is to start again, somebody waits for that from now on.
 * @param container the row as it is now, under the lock
 * @returns the row as it is then
 */
export function settle(store: Store, container: Container, state: State, end: End): Container {
	if (container.finished !== null && container.started === formatTime(state.started)) {
		// Written down already, by somebody who was killed before the directory was gone.
		clear(store, container, state);
		return container;
	}
	const left = end.waiter !== undefined && isWaiting(end.waiter) ? end.waiter : undefined;
	const after = ended(container, end, left ?? self());
	if (left !== undefined && after.waiter === null) cancelWait(left);
	const health = readHealth(store, container);
	const settled = {
		...container,
		...after,
		health: health ? endedHealth(health) : container.health,
		oomKilled: container.oomKilled || hadOom(store, container),
	};
	if (after.waiter !== null)
		watch(store, { pid: Number.parseInt(after.waiter, 10), id: container.id }, container.options);
	outcome(() => detach(store, container.id));
	// A look does not fail because it cannot write: on a full disk the record stays, for the next one.
	const written = outcome(() =>
		store.transaction(() => {
			recordOoms(store, container);
			if (health) recordHealth(store, container);
			if (health) noteHealth(store, container.id, endedHealth(health));
			noteEnd(store, container.id, after);
			leave(store, container.id);
			recordDeath(store, container, end);
		}),
	);
	if (written.failure !== undefined) return settled;
	announce(store);
	if (container.options.publish || container.options.publishAll) distrust(store);
	if (hasPolicy(container.options)) unwatch(store, { pid: state.monitor, start: state.monitorStart, id: container.id });
	clear(store, container, state);
	if (after.waiter !== null && left === undefined) relayLater(container.id);
	return settled;
}

/** Removes what a run has left. Where its monitor is at it, the directory stays, and with it the next look. */
function clear(store: Store, { id, options }: Container, state: State): void {
	const orphaned = !isAlive(state.monitor, state.monitorStart);
	if (removeCgroup(id, orphaned, options.cgroupParent) || orphaned) removeTree(runDirectory(store.places, id));
}

/** Takes the place of a waiter that was killed. @returns the row as it is then */
export function takeOver(store: Store, container: Container): Container {
	const { id, options } = container;
	const waiter = self();
	watch(store, { pid: process.pid, id }, options);
	if (outcome(() => noteWaiter(store, id, waiter)).failure !== undefined) return container;
	relayLater(id);
	return { ...container, waiter };
}

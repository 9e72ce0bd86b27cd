/**
 * What is true of a container now. "Running" is never a row: the kernel is
 * asked, by pid and start time. Who looks finds almost always what is settled, or
 * runs; what is to be written down first is reconciling.ts's.
 */

import { list } from "../../ffi/directory.ts";
import { readFileIfThere } from "../../ffi/file.ts";
import { isAlive } from "../../ffi/process.ts";
import { RECORD_DIED, type State } from "../../ffi/tape.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { readState, recordOfRun } from "./run-directory.ts";
import { type Container, PAUSED } from "./table.ts";
import { isWaiting } from "./waiter.ts";

/** A container and whether it runs. */
export interface Look {
	container: Container;
	/** the processes, while it runs */
	running?: State;
	/** it runs, and is frozen */
	paused?: boolean;
}

/** As docker names it; "restarting" is one that has ended and waits to start again. */
export type StateName = "created" | "running" | "paused" | "restarting" | "exited";

/** What docker counts as running: also what waits to be restarted. */
export const upStates: readonly StateName[] = ["running", "paused", "restarting"];

/** The state of a container. */
export function stateName({ container, running, paused }: Look): StateName {
	if (running) return paused ? "paused" : "running";
	if (container.waiter !== null) return "restarting";
	return container.finished === null ? "created" : "exited";
}

/** True for what docker counts as running: also what waits to be restarted. */
export function isUp(look: Look): boolean {
	return look.running !== undefined || look.container.waiter !== null;
}

/** Why nothing can be done in a container that does not run, in docker's words. */
export function notRunning(name: string, look: Look): Failure {
	const restarting = stateName(look) === "restarting";
	return new Failure(`container ${name} is ${restarting ? "restarting, wait until it is running" : "not running"}`);
}

/** The id of this boot. */
export function bootId(): string {
	const bytes = readFileIfThere("/proc/sys/kernel/random/boot_id");
	return bytes ? new TextDecoder().decode(bytes).trim() : "unknown";
}

/** Ids of containers that have left something for us to look at since they were started. */
export function started(store: Store): Set<string> {
	return new Set(list(`${store.places.runRoot}/containers`));
}

/**
 * A container at a glance: nothing is changed.
 * @param ids what `started` said, when many are looked at
 * @returns undefined where the row alone, or the kernel, does not say all: it has ended, or it may be frozen
 */
export function glance(store: Store, container: Container, ids?: ReadonlySet<string>): Look | undefined {
	const { id } = container;
	const state = ids && !ids.has(id) ? undefined : readState(store, id);
	if (!state) return isSettled(container) ? { container } : undefined;
	if (container.paused !== PAUSED.no || hasEnd(store, id)) return undefined;
	return isAlive(state.monitor, state.monitorStart) ? { container, running: state } : undefined;
}

const hasEnd = (store: Store, id: string): boolean => recordOfRun(store, id).some(({ kind }) => kind === RECORD_DIED);

/** True if the row needs no look: what it says of the past is all there is. */
export function isSettled({ boot, finished, waiter }: Container): boolean {
	if (boot === null) return true;
	if (waiter !== null) return isWaiting(waiter) && boot === bootId();
	return finished !== null;
}

/**
 * A look that changes what it finds: what a monitor recorded is folded into the
 * row by whoever looks first, under the operation lock; and so is what a kill or
 * a reboot has left undone.
 */

import { removeTree } from "../../ffi/directory.ts";
import { close } from "../../ffi/file.ts";
import { isAlive, openProcess, sendSignal } from "../../ffi/process.ts";
import { RECORD_DIED, RECORD_WAITS, type State } from "../../ffi/tape.ts";
import { thaw } from "../cgroup/cgroup.ts";
import { formatTime, now } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { leave } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { removeCgroup } from "./cgroups.ts";
import { recordHealth } from "./checkup.ts";
import { detach } from "./detaching.ts";
import { type End, ended, recordDeath, settle, takeOver } from "./ending.ts";
import { dropLock, tryLockOperation } from "./locks.ts";
import { recordOoms } from "./oom.ts";
import { outcome } from "./outcome.ts";
import { freezerGroups, isPaused, settlePause } from "./pausing.ts";
import { readState, recordOfRun } from "./run-directory.ts";
import { bootId, glance, isSettled, type Look, started } from "./state.ts";
import { all, byId, type Container, noteEnd, noteNoStart, noteWaiter, PAUSED } from "./table.ts";
import { self, waiterName } from "./waiter.ts";

const SIGKILL = 9;
/** What docker says of containers that ran when the host went down. */
const EXIT_LOST = 255;

/** Looks at a container, and folds what its monitor recorded into the row. */
export function reconcile(store: Store, container: Container): Look {
	const seen = see(store, container.id);
	if (!seen) return lookAtRow(store, container);
	if (seen.end) return fold(store, container, seen.end);
	return container.paused === PAUSED.no
		? { container, running: seen.state }
		: lookAtPause(store, container, seen.state);
}

/**
 * Looks at a container whose operation lock the caller holds: nobody else
 * folds, starts or removes it. @param container its row, read under the lock
 */
export function reconcileHeld(store: Store, container: Container): Look {
	const seen = see(store, container.id);
	if (seen?.end) return { container: settle(store, container, seen.state, seen.end) };
	if (seen) return running(settlePause(store, container), seen.state);
	return { container: settleRow(store, container) };
}

const running = (container: Container, state: State): Look => ({
	container,
	running: state,
	paused: isPaused(container),
});

/** The row says that it may be frozen: unless it is by the user, and nobody is at it, something was left undone. */
function lookAtPause(store: Store, container: Container, state: State): Look {
	if (container.paused === PAUSED.byUser && isPaused(container)) return { container, running: state, paused: true };
	using operation = tryLockOperation(store, container.id);
	const row = operation && byId(store, container.id);
	if (operation && !row) dropLock(store, container.id);
	return row ? reconcileHeld(store, row) : running(container, state);
}

/** What a start has left in the run directory: a run, and its end once it has one. */
export interface Seen {
	state: State;
	end?: End;
}

/** Looks at the run directory, and changes nothing; undefined where there is no run, or its end was written down. */
export function see(store: Store, id: string): Seen | undefined {
	const state = readState(store, id);
	if (!state) return undefined;
	const started = formatTime(state.started);
	const died = recordedEnd(store, id);
	if (died) return { state, end: { started, ...died } };
	if (isAlive(state.monitor, state.monitorStart)) return { state };
	// It may have recorded the end between our two looks.
	const late = recordedEnd(store, id);
	if (late) return { state, end: { started, ...late } };
	endOrphan(store, id, state);
	return { state, end: { started, finished: now(), exitCode: 128 + SIGKILL, error: "the monitor was killed" } };
}

function recordedEnd(store: Store, id: string): Omit<End, "started"> | undefined {
	const entries = recordOfRun(store, id);
	const died = entries.filter((entry) => entry.kind === RECORD_DIED).pop();
	const waits = entries.filter((entry) => entry.kind === RECORD_WAITS).pop();
	if (!died) return undefined;
	const end = { finished: formatTime(died.time), exitCode: died.status };
	return waits ? { ...end, waiter: waiterName(waits.status, waits.time) } : end;
}

/** The first process dies with its monitor, unless it has told the kernel otherwise; and on v1 not while it is frozen. */
function endOrphan(store: Store, id: string, state: State): void {
	const pidfd = openProcess(state.program, state.programStart);
	if (pidfd !== undefined) {
		sendSignal(pidfd, SIGKILL);
		close(pidfd);
	}
	const container = byId(store, id);
	if (container) thaw(freezerGroups(container));
}

/**
 * Writes an end into the row. If somebody is just starting or removing the
 * container, it is theirs to do; if somebody has done so since we looked, we
 * look again.
 */
function fold(store: Store, container: Container, end: End): Look {
	using operation = tryLockOperation(store, container.id);
	if (!operation) return { container: { ...container, ...ended(container, end, end.waiter ?? self()) } };
	const row = byId(store, container.id);
	// It was removed, and the lock's file is ours, made anew.
	if (!row) dropLock(store, container.id);
	return row ? reconcileHeld(store, row) : { container };
}

/** Nothing in the run directory: the row alone tells. */
function lookAtRow(store: Store, container: Container): Look {
	if (isSettled(container)) return { container };
	using operation = tryLockOperation(store, container.id);
	const row = byId(store, container.id);
	if (operation && !row) dropLock(store, container.id);
	// Somebody starts it just now, or has removed it.
	return operation && row ? reconcileHeld(store, row) : { container: row ?? container };
}

/** A row that cannot be true any more; by the holder of the lock. */
function settleRow(store: Store, container: Container): Container {
	if (isSettled(container)) return container;
	if (container.boot !== bootId()) return settleLost(store, container);
	// Who waited was killed.
	if (container.waiter !== null) return takeOver(store, container);
	// Started in this boot, and nothing to see: its bunker was killed at it.
	outcome(() => removeCgroup(container.id, true, container.options.cgroupParent));
	outcome(() => detach(store, container.id));
	outcome(() => leave(store, container.id));
	outcome(() => noteNoStart(store, container.id));
	return byId(store, container.id) ?? container;
}

/** It ran, or was to be restarted, when the host went down. */
function settleLost(store: Store, container: Container): Container {
	if (container.finished !== null) {
		outcome(() => noteWaiter(store, container.id, null));
		return { ...container, waiter: null };
	}
	const end: End = {
		started: container.started ?? container.created,
		finished: now(),
		exitCode: EXIT_LOST,
		error: "the host was rebooted",
	};
	const { restarts, restartDelay } = container;
	const after = { ...end, error: end.error as string, restarts, restartDelay, waiter: null };
	outcome(() => {
		store.transaction(() => {
			noteEnd(store, container.id, after);
			leave(store, container.id);
			recordDeath(store, container, end);
		});
		announce(store);
	});
	return { ...container, ...after };
}

/** Looks at all containers, so that those that have ended give back what is theirs. */
export function sweepEnded(store: Store): void {
	const ids = started(store);
	for (const container of all(store))
		if (ids.has(container.id) && !glance(store, container, ids)) reconcile(store, container);
}

/** Records what is an event of a run that has ended, and whose end is not in the row: for who removes the container. */
export function recordEnd(store: Store, container: Container, end: End): void {
	recordOoms(store, container);
	recordHealth(store, container);
	recordDeath(store, container, end);
}

/** Removes what a killed removal has left in the run root: directories of containers that have no row. */
export function sweep(store: Store, ids: readonly string[]): void {
	for (const id of ids) {
		using operation = tryLockOperation(store, id);
		// The lock is taken before the row is made: with it in our hand, no row means none to come.
		if (!operation || byId(store, id)) continue;
		removeCgroup(id, true);
		removeTree(runDirectory(store.places, id));
		dropLock(store, id);
	}
}

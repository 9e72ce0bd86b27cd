/**
 * What is true of a container now. "Running" is never a row: the kernel is
 * asked, by pid and start time. What a monitor recorded since is folded into
 * the row by whoever looks first, under the operation lock.
 */

import { list, removeTree } from "../../ffi/directory.ts";
import { close, readFileIfThere, readSmallIfThere } from "../../ffi/file.ts";
import { isAlive, openProcess, sendSignal } from "../../ffi/process.ts";
import { decodeRecords, decodeState, RECORD_DIED, type State } from "../../ffi/tape.ts";
import { formatTime, now } from "../clock.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { dropLock, tryLockOperation } from "./locks.ts";
import { outcome } from "./outcome.ts";
import { byId, type Container, noteEnd, noteNoStart } from "./table.ts";

const SIGKILL = 9;
/** What docker says of containers that ran when the host went down. */
const EXIT_LOST = 255;

/** A container and whether it runs. */
export interface Look {
	container: Container;
	/** the processes, while it runs */
	running?: State;
}

/** `created`, `running` or `exited`, as docker names them. */
export function stateName(look: Look): "created" | "running" | "exited" {
	if (look.running) return "running";
	return look.container.finished === null ? "created" : "exited";
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
 * Looks at a container: asks the kernel whether it runs, and folds what its
 * monitor recorded into the row.
 * @param ids what `started` said, when many are looked at
 */
export function look(store: Store, container: Container, ids?: Set<string>): Look {
	if (ids ? ids.has(container.id) : true) {
		const found = lookAtRun(store, container);
		if (found) return found;
	}
	return lookAtRow(store, container);
}

function lookAtRun(store: Store, container: Container): Look | undefined {
	const directory = runDirectory(store.places, container.id);
	const state = readState(directory);
	if (!state) return undefined;
	const died = recordedEnd(directory);
	if (died) return fold(store, container, state, { ...startOf(state), ...died });
	if (isAlive(state.monitor, state.monitorStart)) return { container, running: state };
	// It may have recorded the end between our two looks.
	const late = recordedEnd(directory);
	if (late) return fold(store, container, state, { ...startOf(state), ...late });
	endOrphan(state);
	return fold(store, container, state, {
		...startOf(state),
		finished: now(),
		exitCode: 128 + SIGKILL,
		error: "the monitor was killed",
	});
}

function readState(directory: string): State | undefined {
	const bytes = readSmallIfThere(`${directory}/state`);
	return bytes && decodeState(bytes);
}

const startOf = (state: State) => ({ started: formatTime(state.started) });

function recordedEnd(directory: string): { finished: string; exitCode: number } | undefined {
	const bytes = readFileIfThere(`${directory}/record`);
	const died = bytes && decodeRecords(bytes).findLast((entry) => entry.kind === RECORD_DIED);
	return died && { finished: formatTime(died.time), exitCode: died.status };
}

/** The first process dies with its monitor, unless it has told the kernel otherwise. */
function endOrphan(state: State): void {
	const pidfd = openProcess(state.program, state.programStart);
	if (pidfd === undefined) return;
	sendSignal(pidfd, SIGKILL);
	close(pidfd);
}

/**
 * Writes an end into the row and removes the run directory. If somebody is
 * just starting or removing the container, it is theirs to do; if somebody has
 * done so since we looked, we look again.
 */
function fold(
	store: Store,
	container: Container,
	seen: State,
	end: { started: string; finished: string; exitCode: number; error?: string },
): Look {
	using operation = tryLockOperation(store, container.id);
	if (!operation) return { container: { ...container, error: null, ...end } };
	const directory = runDirectory(store.places, container.id);
	const current = readState(directory);
	if (current?.monitor !== seen.monitor || current.monitorStart !== seen.monitorStart)
		return lookLocked(store, byId(store, container.id) ?? container);
	// A look does not fail because it cannot write: on a full disk the record stays, for the next one.
	if (outcome(() => noteEnd(store, container.id, end)).failure === undefined) removeTree(directory);
	return { container: { ...container, error: null, ...end } };
}

/** What is seen while we hold the operation lock: nobody else folds, starts or removes. */
function lookLocked(store: Store, container: Container): Look {
	const directory = runDirectory(store.places, container.id);
	const state = readState(directory);
	if (!state) return { container };
	const died = recordedEnd(directory);
	return died ? { container: { ...container, ...startOf(state), ...died } } : { container, running: state };
}

/** A container that was started, has no end, and nothing in the run directory: lost with an earlier boot. */
function lookAtRow(store: Store, container: Container): Look {
	if (container.boot === null || container.finished !== null) return { container };
	if (container.boot === bootId()) return lookAtStart(store, container);
	using operation = tryLockOperation(store, container.id);
	const row = byId(store, container.id);
	// Somebody starts it just now, or has done so since we read the row.
	if (!operation || row?.boot !== container.boot || row.finished !== null) return { container: row ?? container };
	const end = {
		started: container.started ?? container.created,
		finished: now(),
		exitCode: EXIT_LOST,
		error: "the host was rebooted",
	};
	outcome(() => noteEnd(store, container.id, end));
	return { container: { ...container, ...end } };
}

/** Started in this boot, and nothing to see: somebody is at it, or was killed at it, or has just folded the end. */
function lookAtStart(store: Store, container: Container): Look {
	using operation = tryLockOperation(store, container.id);
	if (!operation) return { container };
	const found = lookAtRun(store, container);
	if (found) return found;
	outcome(() => noteNoStart(store, container.id));
	return { container: byId(store, container.id) ?? container };
}

/**
 * Removes what a killed removal has left in the run root: directories of
 * containers that have no row.
 * @param ids what `started` said, before the rows were read
 */
export function sweep(store: Store, ids: Set<string>, containers: readonly Container[]): void {
	const known = new Set(containers.map((container) => container.id));
	for (const id of ids) {
		if (known.has(id)) continue;
		using operation = tryLockOperation(store, id);
		// The lock is taken before the row is made: with it in our hand, no row means none to come.
		if (!operation || byId(store, id)) continue;
		removeTree(runDirectory(store.places, id));
		dropLock(store, id);
	}
}

/**
 * What is true of a container now. "Running" is never a row: the kernel is
 * asked, by pid and start time. What a monitor recorded since is folded into
 * the row by whoever looks first, under the operation lock.
 */

import { close, list, readFileIfThere, removeTree } from "../../ffi/file.ts";
import { isAlive, openProcess, sendSignal } from "../../ffi/process.ts";
import { decodeRecords, decodeState, RECORD_DIED, type State } from "../../ffi/tape.ts";
import { formatTime, now } from "../clock.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { dropLock, tryLockOperation } from "./locks.ts";
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
	const bytes = readFileIfThere(`${directory}/state`);
	const state = bytes && decodeState(bytes);
	if (!state) return undefined;
	const died = recordedEnd(directory);
	if (died) return fold(store, container, { ...startOf(state), ...died });
	if (isAlive(state.monitor, state.monitorStart)) return { container, running: state };
	// It may have recorded the end between our two looks.
	const late = recordedEnd(directory);
	if (late) return fold(store, container, { ...startOf(state), ...late });
	endOrphan(state);
	return fold(store, container, {
		...startOf(state),
		finished: now(),
		exitCode: 128 + SIGKILL,
		error: "the monitor was killed",
	});
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
 * just starting or removing the container, it is theirs to do.
 */
function fold(
	store: Store,
	container: Container,
	end: { started: string; finished: string; exitCode: number; error?: string },
): Look {
	const ended: Container = { ...container, error: null, ...end };
	using operation = tryLockOperation(store, container.id);
	if (operation) {
		noteEnd(store, container.id, end);
		removeTree(runDirectory(store.places, container.id));
	}
	return { container: ended };
}

/** A container that was started, has no end, and nothing in the run directory: lost with an earlier boot. */
function lookAtRow(store: Store, container: Container): Look {
	if (container.boot === null || container.finished !== null) return { container };
	if (container.boot === bootId()) return lookAtStart(store, container);
	const end = {
		started: container.started ?? container.created,
		finished: now(),
		exitCode: EXIT_LOST,
		error: "the host was rebooted",
	};
	noteEnd(store, container.id, end);
	return { container: { ...container, ...end } };
}

/** Started in this boot, and nothing to see: somebody is at it, or was killed at it, or has just folded the end. */
function lookAtStart(store: Store, container: Container): Look {
	using operation = tryLockOperation(store, container.id);
	if (!operation) return { container };
	const found = lookAtRun(store, container);
	if (found) return found;
	noteNoStart(store, container.id);
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

/** Removing containers: what is removed is gone entirely, and a kill in between leaves nothing that counts. */

import { list, makeDirectories, removeTree } from "../../ffi/directory.ts";
import { attemptRename } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, runDirectory, temporaryDirectory } from "../places.ts";
import { dropLock, lockOperation } from "./locks.ts";
import { outcome } from "./outcome.ts";
import { look } from "./state.ts";
import { killAndWait, killProgram } from "./stop.ts";
import { byId, type Container, drop, find } from "./table.ts";

/**
 * Removes containers. With `force` those that run are killed, all before the
 * first is waited for.
 * @returns what went wrong, by the index of the name: a container that runs, and no `force`
 */
export async function remove(
	store: Store,
	names: readonly string[],
	options: { force: boolean },
): Promise<(unknown | undefined)[]> {
	clearGraves(store);
	const containers = names.map((name) => outcome(() => find(store, name)));
	if (options.force && names.length > 1) for (const { value } of containers) if (value) killIfRunning(store, value);
	return containers.map(
		({ value, failure }, index) =>
			failure ??
			outcome(() => removeOne(store, names[index] as string, (value as Container).id, options.force)).failure,
	);
}

function killIfRunning(store: Store, container: Container): void {
	const { running } = look(store, container);
	if (running) killProgram(running);
}

function removeOne(store: Store, name: string, id: string, force: boolean): void {
	using _operation = lockOperation(store, id);
	// Somebody may have started or removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const { container, running } = look(store, find(store, id));
	if (running && !force)
		throw new Failure(`cannot remove container "${name}": container is running`, {
			hint: "stop the container before removing it, or use --force",
		});
	if (running) killAndWait(store, container, running);
	erase(store, id);
}

/**
 * Removes everything of a container that does not run, under its operation
 * lock. The directory goes out of the way by one rename, then the row; what a
 * kill leaves after that, the next `rm` or `ps` clears.
 */
export function erase(store: Store, id: string): void {
	const directory = containerDirectory(store.places, id);
	const grave = `${temporaryDirectory(store.places)}/${GRAVE}${id}`;
	if (!attemptRename(directory, grave)) {
		makeDirectories(temporaryDirectory(store.places), 0o700);
		attemptRename(directory, grave);
	}
	dropRow(store, id, grave);
	removeTree(runDirectory(store.places, id));
	dropLock(store, id);
	removeTree(grave);
}

/** On a full disk the row can go only when the directory has made room. */
function dropRow(store: Store, id: string, grave: string): void {
	if (outcome(() => drop(store, id)).failure === undefined) return;
	removeTree(grave);
	drop(store, id);
}

const GRAVE = "removed-";

/** Removes what a removal has put out of the way and, killed, not removed. */
export function clearGraves(store: Store): void {
	const graves = temporaryDirectory(store.places);
	for (const name of list(graves)) if (name.startsWith(GRAVE)) removeTree(`${graves}/${name}`);
}

/** Removes a container that has ended, unless somebody has started it again. */
export function eraseEnded(store: Store, id: string): void {
	using _operation = lockOperation(store, id);
	const container = byId(store, id);
	// Somebody else has removed it: the lock's file is ours, made anew.
	if (!container) dropLock(store, id);
	else if (!look(store, container).running) erase(store, id);
}

/** The hidden verb of a monitor whose `--rm` container has ended with no CLI there: removes it. */
export function reap(store: Store, id: string): void {
	if (byId(store, id)?.options.remove) eraseEnded(store, id);
}

/** Removing containers: what is removed is gone entirely, and a kill in between leaves nothing that counts. */

import { isDirectory, list, makeDirectories, removeGrave, removeTree } from "../../ffi/directory.ts";
import { attemptRename } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { recordPart } from "../network/network.ts";
import { containerDirectory, gravePath, locksDirectory, runDirectory, temporaryDirectory } from "../places.ts";
import { dropVolumes } from "../volume/volume.ts";
import { removeCgroup } from "./cgroups.ts";
import { detach } from "./detaching.ts";
import type { End } from "./ending.ts";
import { recordOf } from "./events.ts";
import { clearGraves, dropLimit } from "./graves.ts";
import { dropLock, type Held, lockOperation, lockRoot, tryLockOperation } from "./locks.ts";
import { loadReconciling, look, lookHeld } from "./looking.ts";
import { isNetworked } from "./namespaces.ts";
import { outcome, outcomeOf } from "./outcome.ts";
import { anonymousOf } from "./points.ts";
import { readState } from "./run-directory.ts";
import { isUp, type Look, stateName } from "./state.ts";
import { killAndWait, killProgram } from "./stop.ts";
import { byId, type Container, drop, find, ids } from "./table.ts";
import { cancelWait } from "./waiter.ts";

export interface RemoveOptions {
	force: boolean;
	/** volumes without a name that nobody else uses, too */
	volumes: boolean;
}

/**
 * Removes containers. With `force` those that run are killed, all before the
 * first is waited for.
 * @returns what went wrong, by the index of the name: a container that runs, and no `force`
 */
export async function remove(
	store: Store,
	names: readonly string[],
	options: RemoveOptions,
): Promise<(unknown | undefined)[]> {
	clearGraves(store);
	const containers = names.map((name) => ({ name, ...outcome(() => find(store, name)) }));
	const killed = new Set<string>();
	if (options.force && names.length > 1)
		for (const { value } of containers) if (value && (await killIfRunning(store, value))) killed.add(value.id);
	const failures: (unknown | undefined)[] = [];
	for (const { name, value, failure } of containers)
		failures.push(value ? (await outcomeOf(() => removeOne(store, name, value, options, killed))).failure : failure);
	sweepLocks(store);
	return failures;
}

/** Removes the files of locks that a kill has left: between the lock and the row of a container that was to be made. */
function sweepLocks(store: Store): void {
	const known = ids(store);
	for (const id of list(locksDirectory(store.places))) {
		if (known.has(id)) continue;
		using operation = tryLockOperation(store, id);
		if (operation && !byId(store, id)) dropLock(store, id);
	}
}

/** @returns false if it does not run */
async function killIfRunning(store: Store, container: Container): Promise<boolean> {
	const { running } = await look(store, container);
	if (running) await killProgram(store, container, running);
	return running !== undefined;
}

/** @param killed containers whose programs have been sent SIGKILL */
async function removeOne(
	store: Store,
	name: string,
	{ id }: Container,
	{ force, volumes }: RemoveOptions,
	killed: Set<string>,
): Promise<void> {
	using _operation =
		tryLockOperation(store, id) ?? (force ? await killAndLock(store, id, killed) : lockOperation(store, id));
	// Somebody may have started or removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const seen = await lookHeld(store, find(store, id));
	const { container, running } = seen;
	if (isUp(seen) && !force) throw inUse(name, seen);
	if (running) await killAndWait(store, container, running, killed.has(id));
	await erase(store, id, { volumes });
}

/** docker's sentences. */
function inUse(name: string, seen: Look): Failure {
	const what = `cannot remove container "${name}": container is ${stateName(seen)}`;
	if (seen.paused) return new Failure(`${what} and must be unpaused first`, { hint: "or use --force" });
	return new Failure(what, { hint: "stop the container before removing it, or use --force" });
}

/** Whoever has it in hand may be waiting for the program's end, a restart for as long as its -t says: that is now. */
async function killAndLock(store: Store, id: string, killed: Set<string>): Promise<Held> {
	const container = byId(store, id);
	if (container && !killed.has(id) && (await killIfRunning(store, container))) killed.add(id);
	return lockOperation(store, id);
}

/**
 * Removes everything of a container that does not run, under its operation
 * lock. The directory goes out of the way by one rename, then the row; what a
 * kill leaves after that, the next `rm` or `ps` clears.
 * @param options.volumes what nobody else uses of its volumes without a name goes, too
 */
export async function erase(store: Store, id: string, { volumes }: Pick<RemoveOptions, "volumes">): Promise<void> {
	const container = byId(store, id);
	bury(store, id, container, { run: container && (await lastRun(store, container)), volumes });
}

/** A run that is not in the row yet. */
interface LastRun {
	/** undefined: it goes on */
	end: End | undefined;
	/** records the events of its end, in a transaction */
	record: () => void;
}

async function lastRun(store: Store, container: Container): Promise<LastRun | undefined> {
	if (!readState(store, container.id)) return undefined;
	const { recordEnd, see } = await loadReconciling();
	const seen = see(store, container.id);
	return seen && { end: seen.end, record: () => seen.end && recordEnd(store, container, seen.end) };
}

interface Burial {
	run: LastRun | undefined;
	volumes: boolean;
}

function bury(store: Store, id: string, container: Container | undefined, { run, volumes }: Burial): void {
	for (const waiter of [container?.waiter, run?.end?.waiter]) if (waiter) cancelWait(waiter);
	if (container?.boot) endCgroup(store, container);
	outcome(() => detach(store, id));
	const directory = containerDirectory(store.places, id);
	const grave = gravePath(store.places, id);
	if (!attemptRename(directory, grave)) {
		makeDirectories(temporaryDirectory(store.places), 0o700);
		attemptRename(directory, grave);
	}
	const dropped: string[] = [];
	const forget = () => {
		if (!container) return;
		run?.record();
		if (isNetworked(container.options)) recordPart(store, id, "disconnect");
		recordOf(store, container, "destroy");
	};
	const release = () => {
		if (!volumes || !container?.options.points) return;
		for (const content of dropVolumes(store, anonymousOf(container.options))) dropped.push(content);
	};
	// Known here, so that not every removal asks the file system.
	if (container?.options.storage) dropLimit(grave);
	dropRow(store, id, grave, { before: forget, after: release });
	announce(store);
	removeTree(runDirectory(store.places, id));
	dropLock(store, id);
	removeGrave(grave);
	for (const content of dropped) removeGrave(content);
}

/** Before the row goes, which tells of it. Its monitor may be at it, or have been killed. */
function endCgroup(store: Store, { id, options }: Container): void {
	if (removeCgroup(id, false, options.cgroupParent)) return;
	using _root = isDirectory(containerDirectory(store.places, id)) ? lockRoot(store, id) : undefined;
	removeCgroup(id, true, options.cgroupParent);
}

/** On a full disk the row can go only when the directory has made room. */
function dropRow(
	store: Store,
	id: string,
	grave: string,
	{ before, after }: { before: () => void; after: () => void },
): void {
	const work = () =>
		store.transaction(() => {
			before();
			drop(store, id);
			after();
		});
	if (outcome(work).failure === undefined) return;
	removeGrave(grave);
	work();
}

/** Removes a container that has ended, as --rm says, unless somebody has started it again. */
export async function eraseEnded(store: Store, id: string): Promise<void> {
	using _operation = lockOperation(store, id);
	const container = byId(store, id);
	// Somebody else has removed it: the lock's file is ours, made anew.
	if (!container) {
		dropLock(store, id);
		return;
	}
	const run = await lastRun(store, container);
	if (!run || run.end) bury(store, id, container, { run, volumes: true });
}

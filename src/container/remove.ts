/** Removing containers: what is removed is gone entirely, and a kill in between leaves nothing that counts. */

import { isDirectory, list, makeDirectories, removeGrave, removeTree } from "../../ffi/directory.ts";
import { attemptRename } from "../../ffi/file.ts";
import { dropProject } from "../../ffi/project.ts";
import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { recordPart } from "../network/network.ts";
import { containerDirectory, GRAVE, gravePath, locksDirectory, runDirectory, temporaryDirectory } from "../places.ts";
import { dropVolumes } from "../volume/volume.ts";
import { removeCgroup } from "./cgroups.ts";
import { recordHealth } from "./checkup.ts";
import { detach } from "./detaching.ts";
import { type End, recordDeath } from "./ending.ts";
import { recordOf } from "./events.ts";
import { dropLock, type Held, lockOperation, lockRoot, tryLockOperation } from "./locks.ts";
import { isNetworked } from "./networking.ts";
import { recordOoms } from "./oom.ts";
import { outcome } from "./outcome.ts";
import { anonymousOf } from "./points.ts";
import { isUp, type Look, look, lookHeld, see, stateName } from "./state.ts";
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
	const containers = names.map((name) => outcome(() => find(store, name)));
	const killed = new Set<string>();
	if (options.force && names.length > 1)
		for (const { value } of containers) if (value && killIfRunning(store, value)) killed.add(value.id);
	const failures = containers.map(
		({ value, failure }, index) =>
			failure ?? outcome(() => removeOne(store, names[index] as string, value as Container, options, killed)).failure,
	);
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
function killIfRunning(store: Store, container: Container): boolean {
	const { running } = look(store, container);
	if (running) killProgram(store, container, running);
	return running !== undefined;
}

/** @param killed containers whose programs have been sent SIGKILL */
function removeOne(
	store: Store,
	name: string,
	{ id }: Container,
	{ force, volumes }: RemoveOptions,
	killed: Set<string>,
): void {
	using _operation = tryLockOperation(store, id) ?? (force ? killAndLock(store, id, killed) : lockOperation(store, id));
	// Somebody may have started or removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const seen = lookHeld(store, find(store, id));
	const { container, running } = seen;
	if (isUp(seen) && !force) throw inUse(name, seen);
	if (running) killAndWait(store, container, running, killed.has(id));
	erase(store, id, { volumes });
}

/** docker's sentences. */
function inUse(name: string, seen: Look): Failure {
	const what = `cannot remove container "${name}": container is ${stateName(seen)}`;
	if (seen.paused) return new Failure(`${what} and must be unpaused first`, { hint: "or use --force" });
	return new Failure(what, { hint: "stop the container before removing it, or use --force" });
}

/** Whoever has it in hand may be waiting for the program's end, a restart for as long as its -t says: that is now. */
function killAndLock(store: Store, id: string, killed: Set<string>): Held {
	const container = byId(store, id);
	if (container && !killed.has(id) && killIfRunning(store, container)) killed.add(id);
	return lockOperation(store, id);
}

/**
 * Removes everything of a container that does not run, under its operation
 * lock. The directory goes out of the way by one rename, then the row; what a
 * kill leaves after that, the next `rm` or `ps` clears.
 * @param options.volumes what nobody else uses of its volumes without a name goes, too
 */
export function erase(store: Store, id: string, { volumes }: Pick<RemoveOptions, "volumes">): void {
	const container = byId(store, id);
	bury(store, id, container, { end: container && see(store, id)?.end, volumes });
}

interface Burial {
	/** of a run that is not in the row yet */
	end: End | undefined;
	volumes: boolean;
}

function bury(store: Store, id: string, container: Container | undefined, { end, volumes }: Burial): void {
	for (const waiter of [container?.waiter, end?.waiter]) if (waiter) cancelWait(waiter);
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
		if (end) recordOoms(store, container);
		if (end) recordHealth(store, container);
		if (end) recordDeath(store, container, end);
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

/** Removes what a removal has put out of the way and, killed, not removed. */
export function clearGraves(store: Store): void {
	const graves = temporaryDirectory(store.places);
	for (const name of list(graves)) {
		if (!name.startsWith(GRAVE)) continue;
		dropLimit(`${graves}/${name}`);
		removeGrave(`${graves}/${name}`);
	}
}

/** The limit on what it could write (storage.ts) goes before what it limits, so a grave that is still there has both. */
function dropLimit(grave: string): void {
	dropProject(`${grave}/upper`, grave);
}

/** Removes a container that has ended, as --rm says, unless somebody has started it again. */
export function eraseEnded(store: Store, id: string): void {
	using _operation = lockOperation(store, id);
	const container = byId(store, id);
	// Somebody else has removed it: the lock's file is ours, made anew.
	if (!container) {
		dropLock(store, id);
		return;
	}
	const seen = see(store, id);
	if (!seen || seen.end) bury(store, id, container, { end: seen?.end, volumes: true });
}

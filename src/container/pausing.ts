/**
 * Paused, as rows and the kernel have it. The row is written before the freezer
 * is: it says why a container may be frozen, so that whoever looks after a kill
 * knows what was meant, and only where it says so the kernel is asked. An event
 * is recorded with the change of the row that makes it one.
 */

import { AT_FDCWD, O_CREAT, O_WRONLY } from "../../ffi/constants.ts";
import { close, openIfThere } from "../../ffi/file.ts";
import { HEALTH } from "../../ffi/tape.ts";
import { type Group, isFrozen, thaw } from "../cgroup/cgroup.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { groupsOf } from "./cgroups.ts";
import { recordOf } from "./events.ts";
import { outcome } from "./outcome.ts";
import { type Container, PAUSED, setPaused } from "./table.ts";

/**
 * Notes a pause, or its end, and records the event that it is.
 * @returns the row as it is then; undefined if somebody else has changed it since
 */
export function notePause(store: Store, container: Container, to: number): Container | undefined {
	const { id, paused: from } = container;
	const event = to > 0 ? "pause" : "unpause";
	const done = store.transaction(() => {
		if (!setPaused(store, id, from, to)) return false;
		if (to > 0 !== from > 0) recordOf(store, container, event);
		return true;
	});
	announce(store);
	return done ? { ...container, paused: to } : undefined;
}

/** Where a container is frozen. */
export const freezerGroups = ({ id, options }: Pick<Container, "id" | "options">): Group[] =>
	groupsOf(id, options.cgroupParent);

/** True if the kernel says so, for a row that hints at it. */
export function isPaused(container: Container): boolean {
	return container.paused !== PAUSED.no && isFrozen(freezerGroups(container));
}

/** Lets a container run again, whether or not the disk has room for saying so: the kernel is asked. */
export function release(store: Store, container: Container): void {
	const { paused } = container;
	// The event first: what the program does then comes after it.
	const going = outcome(() => notePause(store, container, -Math.abs(paused))).value ?? container;
	wake(store, container);
	outcome(() => notePause(store, going, PAUSED.no));
}

/** A health check that the pause has stopped in the middle does not count. */
function wake(store: Store, container: Container): void {
	const mark = openIfThere(
		`${runDirectory(store.places, container.id)}/${HEALTH.thawed}`,
		O_WRONLY | O_CREAT,
		AT_FDCWD,
		0o600,
	);
	if (mark !== undefined) close(mark);
	thaw(freezerGroups(container));
}

/**
 * Makes row and kernel agree again for a container that runs, by the holder of
 * its operation lock: a pause or a commit was killed in the middle, or somebody
 * else has thawed it.
 * @returns the row as it is then
 */
export function settlePause(store: Store, container: Container): Container {
	const { paused } = container;
	if (paused === PAUSED.no) return container;
	if (!isPaused(container) || Math.abs(paused) !== PAUSED.byUser) {
		release(store, container);
		return { ...container, paused: PAUSED.no };
	}
	if (paused > 0) return container;
	// A look does not fail because it cannot write.
	return outcome(() => notePause(store, container, PAUSED.byUser)).value ?? container;
}

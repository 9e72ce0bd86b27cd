/**
 * The locks of a container, all flocks: gone with the last descriptor,
 * however their holder ends.
 *
 * - The operation lock, a file in the run root (tmpfs): whoever starts, removes or
 *   folds, for as long as that takes. Who waits for it looks again afterwards.
 * - The root lock, the directory itself: whoever mounts the upper layer. Its
 *   monitor holds it until the end is recorded; the kernel would allow a second
 *   overlay on the same upper, and corrupt it.
 * - The upper lock, that layer's directory: shared by those who copy by way of
 *   a container's own mount, which outlives the container in their descriptors.
 */

import { AT_FDCWD, O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { close, lock, open, openIfThere, statusOf, unlink } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, locksDirectory } from "../places.ts";

/** A lock that ends with its scope. */
export type Held = { fd: number } & Disposable;

const held = (fd: number): Held => ({ fd, [Symbol.dispose]: () => close(fd) });

/** Waits for the operation lock. Who gets it must look whether the container is still there. */
export function lockOperation(store: Store, id: string): Held {
	return take(store, id, true) as Held;
}

/** The operation lock, if nobody holds it. */
export function tryLockOperation(store: Store, id: string): Held | undefined {
	return take(store, id, false);
}

/**
 * A lock counts only on the file that is there: who has waited may have got that
 * of one which its holder has removed (dropLock), while somebody else makes it anew.
 */
function take(store: Store, id: string, wait: boolean): Held | undefined {
	for (;;) {
		const fd = openLock(store, id);
		const isOurs = lock(fd, { wait });
		if (isOurs && statusOf(fd).nlink > 0) return held(fd);
		close(fd);
		if (!isOurs) return undefined;
	}
}

function openLock(store: Store, id: string): number {
	const directory = locksDirectory(store.places);
	const path = `${directory}/${id}`;
	const fd = openIfThere(path, O_RDWR | O_CREAT, AT_FDCWD, 0o600);
	if (fd !== undefined) return fd;
	makeDirectories(directory, 0o700);
	return open(path, O_RDWR | O_CREAT, 0o600);
}

/** Removes the file of an operation lock, by its holder, with the container or where there is none. */
export function dropLock(store: Store, id: string): void {
	unlink(`${locksDirectory(store.places)}/${id}`);
}

/**
 * The lock of the upper layer itself, shared by those who read and write it by
 * way of a container's own mount: their descriptors keep that when the container
 * has ended.
 */
export function lockUpper(store: Store, id: string): Held {
	return takeUpper(store, id, true);
}

/** Waits for those, before the upper layer is mounted anew; under the root lock. */
export function waitForHolds(store: Store, id: string): void {
	takeUpper(store, id, false)[Symbol.dispose]();
}

function takeUpper(store: Store, id: string, shared: boolean): Held {
	const fd = open(`${containerDirectory(store.places, id)}${UPPER}`, O_RDONLY | O_DIRECTORY);
	lock(fd, { wait: true, shared });
	return held(fd);
}

/**
 * True where nobody has the upper layer mounted, or copies by way of it; by the
 * holder of the operation lock, without which nobody begins to.
 * @param running it is mounted, for its program
 */
export function isFree(store: Store, id: string, running = false): boolean {
	return (running || passes(store, id, "", false)) && passes(store, id, UPPER, false);
}

/**
 * Sleeps until that may be so. Without the operation lock: who copies may never
 * end (`cp` to a reader that does not read), and `stop` and `rm -f` are for that, too.
 */
export function waitUntilFree(store: Store, id: string, running = false): void {
	if (!running) passes(store, id, "", true);
	passes(store, id, UPPER, true);
}

const UPPER = "/upper";

/** Takes one of these locks, and lets go of it. @returns false if somebody has it */
function passes(store: Store, id: string, below: string, wait: boolean): boolean {
	const fd = openIfThere(`${containerDirectory(store.places, id)}${below}`, O_RDONLY | O_DIRECTORY, AT_FDCWD);
	if (fd === undefined) return true;
	const passed = lock(fd, { wait });
	close(fd);
	return passed;
}

/** Waits for the root lock: a monitor that has recorded its container's end is just letting go of it. */
export function lockRoot(store: Store, id: string): Held {
	const fd = open(containerDirectory(store.places, id), O_RDONLY | O_DIRECTORY);
	lock(fd, { wait: true });
	return held(fd);
}

/** The directories that a container has before it starts. */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { makeDirectories, makeDirectory, removeTree } from "../../ffi/directory.ts";
import { statusIfThere, writeFile } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import type { Store } from "../kernel/store.ts";
import { baseDirectory, containerDirectory, layersDirectory, runDirectory } from "../places.ts";

/**
 * Makes the directories of a container; those that are there stay.
 * @returns false if it has written something already, or may have
 * @param top the highest layer of its image, by its name
 */
export function makeDirectoriesOf(store: Store, id: string, top: string | undefined): boolean {
	const directory = containerDirectory(store.places, id);
	makeDirectories(directory, 0o710);
	makeDirectory(`${directory}/work`, 0o711);
	const isNew = makeDirectory(`${directory}/upper`, 0o755);
	if (isNew && top !== undefined) inheritRoot(`${directory}/upper`, `${layersDirectory(store.places)}/${top}`);
	return isNew;
}

const ROOT_MODE = 0o755;

/** Owner and mode of the container's / are the upper directory's, whatever the layers say of it. */
function inheritRoot(upper: string, layer: string): void {
	const { mode, uid, gid } = statusIfThere(layer) ?? { mode: ROOT_MODE, uid: 0, gid: 0 };
	if (uid !== 0 || gid !== 0) call(`change the owner of ${upper}`, "fchownat", AT_FDCWD, upper, uid, gid, 0);
	if ((mode & 0o7777) !== ROOT_MODE) call(`change the mode of ${upper}`, "fchmodat", AT_FDCWD, upper, mode & 0o7777);
}

/** Makes the run directory of a start, empty. */
export function makeRunDirectory(store: Store, id: string): void {
	const run = runDirectory(store.places, id);
	removeTree(run);
	makeDirectories(run, 0o700);
}

/**
 * Makes the base layer once. What every container mounts over comes from it:
 * on a busy ext4 each of these made anew in the upper layer would cost a third
 * of a millisecond, and `diff` would show them. Made in place, the last file
 * last: where a kill has left it half made, the next start goes on.
 */
export function makeBase(store: Store): void {
	const base = baseDirectory(store.places);
	if (statusIfThere(`${base}/etc/${PROVIDED[PROVIDED.length - 1]}`)) return;
	for (const name of ["proc", "sys", "dev", "etc"]) makeDirectories(`${base}/${name}`);
	for (const name of PROVIDED) writeFile(`${base}/etc/${name}`, "");
}

const PROVIDED = ["hosts", "hostname", "resolv.conf"];

/** A volatile upper refuses to be mounted again while this is there (overlayfs.rst, Volatile mount). */
export function forgetVolatile(store: Store, id: string): void {
	removeTree(`${containerDirectory(store.places, id)}/work/work/incompat/volatile`);
}

/**
 * Where a volume's content is. The directory is made by whoever first needs it;
 * one without a row is garbage.
 */

import { AT_FDCWD, AT_REMOVEDIR } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { attemptRename } from "../../ffi/file.ts";
import { dropProject } from "../../ffi/project.ts";
import { randomBytes } from "../../ffi/random.ts";
import { attempt } from "../../ffi/system.ts";
import type { Store } from "../kernel/store.ts";
import { gravePath, type Places, temporaryDirectory, volumeContent, volumeDirectory } from "../places.ts";
import { find, type Volume } from "./table.ts";

/** Makes the directory of a volume's content, where it is missing, as docker does. */
export function makeContent(at: Places, name: string): void {
	makeDirectories(volumeDirectory(at, name), 0o701);
	makeDirectories(volumeContent(at, name), 0o755);
}

/**
 * Makes the directory of a volume's content where it is missing, and limits it to the volume's size, if it has one.
 * @returns the volume; undefined if it is gone
 * @throws Failure (125) where it cannot be limited
 */
export async function provide(store: Store, name: string): Promise<Volume | undefined> {
	makeContent(store.places, name);
	const volume = find(store, name);
	if (volume?.options?.size) (await import("./limit.ts")).limitContent(store.places, volume);
	return volume;
}

/** Removes the directory of a volume that holds nothing. */
export function dropEmpty(at: Places, name: string): void {
	dropLimit(at, name);
	for (const path of [volumeContent(at, name), volumeDirectory(at, name)])
		if (attempt("unlinkat", AT_FDCWD, path, AT_REMOVEDIR) < 0) return;
}

/**
 * Puts what a volume held out of the way: within the transaction that drops its
 * row, so that nobody makes another of that name meanwhile, and as the last of it.
 * @returns where it is, to be removed after that; of a kill the next `rm` or `ps` clears it
 */
export function putAway(at: Places, name: string): string {
	dropLimit(at, name);
	const grave = gravePath(at, randomBytes(8).toHex());
	if (!attemptRename(volumeDirectory(at, name), grave)) {
		makeDirectories(temporaryDirectory(at), 0o700);
		attemptRename(volumeDirectory(at, name), grave);
	}
	return grave;
}

/** The limit on what it may hold (limit.ts) goes before what it limits. Where that stays after all, the next mount limits it again. */
function dropLimit(at: Places, name: string): void {
	dropProject(volumeContent(at, name), volumeDirectory(at, name));
}

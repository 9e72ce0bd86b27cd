/**
 * Where a volume's content is. The directory is made by whoever first needs it;
 * one without a row is garbage.
 */

import { makeDirectories, removeTree } from "../../ffi/directory.ts";
import { attemptRename } from "../../ffi/file.ts";
import { randomBytes } from "../../ffi/random.ts";
import { type Places, temporaryDirectory, volumeContent, volumeDirectory } from "../places.ts";

/** Makes the directory of a volume's content, where it is missing, as docker does. */
export function makeContent(at: Places, name: string): void {
	makeDirectories(volumeDirectory(at, name), 0o701);
	makeDirectories(volumeContent(at, name), 0o755);
}

/** Removes what a volume held, once its row is gone: out of the way by one rename first. */
export function removeContent(at: Places, name: string): void {
	const grave = `${temporaryDirectory(at)}/removed-${randomBytes(8).toHex()}`;
	makeDirectories(temporaryDirectory(at), 0o700);
	if (attemptRename(volumeDirectory(at, name), grave)) removeTree(grave);
}

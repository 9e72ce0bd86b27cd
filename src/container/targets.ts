/**
 * The places in a container where something of the user's is mounted, and its
 * working directory: whether a link of its root lies on the way there. Nearly
 * always there is none; what is done where there is one is in target-links.ts.
 */

import { AT_FDCWD, O_DIRECTORY, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from "../../ffi/constants.ts";
import { errno } from "../../ffi/errno.ts";
import { close, openIfThere, tryOpenAt2 } from "../../ffi/file.ts";
import type { Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, layersDirectory } from "../places.ts";
import type { Spec } from "../runtime/runtime.ts";
import { inheritsMode, isAsked } from "./mounting.ts";
import type { RunOptions } from "./options.ts";

const ELOOP = -(errno.ELOOP as number);
const ENOENT = -(errno.ENOENT as number);

/** Whose root it is. */
export interface RootOwner {
	id: string;
	options: Pick<RunOptions, "rootfs">;
	image: Image | undefined;
	/** it has not written anything yet */
	isNew?: boolean;
}

/** The specification as it is compiled: without links on the way to what is mounted. The one that is stored says what was asked for. */
export async function withoutLinks<Some extends Pick<Spec, "mounts"> & { process?: Spec["process"] }>(
	store: Store,
	owner: RootOwner,
	spec: Some,
): Promise<Some> {
	const paths = spec.mounts.filter(isAsked).map(({ destination }) => destination);
	if (spec.process && spec.process.cwd !== "/") paths.push(spec.process.cwd);
	if (paths.length === 0) return spec;
	const directories = directoriesOf(store, owner);
	if (!meetsLink(directories, paths) && spec.mounts.filter(inheritsMode).length === 0) return spec;
	return (await import("./target-links.ts")).follow(directories, spec);
}

/** What a root is made of, the topmost first. The lowest layer, of places to mount over, has no links. */
function directoriesOf(store: Store, { id, options, image, isNew }: RootOwner): string[] {
	if (!image) return [options.rootfs as string];
	const layers = image.layers.map((layer) => `${layersDirectory(store.places)}/${layer}`).reverse();
	return isNew ? layers : [`${containerDirectory(store.places, id)}/upper`, ...layers];
}

/** What is in a directory, or hidden by it, is not looked for in those below. */
function meetsLink(directories: readonly string[], paths: readonly string[]): boolean {
	let left = paths;
	let meets = false;
	for (const directory of directories) {
		const root = openIfThere(directory, O_PATH | O_DIRECTORY, AT_FDCWD);
		if (root === undefined) continue;
		left = left.filter((path) => {
			const found = tryOpenAt2(root, `.${path}`, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
			if (found >= 0) close(found);
			else if (found === ELOOP) meets = true;
			return found === ENOENT;
		});
		close(root);
	}
	return meets;
}

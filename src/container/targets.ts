/**
 * The places in a container where something is mounted, and its working
 * directory: where a link of the root on the way there leads to what is not
 * there, docker makes what it leads to. mkdir(2) follows no link, so the links
 * are followed before, in the layers: nobody has them mounted then. What comes
 * of it is a path like any other, looked up inside the container's root.
 */

import { AT_FDCWD, O_DIRECTORY, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from "../../ffi/constants.ts";
import { isDirectory } from "../../ffi/directory.ts";
import { errno } from "../../ffi/errno.ts";
import { close, openIfThere, tryOpenAt2 } from "../../ffi/file.ts";
import { danglingTarget, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { baseDirectory, containerDirectory, layersDirectory } from "../places.ts";
import type { Mount, Spec } from "../runtime/runtime.ts";
import type { Container } from "./table.ts";

const ELOOP = -(errno.ELOOP as number);

/** The specification as it is compiled: without links that lead to nothing. The one that is stored says what was asked for. */
export async function followLinks(
	store: Store,
	{ id, options }: Container,
	image: Image | undefined,
	spec: Spec,
): Promise<Spec> {
	const own = spec.mounts.filter(isAsked);
	const { cwd } = spec.process;
	const directories = image ? layersOf(store, id, image) : [options.rootfs as string];
	const follow = async (path: string) => {
		if (!meetsLink(directories, path)) return path;
		const target = await danglingTarget(directories.filter(isDirectory), path);
		return target === undefined || isCovered(spec.mounts, target) || isCovered(spec.mounts, path) ? path : target;
	};
	const targets = new Map<Mount, string>();
	for (const mount of own) targets.set(mount, await follow(mount.destination));
	const mounts = spec.mounts.map((mount) => ({ ...mount, destination: targets.get(mount) ?? mount.destination }));
	return { ...spec, mounts, process: { ...spec.process, cwd: await follow(cwd) } };
}

/** What bunker mounts of its own has a place in every root. */
const isAsked = ({ destination, options }: Mount): boolean =>
	!/^\/(proc|sys|dev)(\/|$)/.test(destination) && !options.includes("nofollow");

/** What is mounted above a path is not in the layers: there the kernel finds what it finds. */
function isCovered(mounts: readonly Mount[], path: string): boolean {
	return mounts.filter(({ destination }) => path.startsWith(`${destination}/`)).length > 0;
}

function layersOf(store: Store, id: string, image: Image): string[] {
	const layers = image.layers.map((layer) => `${layersDirectory(store.places)}/${layer}`).reverse();
	return [`${containerDirectory(store.places, id)}/upper`, ...layers, baseDirectory(store.places)];
}

/** A quick look: nearly always there is none in any of the directories. */
function meetsLink(directories: readonly string[], path: string): boolean {
	return directories.filter((directory) => meetsLinkIn(directory, path)).length > 0;
}

function meetsLinkIn(directory: string, path: string): boolean {
	const root = openIfThere(directory, O_PATH | O_DIRECTORY, AT_FDCWD);
	if (root === undefined) return false;
	const found = tryOpenAt2(root, `.${path}`, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (found >= 0) close(found);
	close(root);
	return found === ELOOP;
}

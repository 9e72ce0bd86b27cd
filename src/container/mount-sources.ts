/** What of mounts hardly anybody has: subpaths, and images. Looked at before they are compiled. */

import { AT_FDCWD, O_DIRECTORY, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, S_IFDIR } from "../../ffi/constants.ts";
import { errno, errnoText } from "../../ffi/errno.ts";
import { closing, isType, openIfThere, statusOf, tryOpenAt2 } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import { get, modeIn } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { layersDirectory } from "../places.ts";
import { type Layers, type Mount, sourcePath, type Take } from "../runtime/runtime.ts";
import { takeSeldom } from "../runtime/staging.ts";

/** What the compiler has to know of sources. */
export interface Sources {
	/** those that are directories (sourcePath) */
	directories: Set<string>;
	/** layers of images that are mounted, by id */
	images: Map<string, Layers>;
	take: Take;
}

/**
 * Looks at images and subpaths.
 * @param directories what is known of sources already
 * @param options.planned what is missing may be there by then, as a directory
 * @throws Failure (125) for what is not there, in docker's words (moby, safepath/errors.go)
 */
export async function lookAtSources(
	store: Store,
	mounts: readonly Mount[],
	directories: ReadonlySet<string>,
	options: { planned: boolean },
): Promise<Sources> {
	const found: Sources = { directories: new Set(directories), images: new Map(), take: takeSeldom };
	for (const mount of mounts) {
		if (mount.type === "image") await lookAtImage(store, mount, found);
		else if (mount.subpath !== undefined && (mount.type === "bind" || options.planned))
			lookAtSubpath(mount, mount.subpath, found, options);
		// Of a file system that is not mounted yet nobody knows.
		else if (mount.subpath !== undefined) found.directories.add(sourcePath(mount));
	}
	return found;
}

async function lookAtImage(store: Store, mount: Mount, found: Sources): Promise<void> {
	const { source, subpath } = mount;
	const names = get(store, source).layers;
	const directory = layersDirectory(store.places);
	found.images.set(source, { directory, names });
	if (subpath === undefined) return;
	const layers = [...names].reverse().map((name) => `${directory}/${name}`);
	const mode = await modeIn(layers, `/${subpath}`);
	if (mode === undefined) throw inaccessible(`${source}/${subpath}`, errno.ENOENT);
	if (isType({ mode }, S_IFDIR)) found.directories.add(sourcePath(mount));
}

function lookAtSubpath(mount: Mount, subpath: string, found: Sources, { planned }: { planned: boolean }): void {
	const path = sourcePath(mount);
	const base = openIfThere(mount.source, O_PATH | O_DIRECTORY, AT_FDCWD);
	if (base === undefined && !planned) throw inaccessible(mount.source, errno.ENOENT);
	if (base === undefined) return void found.directories.add(path);
	using _base = closing(base);
	const fd = tryOpenAt2(base, subpath, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd === -errno.ENOENT && planned) return void found.directories.add(path);
	if (fd === -errno.EXDEV)
		throw new Failure(`path concatenation escapes the base directory, base: ${mount.source}, subpath: ${subpath}`, {
			exitCode: EXIT.refused,
		});
	if (fd < 0) throw inaccessible(path, -fd);
	using opened = closing(fd);
	if (isType(statusOf(opened.fd), S_IFDIR)) found.directories.add(path);
}

const inaccessible = (path: string, number: number): Failure =>
	new Failure(`cannot access path ${path}: ${errnoText(number)}`, { exitCode: EXIT.refused });

/**
 * The first use of a volume: what its container's image has at that place is
 * copied into it, owner and mode of the directory too, as docker does when a
 * container is made (moby, daemon/create_unix.go populateVolumes). A volume that
 * holds anything is left as it is.
 */

import { O_CREAT, O_DIRECTORY, O_PATH, O_RDONLY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, closing, lock, open, openAt, statusIfThere, statusOf, tryOpenAt2, unlink } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { copyTree } from "../copy/copy.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { volumeContent, volumeDirectory } from "../places.ts";
import { find, makeContent } from "../volume/volume.ts";
import { type Hold, mountRoot } from "./holding.ts";
import type { Point } from "./options.ts";
import { pointsOf } from "./points.ts";
import type { Container } from "./table.ts";

/** Beside the content while it is copied: who finds it, and has the lock, goes on with what a kill has left. */
const MARK = "filling";

/**
 * Makes and fills the volumes of a container that was just made; under its operation lock.
 * @throws Failure (125)
 */
export async function fillVolumes(store: Store, container: Container): Promise<void> {
	let image: Hold | undefined;
	try {
		for (const point of pointsOf(container.options)) {
			if (point.type !== "volume") continue;
			makeContent(store.places, point.source);
			if (point.noCopy || container.image === null || isElsewhere(store, point.source)) continue;
			using volume = lockVolume(store, point.source);
			using place = openPlace(store, point);
			if (!place || !wantsContent(volume.fd, place.fd)) continue;
			image ??= await mountRoot(store, container, { mounts: [], readOnly: true });
			fill(volume.fd, place.fd, point, image.root);
		}
	} finally {
		image?.[Symbol.dispose]();
	}
}

/** With options it is what they say, as it is there. */
const isElsewhere = (store: Store, volume: string): boolean => Boolean(find(store, volume)?.options?.type);

/** Two containers that begin with one volume: the second waits, and finds it filled. */
function lockVolume(store: Store, name: string): { fd: number } & Disposable {
	const fd = open(volumeDirectory(store.places, name), O_RDONLY | O_DIRECTORY);
	lock(fd, { wait: true });
	return closing(fd);
}

/** The directory that is mounted; undefined where that of a subpath is not there, which the start complains about. */
function openPlace(store: Store, { source, subpath }: Point): ({ fd: number } & Disposable) | undefined {
	const content = open(volumeContent(store.places, source), O_RDONLY | O_DIRECTORY);
	if (subpath === undefined) return closing(content);
	const fd = tryOpenAt2(content, subpath, O_RDONLY | O_DIRECTORY, INSIDE);
	close(content);
	return fd < 0 ? undefined : closing(fd);
}

const wantsContent = (volume: number, place: number): boolean =>
	statusIfThere(MARK, volume) !== undefined || entries(place).length === 0;

/**
 * @param volume descriptor of the volume's directory
 * @param place descriptor of what is filled
 * @param root descriptor of the image's root
 */
function fill(volume: number, place: number, { source, target, anonymous }: Point, root: number): void {
	const directory = tryOpenAt2(root, target, O_PATH | O_DIRECTORY, INSIDE);
	if (directory === -(errno.ENOTDIR as number) && anonymous)
		throw new Failure(`cannot mount a volume over the existing file ${target}`, { exitCode: EXIT.refused });
	if (NOTHING.includes(directory)) return;
	if (directory < 0) throw new SystemError(`open ${target} of the image`, -directory);
	using from = closing(directory);
	close(openAt(volume, MARK, O_RDONLY | O_CREAT, 0o600));
	copyTree(
		{ directory: from.fd, name: ".", path: target },
		{ directory: place, name: ".", path: `the volume ${source}` },
		{ archive: true },
	);
	takeAfter(from.fd, place);
	unlink(MARK, volume);
}

/** The directory itself, too, is as the image has it. */
function takeAfter(from: number, to: number): void {
	const { uid, gid, mode } = statusOf(from);
	call("change the owner of the volume", "fchown", to, uid, gid);
	call("change the mode of the volume", "fchmod", to, mode & PERMISSIONS);
}

const PERMISSIONS = 0o7777;
const INSIDE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
/** There is no directory of that path in the image. */
const NOTHING = [errno.ENOENT, errno.ENOTDIR, errno.ELOOP].map((number) => -(number as number));

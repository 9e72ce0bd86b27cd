/**
 * The first use of a volume: what its container's image has at that place is
 * copied into it, owner and mode of the directory too, as docker does when a
 * container is made (moby, daemon/create_unix.go populateVolumes). A volume that
 * holds anything is left as it is.
 */

import { O_CREAT, O_DIRECTORY, O_PATH, O_RDONLY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "../../ffi/constants.ts";
import { entries, removeGrave } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, closing, lock, open, openAt, statusIfThere, statusOf, tryOpenAt2, unlink } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { copyTree } from "../copy/copy.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { volumeContent, volumeDirectory } from "../places.ts";
import { provide, putAway, usersOf } from "../volume/volume.ts";
import { type Hold, mountRoot } from "./holding.ts";
import type { Point } from "./options.ts";
import { pointsOf } from "./points.ts";
import { type Container, noteOptions } from "./table.ts";

/** Beside the content while it is copied: who finds it, and has the lock, goes on with what a kill has left. */
const MARK = "filling";

/**
 * Makes and fills the volumes of a container that was just made, or whose bunker
 * was killed at it; under its operation lock.
 * @returns what it is now
 * @throws Failure (125)
 */
export async function fillVolumes(store: Store, container: Container): Promise<Container> {
	let image: Hold | undefined;
	try {
		for (const point of pointsOf(container.options)) {
			if (point.type !== "volume") continue;
			const { options } = (await provide(store, point.source)) ?? {};
			// With a type it is what its options say, as it is there.
			if (container.image === null || options?.type) continue;
			using volume = lockVolume(store, point.source);
			using place = openPlace(store, point);
			const begun = statusIfThere(MARK, volume.fd) !== undefined;
			if (!place || !(begun || entries(place.fd).length === 0)) continue;
			image ??= point.noCopy ? undefined : await mountRoot(store, container, { mounts: [], readOnly: true });
			using from = point.noCopy ? undefined : imagesOwn((image as Hold).root, point);
			// Who uses it as it is may change what a kill has left there.
			if (!from && begun) unlink(MARK, volume.fd);
			else if (from) fill(store, container, point, { from: from.fd, place: place.fd, volume: volume.fd, begun });
		}
	} finally {
		image?.[Symbol.dispose]();
	}
	const { unfilled, ...options } = container.options;
	if (unfilled) noteOptions(store, container.id, options);
	return { ...container, options };
}

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

/** The directory of the image that lies there; undefined where there is none. */
function imagesOwn(root: number, { target, anonymous }: Point): ({ fd: number } & Disposable) | undefined {
	const directory = tryOpenAt2(root, target, O_PATH | O_DIRECTORY, INSIDE);
	if (directory === -(errno.ENOTDIR as number) && anonymous)
		throw new Failure(`cannot mount a volume over the existing file ${target}`, { exitCode: EXIT.refused });
	if (NOTHING.includes(directory)) return undefined;
	if (directory < 0) throw new SystemError(`open ${target} of the image`, -directory);
	return closing(directory);
}

/** Descriptors. */
interface Filling {
	/** of the image's directory */
	from: number;
	/** of what is filled */
	place: number;
	/** of the volume's directory, whose lock we have */
	volume: number;
	/** somebody was killed at it */
	begun: boolean;
}

function fill(
	store: Store,
	{ id }: Container,
	{ source, target, subpath }: Point,
	{ from, place, volume, begun }: Filling,
): void {
	close(openAt(volume, MARK, O_RDONLY | O_CREAT, 0o600));
	try {
		copyTree(
			{ directory: from, name: ".", path: target },
			{ directory: place, name: ".", path: `the volume ${source}` },
			{ archive: true },
		);
		takeAfter(from, place);
	} catch (error) {
		if (!begun && subpath === undefined) empty(store, id, source);
		throw error;
	}
	unlink(MARK, volume);
}

/** What could not be copied whole would keep a full disk full. If another container uses the volume by now, it goes on with it. */
function empty(store: Store, id: string, volume: string): void {
	const grave = store.transaction(() =>
		usersOf(store, volume).some((user) => user !== id) ? undefined : putAway(store.places, volume),
	);
	if (grave !== undefined) removeGrave(grave);
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

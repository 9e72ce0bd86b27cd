/** What has no content of its own: symbolic links, FIFOs, device nodes. None is ever opened. */

import {
	AT_EMPTY_PATH,
	AT_SYMLINK_NOFOLLOW,
	O_CLOEXEC,
	O_NOFOLLOW,
	O_PATH,
	PATH_MAX,
	S_IFBLK,
	S_IFCHR,
	S_IFIFO,
	S_IFLNK,
} from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { check, finishNode, ownerOf } from "./metadata.ts";
import { type Origin, type Place, put } from "./place.ts";
import type { CopyOptions } from "./spot.ts";

/** Something that was looked at, kept by an O_PATH descriptor. */
export interface Pinned extends Origin {
	pin: number;
}

const NODES = [S_IFCHR, S_IFBLK, S_IFIFO];

/** overlay's mark for "nothing is here": what hides a name in a layer says nothing elsewhere. */
export const isWhiteout = (stat: Stat): boolean => stat.type === S_IFCHR && stat.device === 0;

/** @returns false where it is nothing of the kind: a socket */
export function copyNode(options: CopyOptions, origin: Pinned, place: Place): boolean {
	const { stat } = origin;
	if (stat.type === S_IFLNK) copyLink(options, origin, place);
	else if (NODES.includes(stat.type)) copySpecial(options, origin, place);
	else return false;
	return true;
}

const target = new Uint8Array(PATH_MAX + 1);

function copyLink(options: CopyOptions, origin: Pinned, place: Place): void {
	const { stat, path } = origin;
	const size = attempt("readlinkat", origin.pin, "", target, PATH_MAX);
	check(size, "read the link", path);
	target[size] = 0;
	put(place, origin, () => attempt("symlinkat", target, place.directory, place.name));
	const owner = ownerOf(options, stat, place.imposing);
	if (owner) finishMade(options, origin, place, owner);
	else
		check(
			attempt("utimensat", place.directory, place.name, stat.times, AT_SYMLINK_NOFOLLOW),
			"set the times of",
			place.path,
		);
}

function copySpecial(options: CopyOptions, origin: Pinned, place: Place): void {
	const { stat } = origin;
	put(place, origin, () => attempt("mknodat", place.directory, place.name, stat.mode, stat.device));
	finishMade(options, origin, place, ownerOf(options, stat, place.imposing));
}

const made = new Stat();

/** By a descriptor that names what we made: somebody may have put a file of another's in its place. */
function finishMade(
	options: CopyOptions,
	origin: Pinned,
	place: Place,
	owner: { uid: number; gid: number } | undefined,
) {
	const { stat } = origin;
	const fd = attempt("openat", place.directory, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	check(fd, "find again", place.path);
	try {
		check(made.at(fd, "", AT_EMPTY_PATH), "look at", place.path);
		if (made.type !== stat.type || made.device !== stat.device || made.nlink !== 1) throw changed(place);
		const { imposing } = place;
		finishNode(options, {
			source: origin.pin,
			target: fd,
			stat,
			owner,
			hasMode: !imposing,
			imposed: imposing,
			path: place.path,
		});
	} finally {
		close(fd);
	}
}

/** For what somebody swapped while we worked on it. */
export const changed = (place: Place): SystemError =>
	new SystemError(`find again ${place.path()}, which somebody replaced`, 2);

/**
 * A name where something is to be made. What is there already goes first,
 * unless that would surprise: a directory, the source itself, a mount.
 */

import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, S_IFDIR } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { isMountRoot } from "../../ffi/filesystem.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";

export interface Place {
	directory: number;
	/** one component: the address of its bytes, or these, with a NUL */
	name: number | Uint8Array;
	/** the directory gives what is made in it a group or an access list of its own */
	imposing: boolean;
	/** for errors */
	path: () => string;
}

/** What is copied to a place. */
export interface Origin {
	stat: Stat;
	path: () => string;
}

const EEXIST = -(errno.EEXIST as number);
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

/** Somebody who makes the name again each time that we remove it will lose this game, or win it and have an error. */
const ROUNDS = 100;

/** Makes a regular file, open for writing. @param mode the umask is not ours to heed: see `withoutMask` */
export function createFile(place: Place, origin: Origin, mode: number): number {
	const fd = attempt("openat", place.directory, place.name, NEW_FILE, mode);
	if (fd >= 0) return fd;
	return put(place, origin, () => attempt("openat", place.directory, place.name, NEW_FILE, mode));
}

/**
 * Makes something, in the place of what may be there.
 * @param make fails with EEXIST where there is something
 * @returns its result
 * @throws Failure where a directory is there
 */
export function put(place: Place, origin: Origin, make: () => number): number {
	let result = make();
	for (let round = 0; result === EEXIST && round < ROUNDS; round++) {
		clear(place, origin);
		result = make();
	}
	if (result < 0) throw new SystemError(`make ${place.path()}`, -result);
	return result;
}

const there = new Stat();

function clear(place: Place, { stat, path }: Origin): void {
	if (there.at(place.directory, place.name, AT_SYMLINK_NOFOLLOW) < 0) return;
	if (there.type === S_IFDIR)
		throw new Failure(`cannot overwrite directory "${place.path()}" with non-directory "${path()}"`);
	if (there.isSame(stat)) throw new Failure(`${path()} and ${place.path()} are the same file`);
	// From outside its namespace the kernel lets us: the container would lose what is mounted there.
	if (isMountRoot(place.directory, place.name))
		throw new Failure(`cannot replace ${place.path()}: something is mounted there; write into it from inside`);
	const gone = attempt("unlinkat", place.directory, place.name, 0);
	if (gone < 0 && gone !== -(errno.ENOENT as number)) throw new SystemError(`replace ${place.path()}`, -gone);
}

/** Files get the modes that they are made with; not for asynchronous work. */
export function withoutMask<T>(work: () => T): T {
	const mask = attempt("umask", 0);
	try {
		return work();
	} finally {
		attempt("umask", mask);
	}
}

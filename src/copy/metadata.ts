/**
 * Owner, attributes, mode and times of what has been made. The order matters:
 * chown clears setuid, setgid and security.capability (chown(2)), an access list
 * changes the mode, and all of it the time of change only.
 */

import { AT_EMPTY_PATH, S_IFLNK } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { changeMode } from "../../ffi/reopen.ts";
import type { Stat } from "../../ffi/stat.ts";
import { attempt, pathBytes } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import type { CopyOptions } from "./spot.ts";

/** What was made, and what it is to be like. */
export interface Made {
	/** open: of the source, and of what was made */
	source: number;
	target: number;
	/** the source's */
	stat: Stat;
	/** undefined: it has the right one */
	owner: Owner | undefined;
	/** it has the right mode, but for setuid and the like */
	hasMode: boolean;
	/** its directory gave it an access list */
	imposed: boolean;
	/** for errors */
	path: () => string;
}

export interface Owner {
	uid: number;
	gid: number;
}

const SPECIAL = 0o7000;
const PERMISSIONS = 0o7777;

/** Everything of a regular file or directory that is not its content. */
export function finish(options: CopyOptions, made: Made): void {
	const { target, stat, owner, path } = made;
	if (owner) check(attempt("fchown", target, owner.uid, owner.gid), "change the owner of", path);
	if (options.archive && made.imposed) for (const name of [ACCESS, DEFAULT]) attempt("fremovexattr", target, name);
	copyAttributes(options, made);
	if (!made.hasMode || stat.mode & SPECIAL)
		check(attempt("fchmod", target, stat.mode & PERMISSIONS), "change the mode of", path);
	check(attempt("utimensat", target, 0, stat.times, 0), "set the times of", path);
}

/** The same of what cannot be opened: `source` and `target` are O_PATH. */
export function finishNode(options: CopyOptions, made: Made): void {
	const { target, stat, owner, path } = made;
	if (owner) check(attempt("fchownat", target, "", owner.uid, owner.gid, AT_EMPTY_PATH), "change the owner of", path);
	const isLink = stat.type === S_IFLNK;
	if (!isLink && options.archive) copyLists(made);
	if (!isLink && (owner || !made.hasMode))
		check(changeMode(target, stat.mode & PERMISSIONS), "change the mode of", path);
	check(attempt("utimensat", target, "", stat.times, AT_EMPTY_PATH), "set the times of", path);
}

/**
 * Who is to own what was made by us, root; undefined where it is right already.
 * @param imposing the directory gives what is made in it a group
 */
export function ownerOf({ archive }: CopyOptions, stat: Stat, imposing: boolean): Owner | undefined {
	if (archive) return imposing || stat.uid !== 0 || stat.gid !== 0 ? stat : undefined;
	return imposing ? ROOT : undefined;
}

const ROOT = { uid: 0, gid: 0 };

export function check(result: number, what: string, path: () => string): void {
	if (result < 0) throw new SystemError(`${what} ${path()}`, -result);
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of limits.h */
const names = new Uint8Array(65_536);
const value = new Uint8Array(65_536);
const CAPABILITY = pathBytes("security.capability");
const ACCESS = pathBytes("system.posix_acl_access");
const DEFAULT = pathBytes("system.posix_acl_default");

/** True where what is made in a directory gets an access list from it. */
export const hasDefaults = (directory: number): boolean =>
	attempt("getxattr", `/proc/self/fd/${directory}`, DEFAULT, 0, 0) > 0;

/**
 * What docker keeps, a program's capabilities; with `-a` also attributes of the
 * user's and access lists. Labels are the host's security module's, trusted.*
 * is overlay's and root's own.
 */
function copyAttributes({ archive }: CopyOptions, made: Made): void {
	if (!archive) {
		const size = attempt("fgetxattr", made.source, CAPABILITY, value, value.length);
		if (size > 0) set(made, CAPABILITY, size);
		return;
	}
	const size = attempt("flistxattr", made.source, names, names.length);
	for (let start = 0; start < size; ) {
		const end = names.indexOf(0, start) + 1;
		const name = names.subarray(start, end);
		start = end;
		if (!KEPT.test(decodeText(name))) continue;
		const length = attempt("fgetxattr", made.source, name, value, value.length);
		if (length >= 0) set(made, name, length);
	}
}

/** A node that cannot be opened has nothing but an access list: user.* is for files and directories (xattr(7)). */
function copyLists(made: Made): void {
	const size = attempt("getxattr", `/proc/self/fd/${made.source}`, ACCESS, value, value.length);
	if (size <= 0) return;
	const result = attempt("setxattr", `/proc/self/fd/${made.target}`, ACCESS, value, size, 0);
	check(result, "set the access list of", made.path);
}

const KEPT = /^(user\.|security\.capability\0|system\.posix_acl_)/;
const USER = /^user\./;

/** EPERM is passed over as docker does it; what is the user's own where the file system has no room for it, as cp(1). */
function set({ target, path }: Made, name: Uint8Array, length: number): void {
	const result = attempt("fsetxattr", target, name, value, length, 0);
	if (result >= 0 || result === -(errno.EPERM as number)) return;
	const text = decodeText(name.subarray(0, -1));
	if (result === -(errno.EOPNOTSUPP as number) && USER.test(text)) return;
	throw new SystemError(`set the attribute ${text} of ${path()}`, -result);
}

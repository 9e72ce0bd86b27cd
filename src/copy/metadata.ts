/**
 * Owner, attributes, mode and times of what has been made. The order matters:
 * chown clears setuid, setgid and security.capability (chown(2)), an access list
 * changes the mode, and all of it the time of change only.
 */

import { AT_EMPTY_PATH, S_IFLNK } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { changeMode } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
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
	if (options.archive && made.imposed) dropImposed(target);
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
	if (!isLink && options.archive) copyList(made);
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

/** Takes the access lists away that something open got from its directory. */
export function dropImposed(fd: number): void {
	for (const name of [ACCESS, DEFAULT]) attempt("fremovexattr", fd, name);
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of limits.h */
const names = new Uint8Array(65_536);
const value = new Uint8Array(65_536);
const CAPABILITY = pathBytes("security.capability");
export const ACCESS_LIST = "system.posix_acl_access";
export const DEFAULT_LIST = "system.posix_acl_default";
const ACCESS = pathBytes(ACCESS_LIST);
const DEFAULT = pathBytes(DEFAULT_LIST);

const S_ISGID = 0o2000;
const directoryStat = new Stat();

/** True where what is made in a directory gets a group or an access list from it. @param directory O_PATH is enough */
export function imposes(directory: number): boolean {
	if (directoryStat.of(directory) < 0 || directoryStat.mode & S_ISGID) return true;
	return attempt("getxattr", `/proc/self/fd/${directory}`, DEFAULT, 0, 0) > 0;
}

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
		if (!isKept(decodeText(name.subarray(0, -1)))) continue;
		const length = attempt("fgetxattr", made.source, name, value, value.length);
		if (length >= 0) set(made, name, length);
	}
}

/** A node that cannot be opened has nothing but an access list: user.* is for files and directories (xattr(7)). */
function copyList({ source, target, imposed, path }: Made): void {
	const size = attempt("getxattr", `/proc/self/fd/${source}`, ACCESS, value, value.length);
	setList(target, size > 0 ? value.subarray(0, size) : undefined, imposed, path);
}

/** Gives a node, by an O_PATH descriptor, an access list, or takes away what its directory gave it. */
export function setList(pin: number, list: Uint8Array | undefined, imposed: boolean, path: () => string): void {
	const at = `/proc/self/fd/${pin}`;
	if (list) checkSet(attempt("setxattr", at, ACCESS, list, list.length, 0), ACCESS_LIST, path);
	else if (imposed) attempt("removexattr", at, ACCESS);
}

const KEPT = /^(user\.|security\.capability$|system\.posix_acl_)/;
const USER = /^user\./;

/** True for an attribute that a copy keeps. */
export const isKept = (name: string): boolean => KEPT.test(name);

function set({ target, path }: Made, name: Uint8Array, length: number): void {
	checkSet(attempt("fsetxattr", target, name, value, length, 0), decodeText(name.subarray(0, -1)), path);
}

/** EPERM is passed over as docker does it; what is the user's own where the file system has no room for it, as cp(1). */
export function checkSet(result: number, name: string, path: () => string): void {
	if (result >= 0 || result === -(errno.EPERM as number)) return;
	if (result === -(errno.EOPNOTSUPP as number) && USER.test(name)) return;
	throw new SystemError(`set the attribute ${name} of ${path()}`, -result);
}

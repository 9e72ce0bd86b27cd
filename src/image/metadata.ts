/**
 * Owner, mode, attributes and times of what has been unpacked. Numbers only:
 * the names of users in an archive are its maker's. The order matters: chown
 * clears setuid, setgid and security.capability (chown(2)), so it comes first;
 * writing changes the time, so that comes last.
 */

import { AT_SYMLINK_NOFOLLOW } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { attempt, call } from "../../ffi/system.ts";
import { timesOf } from "../../ffi/timespec.ts";
import type { Member } from "../tar/member.ts";
import type { Place } from "./tree.ts";

/** (uid_t)-1 means "leave as it is" to chown. */
const MOST_ID = 0xfffffffe;

function checkOwner(member: Member): void {
	if (member.uid > MOST_ID || member.gid > MOST_ID)
		throw new Error(`an owner out of range, ${member.uid}:${member.gid}`);
}

/** Everything of an open file that is not its content. */
export function finishFile(fd: number, member: Member): void {
	checkOwner(member);
	call("change its owner", "fchown", fd, member.uid, member.gid);
	for (const [name, value] of allowed(member)) {
		checkAttribute(name, attempt("fsetxattr", fd, name, value, value.length, 0));
	}
	call("change its mode", "fchmod", fd, member.mode);
	call("set its times", "utimensat", fd, 0, timesOf(member.mtime), 0);
}

/** Owner and mode of what is no regular file. */
export function ownAndMode({ parent, name }: Place, member: Member): void {
	checkOwner(member);
	call("change its owner", "fchownat", parent, name, member.uid, member.gid, AT_SYMLINK_NOFOLLOW);
	// fchmodat follows links and a link has no mode of its own. Nobody else can put one here: the tree is ours alone.
	if (member.kind !== "symlink") call("change its mode", "fchmodat", parent, name, member.mode);
}

/** Attributes of what is no regular file. lsetxattr takes no descriptor, so the way there is a magic link. */
export function applyAttributes({ parent, name }: Place, member: Member): void {
	for (const [attribute, value] of allowed(member)) {
		const path = `/proc/self/fd/${parent}/${name}`;
		checkAttribute(attribute, attempt("lsetxattr", path, attribute, value, value.length, 0));
	}
}

/** overlay's own attributes would let a layer name what it wants of the layers below; docker's archives have none. */
const allowed = (member: Member): [string, Uint8Array][] =>
	member.attributes.size === 0 ? [] : [...member.attributes].filter(([name]) => !name.startsWith("trusted.overlay."));

/** Left out as docker does: what this file system has no room for, and labels of another machine's security module. */
const LEFT_OUT = [errno.EOPNOTSUPP, errno.EPERM].map((number) => -number);

function checkAttribute(name: string, result: number): void {
	if (result < 0 && !LEFT_OUT.includes(result)) throw new SystemError(`set the attribute ${name}`, -result);
}

/** Sets the time of modification, and of access to the same. Links are not followed. */
export function setTimes({ parent, name }: Place, mtime: bigint): void {
	call("set its times", "utimensat", parent, name, timesOf(mtime), AT_SYMLINK_NOFOLLOW);
}

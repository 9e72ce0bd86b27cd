/** Owner, attributes, mode and times of what came out of an archive; the order is that of metadata.ts. */

import { AT_EMPTY_PATH, O_CLOEXEC, O_NOFOLLOW, O_PATH } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { changeMode } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { timesOf } from "../../ffi/timespec.ts";
import type { Member } from "../tar/member.ts";
import { ACCESS_LIST, check, checkSet, DEFAULT_LIST, dropImposed, isKept, type Owner, setList } from "./metadata.ts";
import type { Place } from "./place.ts";
import type { CopyOptions } from "./spot.ts";

const ROOT: Owner = { uid: 0, gid: 0 };
const SPECIAL = 0o7000;
/** (uid_t)-1 means "leave as it is" to chown. */
const MOST_ID = 0xfffffffe;

/**
 * Owner, attributes and mode of a file or directory that is open.
 * @param imposed its directory may have given it a group and a mode; undefined: it was there already
 */
export function finishOpen(fd: number, member: Member, options: CopyOptions, imposed: boolean | undefined): void {
	const path = () => member.path;
	const owner = ownerOf(member, options);
	if (owner ?? imposed) {
		const { uid, gid } = owner ?? ROOT;
		check(attempt("fchown", fd, uid, gid), "change the owner of", path);
	}
	if (options.archive && imposed) dropImposed(fd);
	for (const [name, value] of member.attributes)
		if (isKept(name) && name !== DEFAULT_LIST) setAttribute(fd, name, value, path);
	const hasMode = member.kind === "file" && imposed === false && (member.mode & SPECIAL) === 0;
	if (!hasMode) check(attempt("fchmod", fd, member.mode), "change the mode of", path);
}

const made = new Stat();

/** The same, and the times, of what cannot be opened: by a descriptor that names it. @param type one of S_IF* */
export function finishNamed(place: Place, type: number, member: Member, options: CopyOptions): void {
	const path = () => member.path;
	const pin = attempt("openat", place.directory, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	check(pin, "find again", path);
	try {
		check(made.of(pin), "look at", path);
		if (made.type !== type || made.nlink !== 1) throw new Error("somebody replaced it while it was made");
		const { uid, gid } = ownerOf(member, options) ?? ROOT;
		check(attempt("fchownat", pin, "", uid, gid, AT_EMPTY_PATH), "change the owner of", path);
		if (member.kind !== "symlink") {
			const imposed = options.archive && place.imposing;
			setList(pin, member.attributes.get(ACCESS_LIST), imposed, path);
			check(changeMode(pin, member.mode), "change the mode of", path);
		}
		check(attempt("utimensat", pin, "", timesOf(member.mtime), AT_EMPTY_PATH), "set the times of", path);
	} finally {
		close(pin);
	}
}

/** Sets the times of what is open. */
export function setTimes(fd: number, { mtime, path }: Pick<Member, "mtime" | "path">): void {
	check(attempt("utimensat", fd, 0, timesOf(mtime), 0), "set the times of", () => path);
}

/** What a directory gets when all that is in it is there: making that would change its times, or get its access list. */
export function finishDirectory(fd: number, member: Member): void {
	const defaults = member.attributes.get(DEFAULT_LIST);
	if (defaults) setAttribute(fd, DEFAULT_LIST, defaults, () => member.path);
	setTimes(fd, member);
}

function setAttribute(fd: number, name: string, value: Uint8Array, path: () => string): void {
	checkSet(attempt("fsetxattr", fd, name, value, value.length, 0), name, path);
}

/** @returns undefined for root, who makes everything */
function ownerOf({ uid, gid }: Member, { archive }: CopyOptions): Owner | undefined {
	if (!archive || (uid === 0 && gid === 0)) return undefined;
	if (uid > MOST_ID || gid > MOST_ID) throw new Error(`an owner out of range, ${uid}:${gid}`);
	return { uid, gid };
}

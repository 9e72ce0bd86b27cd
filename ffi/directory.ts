/** Directories: making, listing and removing them, each failure an error with its sentence. */

import { AT_FDCWD, AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, S_IFDIR } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { close, isType, openIfThere, statusIfThere } from "./file.ts";
import { attempt, nameOf, type Path, pathText } from "./system.ts";
import { decodeText } from "./text.ts";

/** An entry of a directory; the name is bytes, `kind` one of the DT_ of readdir(3). */
export interface Entry {
	name: Uint8Array;
	kind: number;
}

/** Makes a directory. @returns false if something of that name is there already */
export function makeDirectory(path: Path, mode = 0o755, directory = AT_FDCWD): boolean {
	const result = attempt("mkdirat", directory, nameOf(path), mode);
	if (result === -(errno.EEXIST as number)) return false;
	if (result < 0) throw new SystemError(`make directory ${pathText(path)}`, -result);
	return true;
}

/** Makes a directory and its parents. For paths of our own: links in it are followed. */
export function makeDirectories(path: string, mode = 0o755): void {
	const result = attempt("mkdirat", AT_FDCWD, path, mode);
	if (result === 0 || result === -(errno.EEXIST as number)) return;
	if (result !== -(errno.ENOENT as number)) throw new SystemError(`make directory ${path}`, -result);
	makeDirectories(path.slice(0, Math.max(1, path.lastIndexOf("/"))), mode);
	makeDirectory(path, mode);
}

/**
 * Removes a file or a directory with all in it; what is not there, or goes meanwhile, is fine.
 * Never follows a link: everything is done relative to the descriptor of the parent.
 */
export function removeTree(path: Path, directory = AT_FDCWD): void {
	removeBelow({ name: path, kind: 0 }, directory, undefined, 0);
}

/**
 * The same, of what was put out of the way before: whoever has it open, as `cp`
 * has a container that is removed, may go on to write into it. What that leaves
 * is for the next who looks.
 */
export function removeGrave(path: string): void {
	try {
		removeTree(path);
	} catch (error) {
		if (!(error instanceof SystemError) || error.code !== "ENOTEMPTY") throw error;
	}
}

/** Directories open at once. A container or an archive can make them deeper than there are descriptors. */
const DEEPEST = 100;
const RENAME_NOREPLACE = 1;

const DT_DIR = 4;

/**
 * @param entry its kind is what it was when it was listed; 0: not known
 * @param top descriptor of the directory that all this is about; what is too deep is moved up there
 */
function removeBelow(
	entry: { name: Path; kind: number },
	directory: number,
	top: number | undefined,
	depth: number,
): void {
	const path = entry.name;
	const plain = entry.kind === DT_DIR ? errno.EISDIR : attemptUnlink(path, directory, 0);
	if (plain === GONE) return;
	if (plain !== errno.EISDIR) throw new SystemError(`remove ${pathText(path)}`, plain);
	if (attemptUnlink(path, directory, AT_REMOVEDIR) === GONE) return;
	if (top !== undefined && depth === DEEPEST) return void moveUp(path, directory, top);
	const fd = openIfThere(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, directory);
	if (fd === undefined) return;
	try {
		// Again for the first one: something may have been moved up into it.
		for (let found = entries(fd); found.length > 0; found = depth === 0 ? entries(fd) : [])
			for (const below of found) removeBelow(below, fd, top ?? fd, depth + 1);
	} finally {
		close(fd);
	}
	const left = attemptUnlink(path, directory, AT_REMOVEDIR);
	if (left !== GONE) throw new SystemError(`remove ${pathText(path)}`, left);
}

function moveUp(path: Path, directory: number, top: number): void {
	const result = attempt(
		"renameat2",
		directory,
		nameOf(path),
		top,
		`.removed-${crypto.randomUUID()}`,
		RENAME_NOREPLACE,
	);
	if (result < 0 && result !== -(errno.ENOENT as number)) throw new SystemError(`move ${pathText(path)} up`, -result);
}

const GONE = 0;

/** @returns 0 if the name is gone, by us or somebody else; the errno otherwise */
function attemptUnlink(path: Path, directory: number, flags: number): number {
	const result = attempt("unlinkat", directory, nameOf(path), flags);
	return result === -(errno.ENOENT as number) ? GONE : -result;
}

/** Nothing else happens while a directory is read: one buffer, whose pages are taken once, does for all. */
const buffer = new Uint8Array(32768);
const view = new DataView(buffer.buffer);

/** All entries of an open directory but `.` and `..`. */
export function entries(fd: number): Entry[] {
	const found: Entry[] = [];
	scan(fd, (start, end) => found.push({ name: buffer.slice(start, end), kind: buffer[start - 1] as number }));
	return found;
}

/** Gives where the names are in the buffer; before each is its kind. */
function scan(fd: number, give: (start: number, end: number) => void): void {
	attempt("lseek", fd, 0, 0);
	for (;;) {
		const size = attempt("getdents64", fd, buffer, buffer.length);
		// ENOENT: the directory has been removed while it was open.
		if (size === 0 || size === -(errno.ENOENT as number)) return;
		if (size < 0) throw new SystemError(`list descriptor ${fd}`, -size);
		for (let at = 0; at < size; at += view.getUint16(at + 16, true)) {
			const start = at + 19;
			const end = buffer.indexOf(0, start);
			if (buffer[start] === DOT && (end === start + 1 || (end === start + 2 && buffer[start + 1] === DOT))) continue;
			give(start, end);
		}
	}
}

const DOT = 0x2e;

/** The names in a directory, as text; none where there is no such directory. */
export function list(path: Path): string[] {
	const fd = openIfThere(path, O_RDONLY | O_DIRECTORY);
	if (fd === undefined) return [];
	const names: string[] = [];
	try {
		scan(fd, (start, end) => names.push(decodeText(buffer.subarray(start, end))));
	} finally {
		close(fd);
	}
	return names;
}

/** True if the path, links followed, is a directory. */
export function isDirectory(path: Path): boolean {
	const status = statusIfThere(path, AT_FDCWD, 0);
	return status !== undefined && isType(status, S_IFDIR);
}

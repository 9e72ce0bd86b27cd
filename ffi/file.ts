/**
 * Files and directories: the calls that bunker needs, each an error with its
 * sentence. Descriptors are close-on-exec. Bun's own file functions are not
 * used: `node:fs` costs 1.3-2 ms to import, knows no openat2, and turns names
 * that are not UTF-8 into others.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_REMOVEDIR,
	AT_SYMLINK_NOFOLLOW,
	LOCK_EX,
	LOCK_NB,
	O_CLOEXEC,
	O_CREAT,
	O_DIRECTORY,
	O_NOFOLLOW,
	O_PATH,
	O_RDONLY,
	O_TRUNC,
	O_WRONLY,
	S_IFDIR,
	S_IFMT,
} from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt, call, type Path, pathBytes, pathText } from "./system.ts";

/** What stat says; times in nanoseconds since the epoch. */
export interface Status {
	dev: number;
	ino: number;
	mode: number;
	nlink: number;
	uid: number;
	gid: number;
	rdevMajor: number;
	rdevMinor: number;
	size: number;
	/** 512-byte units really allocated */
	blocks: number;
	mtime: bigint;
}

/** An entry of a directory; the name is bytes, `kind` one of DT_*. */
export interface Entry {
	name: Uint8Array;
	kind: number;
}

export const DT_DIR = 4;
export const DT_REG = 8;
export const DT_LNK = 10;

const nul = (path: Path): Path => (typeof path === "string" ? path : pathBytes(path));

/** Opens a path relative to a directory. @throws SystemError */
export function openAt(directory: number, path: Path, flags: number, mode = 0): number {
	return call(`open ${pathText(path)}`, "openat", directory, nul(path), flags | O_CLOEXEC, mode);
}

/** Opens a path. @throws SystemError */
export function open(path: Path, flags: number, mode = 0): number {
	return openAt(AT_FDCWD, path, flags, mode);
}

/** Opens a path; undefined where there is none (with O_CREAT: no directory for it). @throws SystemError for any other failure */
export function openIfThere(path: Path, flags: number, directory = AT_FDCWD, mode = 0): number | undefined {
	const fd = attempt("openat", directory, nul(path), flags | O_CLOEXEC, mode);
	if (fd === -(errno.ENOENT as number)) return undefined;
	if (fd < 0) throw new SystemError(`open ${pathText(path)}`, -fd);
	return fd;
}

const how = new BigUint64Array(3);
const howBytes = new Uint8Array(how.buffer);

/**
 * openat2(2): opens a path under rules of its own (RESOLVE_IN_ROOT, RESOLVE_BENEATH …).
 * @returns the descriptor, or the negative errno
 */
export function tryOpenAt2(directory: number, path: Path, flags: number, resolve: number, mode = 0): number {
	how[0] = BigInt(flags | O_CLOEXEC);
	how[1] = BigInt(mode);
	how[2] = BigInt(resolve);
	return attempt("openat2", directory, nul(path), howBytes, howBytes.length);
}

/** openat2(2). @throws SystemError */
export function openAt2(directory: number, path: Path, flags: number, resolve: number, mode = 0): number {
	const fd = tryOpenAt2(directory, path, flags, resolve, mode);
	if (fd < 0) throw new SystemError(`open ${pathText(path)}`, -fd);
	return fd;
}

/** Closes a descriptor; that it was not open is a mistake of ours and not looked at. */
export function close(fd: number): void {
	attempt("close", fd);
}

/** A descriptor that closes at the end of its scope: `using file = closing(open(…))`. */
export function closing(fd: number): { fd: number } & Disposable {
	return { fd, [Symbol.dispose]: () => close(fd) };
}

/** Reads at most `buffer.length` bytes. @returns how many; 0 at the end */
export function read(fd: number, buffer: Uint8Array, what = `read descriptor ${fd}`): number {
	return call(what, "read", fd, buffer, buffer.length);
}

/** Writes all bytes. @throws SystemError */
export function writeAll(fd: number, bytes: Uint8Array, what = `write to descriptor ${fd}`): void {
	for (let done = 0; done < bytes.length; ) done += call(what, "write", fd, bytes.subarray(done), bytes.length - done);
}

/** Reads a descriptor to its end, or to about `most` bytes of a file that somebody makes grow. */
export function readToEnd(fd: number, what = `read descriptor ${fd}`, most = Number.POSITIVE_INFINITY): Uint8Array {
	let buffer = new Uint8Array(4096);
	let size = 0;
	while (size < most) {
		const n = read(fd, buffer.subarray(size), what);
		if (n === 0) break;
		size += n;
		if (size === buffer.length) {
			const larger = new Uint8Array(buffer.length * 4);
			larger.set(buffer);
			buffer = larger;
		}
	}
	return buffer.subarray(0, size);
}

/** The content of a file; undefined where there is none. @throws SystemError for any other failure */
export function readFileIfThere(path: Path, directory = AT_FDCWD): Uint8Array | undefined {
	const fd = openIfThere(path, O_RDONLY, directory);
	if (fd === undefined) return undefined;
	try {
		return readToEnd(fd, `read ${pathText(path)}`);
	} finally {
		close(fd);
	}
}

/** The content of a file. @throws SystemError */
export function readFile(path: Path, directory = AT_FDCWD): Uint8Array {
	const bytes = readFileIfThere(path, directory);
	if (bytes === undefined) throw new SystemError(`open ${pathText(path)}`, errno.ENOENT as number);
	return bytes;
}

/** Makes or replaces a file. Not atomic: for names nobody else looks at yet. */
export function writeFile(path: Path, content: Uint8Array | string, mode = 0o644, directory = AT_FDCWD): void {
	const fd = openAt(directory, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	try {
		writeAll(fd, typeof content === "string" ? new TextEncoder().encode(content) : content, `write ${pathText(path)}`);
	} finally {
		close(fd);
	}
}

/** Renames, replacing what is there. */
export function rename(from: Path, to: Path, fromDirectory = AT_FDCWD, toDirectory = fromDirectory): void {
	call(`rename ${pathText(from)} to ${pathText(to)}`, "renameat2", fromDirectory, nul(from), toDirectory, nul(to), 0);
}

/** Makes a directory. @returns false if something of that name is there already */
export function makeDirectory(path: Path, mode = 0o755, directory = AT_FDCWD): boolean {
	const result = attempt("mkdirat", directory, nul(path), mode);
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

/** Removes a name that is not a directory. @returns false if it was not there */
export function unlink(path: Path, directory = AT_FDCWD): boolean {
	const result = attempt("unlinkat", directory, nul(path), 0);
	if (result === -(errno.ENOENT as number)) return false;
	if (result < 0) throw new SystemError(`remove ${pathText(path)}`, -result);
	return true;
}

/**
 * Removes a file or a directory with all in it; what is not there, or goes meanwhile, is fine.
 * Never follows a link: everything is done relative to the descriptor of the parent.
 */
export function removeTree(path: Path, directory = AT_FDCWD): void {
	removeBelow(path, directory, undefined, 0);
}

/** Directories open at once. A container or an archive can make them deeper than there are descriptors. */
const DEEPEST = 100;
const RENAME_NOREPLACE = 1;

/** @param top descriptor of the directory that all this is about; what is too deep is moved up there */
function removeBelow(path: Path, directory: number, top: number | undefined, depth: number): void {
	const plain = attemptUnlink(path, directory, 0);
	if (plain === GONE) return;
	if (plain !== errno.EISDIR) throw new SystemError(`remove ${pathText(path)}`, plain);
	if (attemptUnlink(path, directory, AT_REMOVEDIR) === GONE) return;
	if (top !== undefined && depth === DEEPEST) return void moveUp(path, directory, top);
	const fd = openIfThere(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, directory);
	if (fd === undefined) return;
	try {
		// Again for the first one: something may have been moved up into it.
		for (let found = entries(fd); found.length > 0; found = depth === 0 ? entries(fd) : [])
			for (const entry of found) removeBelow(entry.name, fd, top ?? fd, depth + 1);
	} finally {
		close(fd);
	}
	const left = attemptUnlink(path, directory, AT_REMOVEDIR);
	if (left !== GONE) throw new SystemError(`remove ${pathText(path)}`, left);
}

function moveUp(path: Path, directory: number, top: number): void {
	const result = attempt("renameat2", directory, nul(path), top, `.removed-${crypto.randomUUID()}`, RENAME_NOREPLACE);
	if (result < 0 && result !== -(errno.ENOENT as number)) throw new SystemError(`move ${pathText(path)} up`, -result);
}

const GONE = 0;

/** @returns 0 if the name is gone, by us or somebody else; the errno otherwise */
function attemptUnlink(path: Path, directory: number, flags: number): number {
	const result = attempt("unlinkat", directory, nul(path), flags);
	return result === -(errno.ENOENT as number) ? GONE : -result;
}

/** All entries of an open directory but `.` and `..`. */
export function entries(fd: number): Entry[] {
	const found: Entry[] = [];
	const buffer = new Uint8Array(32768);
	const view = new DataView(buffer.buffer);
	attempt("lseek", fd, 0, 0);
	for (;;) {
		const size = attempt("getdents64", fd, buffer, buffer.length);
		// ENOENT: the directory has been removed while it was open.
		if (size === 0 || size === -(errno.ENOENT as number)) return found;
		if (size < 0) throw new SystemError(`list descriptor ${fd}`, -size);
		for (let at = 0; at < size; at += view.getUint16(at + 16, true)) {
			const start = at + 19;
			const name = buffer.slice(start, buffer.indexOf(0, start));
			if (name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e))) continue;
			found.push({ name, kind: buffer[at + 18] as number });
		}
	}
}

/** The names in a directory, as text; none where there is no such directory. */
export function list(path: Path): string[] {
	const fd = openIfThere(path, O_RDONLY | O_DIRECTORY);
	if (fd === undefined) return [];
	try {
		return entries(fd).map((entry) => pathText(entry.name));
	} finally {
		close(fd);
	}
}

const STATX_BASIC = 0x7ff;
const statxBytes = new Uint8Array(256);
const statxView = new DataView(statxBytes.buffer);

/**
 * statx(2), links not followed unless asked.
 * @returns undefined where there is nothing of that name
 */
export function statusIfThere(path: Path, directory = AT_FDCWD, flags = AT_SYMLINK_NOFOLLOW): Status | undefined {
	const result = attempt("statx", directory, nul(path), flags, STATX_BASIC, statxBytes);
	if (result === -(errno.ENOENT as number) || result === -(errno.ENOTDIR as number)) return undefined;
	if (result < 0) throw new SystemError(`look at ${pathText(path)}`, -result);
	const v = statxView;
	return {
		nlink: v.getUint32(16, true),
		uid: v.getUint32(20, true),
		gid: v.getUint32(24, true),
		mode: v.getUint16(28, true),
		ino: Number(v.getBigUint64(32, true)),
		size: Number(v.getBigUint64(40, true)),
		blocks: Number(v.getBigUint64(48, true)),
		mtime: v.getBigInt64(112, true) * 1_000_000_000n + BigInt(v.getUint32(120, true)),
		rdevMajor: v.getUint32(128, true),
		rdevMinor: v.getUint32(132, true),
		dev: v.getUint32(136, true) * 0x100000 + v.getUint32(140, true),
	};
}

/** statx(2) of an open descriptor. @throws SystemError */
export function statusOf(fd: number): Status {
	const status = statusIfThere("", fd, AT_EMPTY_PATH);
	if (!status) throw new SystemError(`look at descriptor ${fd}`, errno.ENOENT as number);
	return status;
}

/** True if the path, links followed, is a directory. */
export function isDirectory(path: Path): boolean {
	const status = statusIfThere(path, AT_FDCWD, 0);
	return status !== undefined && (status.mode & S_IFMT) === S_IFDIR;
}

/** The target of a symbolic link; undefined if there is none. */
export function readLink(path: Path, directory = AT_FDCWD): Uint8Array | undefined {
	const buffer = new Uint8Array(4096);
	const size = attempt("readlinkat", directory, nul(path), buffer, buffer.length);
	return size < 0 ? undefined : buffer.slice(0, size);
}

/**
 * flock(2), exclusive; it belongs to the open file and ends with the last
 * descriptor of it, in whichever process.
 * @returns false if it is held by somebody else (only with `wait: false`)
 */
export function lock(fd: number, options: { wait: boolean; shared?: boolean }): boolean {
	const operation = (options.shared ? 1 : LOCK_EX) | (options.wait ? 0 : LOCK_NB);
	const result = attempt("flock", fd, operation);
	if (result === -(errno.EAGAIN as number)) return false;
	if (result < 0) throw new SystemError(`lock descriptor ${fd}`, -result);
	return true;
}

/** An O_PATH descriptor of a directory. */
export function openDirectory(path: Path, directory = AT_FDCWD): number {
	return openAt(directory, path, O_PATH | O_DIRECTORY);
}

/** Renames. @returns false if what is renamed, or the target's directory, is not there */
export function attemptRename(from: Path, to: Path): boolean {
	const result = attempt("renameat2", AT_FDCWD, nul(from), AT_FDCWD, nul(to), 0);
	if (result === -(errno.ENOENT as number)) return false;
	if (result < 0) throw new SystemError(`rename ${pathText(from)} to ${pathText(to)}`, -result);
	return true;
}

/** Makes a directory. @returns false if its parent is not there; that it is there itself is fine */
export function attemptDirectory(path: Path, mode: number): boolean {
	const result = attempt("mkdirat", AT_FDCWD, nul(path), mode);
	if (result === -(errno.ENOENT as number)) return false;
	if (result < 0 && result !== -(errno.EEXIST as number))
		throw new SystemError(`make directory ${pathText(path)}`, -result);
	return true;
}

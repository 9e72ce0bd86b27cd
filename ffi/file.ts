/**
 * Files: the calls that bunker needs, each an error with its
 * sentence. Descriptors are close-on-exec. Bun's own file functions are not
 * used: `node:fs` costs 1.3-2 ms to import, knows no openat2, and turns names
 * that are not UTF-8 into others.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_SYMLINK_NOFOLLOW,
	LOCK_EX,
	LOCK_NB,
	LOCK_SH,
	O_CLOEXEC,
	O_CREAT,
	O_RDONLY,
	O_TRUNC,
	O_WRONLY,
	S_IFMT,
} from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt, attemptReading, call, nameOf, type Path, pathText } from "./system.ts";

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

/** Opens a path relative to a directory. @throws SystemError */
export function openAt(directory: number, path: Path, flags: number, mode = 0): number {
	return call(`open ${pathText(path)}`, "openat", directory, nameOf(path), flags | O_CLOEXEC, mode);
}

/** Opens a path. @throws SystemError */
export function open(path: Path, flags: number, mode = 0): number {
	return openAt(AT_FDCWD, path, flags, mode);
}

/** Opens a path; undefined where there is none (with O_CREAT: no directory for it). @throws SystemError for any other failure */
export function openIfThere(path: Path, flags: number, directory = AT_FDCWD, mode = 0): number | undefined {
	const fd = attempt("openat", directory, nameOf(path), flags | O_CLOEXEC, mode);
	if (fd === -(errno.ENOENT as number)) return undefined;
	if (fd < 0) throw new SystemError(`open ${pathText(path)}`, -fd);
	return fd;
}

/** struct open_how, of whose numbers the upper halves are 0. */
const how = new Uint32Array(6);
const howBytes = new Uint8Array(how.buffer);

const EAGAIN = -(errno.EAGAIN as number);
/** How often somebody who renames all the time can make us try again. */
const ROUNDS = 10_000;

/**
 * openat2(2): opens a path under rules of its own (RESOLVE_IN_ROOT, RESOLVE_BENEATH …).
 * Where a `..` is followed while anything on the machine is renamed or mounted, the
 * kernel is not sure that it stayed below the root (EAGAIN): then once more.
 * @returns the descriptor, or the negative errno
 */
export function tryOpenAt2(directory: number, path: Path, flags: number, resolve: number, mode = 0): number {
	how[0] = flags | O_CLOEXEC;
	how[2] = mode;
	how[4] = resolve;
	const name = nameOf(path);
	let fd = EAGAIN;
	for (let round = 0; fd === EAGAIN && round < ROUNDS; round++)
		fd = attempt("openat2", directory, name, howBytes, howBytes.length);
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

/** Goes back to the beginning of a file. */
export function rewind(fd: number): void {
	attempt("lseek", fd, 0, 0);
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

/**
 * The content of a file that is known to be small, for those who ask of many: at
 * most SMALL bytes, as one read gives them.
 * @returns undefined where there is none
 */
export function readSmallIfThere(path: Path): Uint8Array | undefined {
	const bytes = attemptReading(path);
	if (typeof bytes === "object") return bytes;
	if (bytes === -(errno.ENOENT as number)) return undefined;
	throw new SystemError(`read ${pathText(path)}`, -bytes);
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
	call(
		`rename ${pathText(from)} to ${pathText(to)}`,
		"renameat2",
		fromDirectory,
		nameOf(from),
		toDirectory,
		nameOf(to),
		0,
	);
}

/** Removes a name that is not a directory. @returns false if it was not there */
export function unlink(path: Path, directory = AT_FDCWD): boolean {
	const result = attempt("unlinkat", directory, nameOf(path), 0);
	if (result === -(errno.ENOENT as number)) return false;
	if (result < 0) throw new SystemError(`remove ${pathText(path)}`, -result);
	return true;
}

const STATX_BASIC = 0x7ff;
const STATX_TYPE = 1;
const statxBytes = new Uint8Array(256);
const statxView = new DataView(statxBytes.buffer);

/**
 * statx(2), links not followed unless asked.
 * @returns undefined where there is nothing of that name
 */
export function statusIfThere(path: Path, directory = AT_FDCWD, flags = AT_SYMLINK_NOFOLLOW): Status | undefined {
	const result = attempt("statx", directory, nameOf(path), flags, STATX_BASIC, statxBytes);
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

/** Only what a path is, one of S_IF*, for those who ask of many; links not followed unless asked. */
export function typeIfThere(path: Path, flags = AT_SYMLINK_NOFOLLOW): number | undefined {
	const result = attempt("statx", AT_FDCWD, nameOf(path), flags, STATX_TYPE, statxBytes);
	return result < 0 ? undefined : statxView.getUint16(28, true) & S_IFMT;
}

/** @param type one of S_IF* */
export const isType = ({ mode }: Pick<Status, "mode">, type: number): boolean => (mode & S_IFMT) === type;

/** statx(2) of an open descriptor. @throws SystemError */
export function statusOf(fd: number): Status {
	const status = statusIfThere("", fd, AT_EMPTY_PATH);
	if (!status) throw new SystemError(`look at descriptor ${fd}`, errno.ENOENT as number);
	return status;
}

/**
 * flock(2), exclusive unless `shared`; it belongs to the open file and ends with the last
 * descriptor of it, in whichever process.
 * @returns false if it is held by somebody else (only with `wait: false`)
 */
export function lock(fd: number, options: { wait: boolean; shared?: boolean }): boolean {
	const operation = (options.shared ? LOCK_SH : LOCK_EX) | (options.wait ? 0 : LOCK_NB);
	const result = attempt("flock", fd, operation);
	if (result === -(errno.EAGAIN as number)) return false;
	if (result < 0) throw new SystemError(`lock descriptor ${fd}`, -result);
	return true;
}

/** Renames. @returns false if what is renamed, or the target's directory, is not there */
export function attemptRename(from: Path, to: Path): boolean {
	const result = attempt("renameat2", AT_FDCWD, nameOf(from), AT_FDCWD, nameOf(to), 0);
	if (result === -(errno.ENOENT as number)) return false;
	if (result < 0) throw new SystemError(`rename ${pathText(from)} to ${pathText(to)}`, -result);
	return true;
}

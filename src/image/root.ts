/**
 * A directory that is read while somebody who is not trusted may change it: the
 * upper layer of a container, live. Every path is resolved anew, below the
 * directory and through no link (openat2(2)), so a directory that becomes a link
 * meanwhile is one that is gone. What a name stands for is pinned by an O_PATH
 * descriptor, which opens nothing, before it is asked what it is: a device or a
 * FIFO is never opened, however often it trades places with a file.
 */

import { attributeNames, attributeOf } from "../../ffi/attributes.ts";
import {
	AT_FDCWD,
	O_DIRECTORY,
	O_NOCTTY,
	O_NOFOLLOW,
	O_NONBLOCK,
	O_PATH,
	O_RDONLY,
	RESOLVE_BENEATH,
	RESOLVE_NO_SYMLINKS,
	RESOLVE_NO_XDEV,
	S_IFCHR,
	S_IFDIR,
	S_IFLNK,
	S_IFMT,
} from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, closing, open, openAt, type Status, statusOf, tryOpenAt2 } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";

/** NO_XDEV: what is mounted below the directory of --rootfs is not of it. */
const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
const GONE = [errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV].map((number) => -number);
const PATH_MAX = 4096;
const OPAQUE = "trusted.overlay.opaque";

/** Something that was there when it was looked for; its descriptor keeps it. */
export class Found implements Disposable {
	readonly status: Status;

	constructor(readonly fd: number) {
		this.status = statusOf(fd);
	}

	get type(): number {
		return this.status.mode & S_IFMT;
	}

	get isDirectory(): boolean {
		return this.type === S_IFDIR;
	}

	get isLink(): boolean {
		return this.type === S_IFLNK;
	}

	/** overlay's mark for "the layers below do not show through" (overlayfs.rst) */
	get isWhiteout(): boolean {
		return this.type === S_IFCHR && this.status.rdevMajor === 0 && this.status.rdevMinor === 0;
	}

	/** The same for all that is in a directory. */
	get isOpaque(): boolean {
		return this.isDirectory && attributeOf(this.fd, OPAQUE)?.[0] === YES;
	}

	attribute(name: string): Uint8Array | undefined {
		return attributeOf(this.fd, name);
	}

	/** Those that a layer keeps. Labels are the host's security module's, trusted.* is overlay's and root's own. */
	attributes(): Map<string, Uint8Array> {
		const kept = new Map<string, Uint8Array>();
		for (const name of attributeNames(this.fd).sort()) {
			const value = KEPT.test(name) ? attributeOf(this.fd, name) : undefined;
			if (value) kept.set(name, value);
		}
		return kept;
	}

	/** What a symbolic link says. */
	link(): string {
		const bytes = new Uint8Array(PATH_MAX);
		return decodeText(bytes.subarray(0, call("read a link", "readlinkat", this.fd, "", bytes, bytes.length)));
	}

	/** Opens a regular file to be read: the one that was found, whatever has its name now. */
	open(): number {
		return open(`/proc/self/fd/${this.fd}`, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	}

	[Symbol.dispose](): void {
		close(this.fd);
	}
}

const YES = 0x79;
const KEPT = /^(user\.|security\.capability$|system\.posix_acl_)/;

export class Root implements Disposable {
	private readonly fd: number;

	constructor(readonly directory: string) {
		this.fd = openAt(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
	}

	/**
	 * @param path relative, "" for the directory itself
	 * @returns undefined where there is nothing, or no longer
	 */
	find(path: string): Found | undefined {
		const fd = this.open(path, O_PATH | O_NOFOLLOW);
		return fd === undefined ? undefined : new Found(fd);
	}

	/** The names in a directory, sorted; none where it is gone. */
	names(path: string): string[] {
		const fd = this.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd === undefined) return [];
		using directory = closing(fd);
		return entries(directory.fd)
			.map(({ name }) => decodeText(name))
			.sort();
	}

	private open(path: string, flags: number): number | undefined {
		const fd = tryOpenAt2(this.fd, path === "" ? "." : path, flags, RESOLVE);
		if (GONE.includes(fd)) return undefined;
		if (fd === -(errno.ENAMETOOLONG as number))
			throw new Failure(`/${path.slice(0, 60)}…: a path longer than ${PATH_MAX} bytes, which no layer can hold`);
		if (fd < 0) throw new SystemError(`open ${this.directory}/${path}`, -fd);
		return fd;
	}

	[Symbol.dispose](): void {
		close(this.fd);
	}
}

/** The path of a name in a directory; "" is the top. */
export const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

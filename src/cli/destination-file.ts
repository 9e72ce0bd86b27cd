/** A file that appears under its name when it is whole: until then it has none at all, so a kill leaves nothing. */

import {
	AT_FDCWD,
	AT_SYMLINK_FOLLOW,
	O_CREAT,
	O_EXCL,
	O_RDWR,
	O_TMPFILE,
	S_IFBLK,
	S_IFCHR,
	S_IFDIR,
	S_IFIFO,
	S_IFLNK,
	S_IFMT,
	S_IFSOCK,
} from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/errno.ts";
import { close, open, rename, statusIfThere, unlink } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../image/image.ts";

/** Where an archive goes. */
export interface Destination extends Disposable {
	/** opens it, when it is known what is written */
	open(): Target;
	/** what was written is whole */
	done(): void;
}

const OTHER: Record<number, string> = {
	[S_IFDIR]: "a directory",
	[S_IFLNK]: "a symbolic link directly",
	[S_IFIFO]: "a named pipe (FIFO)",
	[S_IFSOCK]: "a socket",
	[S_IFCHR]: "a character device file",
	[S_IFBLK]: "a block device file",
};

export class FileDestination implements Destination {
	private readonly directory: string;
	private readonly temporary: string;
	private fd: number | undefined;
	/** the temporary name is there */
	private named = false;

	constructor(
		private readonly path: string,
		doing: string,
	) {
		const slash = path.lastIndexOf("/");
		this.directory = slash < 0 ? "." : path.slice(0, slash + 1);
		this.temporary = `${this.directory}/.tmp-${path.slice(slash + 1)}-${process.pid}`;
		const parent = statusIfThere(this.directory, AT_FDCWD, 0);
		if ((parent?.mode ?? 0) >> 12 !== S_IFDIR >> 12)
			throw new Failure(`failed to ${doing}: invalid output path: ${this.directory} is no directory`);
		const there = statusIfThere(path);
		const other = there && OTHER[there.mode & S_IFMT];
		if (other) throw new Failure(`failed to ${doing}: ${path}: cannot write to ${other}`);
	}

	/** Readable by its owner only, as docker makes it: it may hold anybody's files. */
	open(): Target {
		try {
			this.fd = open(this.directory, O_TMPFILE | O_RDWR, 0o600);
		} catch (error) {
			// Not every file system has files without a name.
			if (!(error instanceof SystemError) || !["EOPNOTSUPP", "EISDIR", "ENOENT"].includes(error.code)) throw error;
			this.fd = open(this.temporary, O_RDWR | O_CREAT | O_EXCL, 0o600);
			this.named = true;
		}
		return { fd: this.fd, name: this.path, isFile: true };
	}

	/** linkat(2) replaces nothing: the file gets a temporary name, and from that its own. */
	done(): void {
		const from = `/proc/self/fd/${this.fd}`;
		if (!this.named)
			call(`make ${this.temporary}`, "linkat", AT_FDCWD, from, AT_FDCWD, this.temporary, AT_SYMLINK_FOLLOW);
		this.named = true;
		rename(this.temporary, this.path);
		this.named = false;
	}

	[Symbol.dispose](): void {
		if (this.fd !== undefined) close(this.fd);
		if (this.named) unlink(this.temporary);
	}
}

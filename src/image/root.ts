/**
 * A directory that is read while somebody who is not trusted may change it: the
 * upper layer of a container, live. Every path is resolved anew, below the
 * directory and through no link (openat2(2)), so a directory that becomes a link
 * meanwhile is one that is gone.
 */

import {
	AT_FDCWD,
	O_DIRECTORY,
	O_NOFOLLOW,
	O_PATH,
	O_RDONLY,
	PATH_MAX,
	RESOLVE_BENEATH,
	RESOLVE_NO_SYMLINKS,
	RESOLVE_NO_XDEV,
} from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, closing, openAt, tryOpenAt2 } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { Found } from "../tar/found.ts";

/** NO_XDEV: what is mounted below the directory of --rootfs is not of it. */
const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
const GONE = [errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV].map((number) => -number);

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

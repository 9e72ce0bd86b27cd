/**
 * A directory that an archive is unpacked into, while somebody who is not
 * trusted may change it. Paths of the archive resolve in it as in a chroot:
 * links are followed inside only. That is openat2(2) with RESOLVE_IN_ROOT for
 * the parent, and one plain name in it for everything else.
 */

import {
	O_CLOEXEC,
	O_DIRECTORY,
	O_NOFOLLOW,
	O_PATH,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
} from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, tryOpenAt2 } from "../../ffi/file.ts";
import { attempt, nameOf, pathBytes } from "../../ffi/system.ts";
import { encodeText } from "../../ffi/text.ts";
import { memberPath } from "../tar/member-path.ts";
import { imposes } from "./metadata.ts";
import type { Place } from "./place.ts";

const RESOLVE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const EEXIST = -(errno.EEXIST as number);
const ENOENT = -(errno.ENOENT as number);
/** Descriptors of this many parents are kept: archives go directory by directory. */
const MOST_PARENTS = 64;

interface Parent {
	fd: number;
	imposing: boolean;
}

export class Inside implements Disposable {
	private readonly parents = new Map<string, Parent>();

	/** @param root descriptor of the directory, O_PATH is enough */
	constructor(private readonly root: number) {}

	/**
	 * Where a path of an archive is. Directories above it that are not there are
	 * made, mode 0755, as docker makes them.
	 * @returns undefined for the directory itself; valid until the next call
	 * @throws Error where it leads out, SystemError where what is above is no directory
	 */
	place(path: string): Place | undefined {
		const names = memberPath(path);
		const name = names.pop();
		if (name === undefined) return undefined;
		const { fd, imposing } = this.parent(names, true);
		return { directory: fd, name: pathBytes(encodeText(name)), imposing, path: () => path };
	}

	/** Takes hold of what is there: a hard link's target. @returns an O_PATH descriptor or the negative errno */
	find(path: string): number {
		const names = memberPath(path, "what it links to");
		const name = names.pop();
		if (name === undefined) return ENOENT;
		const { fd } = this.parent(names, false);
		return attempt("openat", fd, nameOf(name), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}

	/** What was at a path may be gone: other paths may lead elsewhere now. */
	forget(): void {
		for (const { fd } of this.parents.values()) close(fd);
		this.parents.clear();
	}

	private parent(names: readonly string[], make: boolean): Parent {
		const path = names.join("/");
		const known = this.parents.get(path);
		if (known) return known;
		const fd = this.open(path || ".");
		if (fd >= 0) return this.keep(path, fd);
		if (fd !== ENOENT || !make) throw new SystemError(`open ${path}`, -fd);
		this.make(names, path);
		const made = this.open(path);
		if (made < 0) throw new SystemError(`open ${path}`, -made);
		return this.keep(path, made);
	}

	private make(names: readonly string[], path: string): void {
		const above = this.parent(names.slice(0, -1), true);
		const made = attempt("mkdirat", above.fd, nameOf(names[names.length - 1] as string), 0o755);
		if (made < 0 && made !== EEXIST) throw new SystemError(`make ${path}`, -made);
	}

	private keep(path: string, fd: number): Parent {
		const parent = { fd, imposing: imposes(fd) };
		this.parents.set(path, parent);
		if (this.parents.size > MOST_PARENTS) {
			const [oldest, unused] = this.parents.entries().next().value as [string, Parent];
			this.parents.delete(oldest);
			close(unused.fd);
		}
		return parent;
	}

	private open(path: string): number {
		return tryOpenAt2(this.root, path, O_PATH | O_DIRECTORY, RESOLVE);
	}

	[Symbol.dispose](): void {
		this.forget();
	}
}

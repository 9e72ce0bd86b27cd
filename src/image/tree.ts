/**
 * A directory that is being filled by somebody who is not trusted. Paths
 * resolve as in a chroot: `..` and absolute names stay inside, links are
 * followed inside only. That is openat2(2) with RESOLVE_IN_ROOT for the parent,
 * and one plain name in it for everything else.
 */

import { O_DIRECTORY, O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, tryOpenAt2 } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { memberPath } from "../tar/member-path.ts";
import type { Make } from "./node.ts";
import { isWhiteout, makeOpaque } from "./whiteout.ts";

/** A name in a directory: the one place where something can be made. */
export interface Place {
	/** O_PATH descriptor, valid until something else is placed */
	parent: number;
	/** one component; `.` for the tree itself */
	name: string;
	/** for errors */
	path: string;
}

const RESOLVE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
const EEXIST = -(errno.EEXIST as number);

/** The descriptors of this many parents are kept: archives go directory by directory. */
const MOST_PARENTS = 64;

export class Tree implements Disposable {
	private readonly parents = new Map<string, number>();
	private retired: number | undefined;

	/** @param root descriptor of the directory */
	constructor(private readonly root: number) {}

	/**
	 * Where a path of an archive is; directories above it that are not there
	 * are made, mode 0755, as docker makes them.
	 * @param path as the archive has it
	 * @throws Error where it leaves the tree, SystemError where its parent is no directory
	 */
	place(path: string): Place {
		const components = memberPath(path);
		const name = components.pop();
		if (name === undefined) return { parent: this.root, name: ".", path };
		return { parent: this.directory(components), name, path };
	}

	/**
	 * Where an existing thing is, for a hard link to it: as `place`, but nothing
	 * is made.
	 */
	find(path: string): Place {
		const components = memberPath(path, "what it links to");
		const name = components.pop();
		if (name === undefined) throw new Error(`${path} names no file`);
		return { parent: this.existing(components.join("/")), name, path };
	}

	/** Where a directory is that was made before; undefined if it, or one above it, has been replaced since. */
	look(path: string): Place | undefined {
		const components = memberPath(path);
		const fd = this.open(components.join("/") || ".");
		if (fd < 0) return undefined;
		close(fd);
		return this.place(path);
	}

	/**
	 * Makes something at a place, and removes what is there first if need be.
	 * @param make fails with EEXIST where there is something; @returns its result
	 */
	put(place: Place, make: Make): number {
		let result = make(place.parent, place.name);
		if (result === EEXIST) {
			this.clear(place);
			result = make(place.parent, place.name);
		}
		if (result < 0) throw new SystemError(`make ${place.path}`, -result);
		return result;
	}

	/** Removes what is at a place. Other paths may lead elsewhere afterwards: what was found before is forgotten. */
	private clear(place: Place): void {
		removeTree(place.name, place.parent);
		for (const fd of this.parents.values()) if (fd !== place.parent) close(fd);
		if (place.parent !== this.root) this.retire(place.parent);
		this.parents.clear();
	}

	/** Keeps a descriptor open that is still in use, but no longer found under its path. */
	private retire(fd: number): void {
		if (this.retired !== undefined && this.retired !== fd) close(this.retired);
		this.retired = fd;
	}

	private directory(components: string[]): number {
		const path = components.join("/");
		const known = this.known(path);
		if (known >= 0) return known;
		const fd = this.open(path);
		if (fd >= 0) return this.keep(path, fd);
		const name = components.at(-1) as string;
		const above = this.directory(components.slice(0, -1));
		if (fd === -(errno.ENOENT as number)) makeParent(above, name, path);
		// The layer has hidden what was there, and now has a directory of its own in its place.
		else if (isWhiteout(above, name)) this.put({ parent: above, name, path }, makeOpaqueParent);
		return this.existing(path);
	}

	private existing(path: string): number {
		const known = this.known(path);
		if (known >= 0) return known;
		const fd = this.open(path);
		if (fd < 0) throw new SystemError(`open ${path}`, -fd);
		return this.keep(path, fd);
	}

	private known(path: string): number {
		return path === "" ? this.root : (this.parents.get(path) ?? -1);
	}

	private keep(path: string, fd: number): number {
		this.parents.set(path, fd);
		if (this.parents.size <= MOST_PARENTS) return fd;
		const [oldest, unused] = this.parents.entries().next().value as [string, number];
		this.parents.delete(oldest);
		close(unused);
		return fd;
	}

	private open(path: string): number {
		return tryOpenAt2(this.root, path, O_PATH | O_DIRECTORY, RESOLVE);
	}

	[Symbol.dispose](): void {
		for (const fd of this.parents.values()) close(fd);
		this.parents.clear();
		if (this.retired !== undefined) close(this.retired);
		this.retired = undefined;
	}
}

/** A directory that the archive does not mention. Where there is something already, opening it says what is wrong. */
function makeParent(above: number, name: string, path: string): void {
	const made = attempt("mkdirat", above, name, 0o755);
	// The umask may have taken something off.
	if (made === 0) attempt("fchmodat", above, name, 0o755);
	else if (made !== EEXIST) throw new SystemError(`make directory ${path}`, -made);
}

function makeOpaqueParent(above: number, name: string): number {
	const made = attempt("mkdirat", above, name, 0o755);
	if (made === 0) attempt("fchmodat", above, name, 0o755);
	if (made === 0) makeOpaque(above, name);
	return made;
}

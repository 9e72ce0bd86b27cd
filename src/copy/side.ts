/**
 * One side of a copy, the host or the root of a container, and how what a path
 * names is found in it. In a container every path is looked up by the kernel
 * below its root (openat2(2), RESOLVE_IN_ROOT), and what is found is pinned by a
 * descriptor before it is asked what it is: its programs may move it meanwhile,
 * but nowhere outside.
 */

import {
	O_DIRECTORY,
	O_NOFOLLOW,
	O_PATH,
	PATH_MAX,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
	S_IFLNK,
} from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, isType, open, type Status, statusOf, tryOpenAt2 } from "../../ffi/file.ts";
import { call, pathText } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { baseOf, parentOf, type TypedPath } from "./typed-path.ts";

const ELOOP = -(errno.ELOOP as number);
const MISSING = [-(errno.ENOENT as number), -(errno.ENOTDIR as number)];
/** include/linux/namei.h, MAXSYMLINKS */
const MOST_LINKS = 40;

/** What a path names. */
export interface Found {
	/** where it is, links at its end followed if asked; absolute */
	path: string;
	/** the last part of that; "." for a directory that was not found by its name */
	name: string;
	/** O_PATH descriptor of the directory that holds it; undefined where there is none */
	parent: number | undefined;
	/** O_PATH descriptor of what is there, and what that is; undefined where there is nothing */
	node: { fd: number; status: Status } | undefined;
	/** where there is nothing: it, or its directory, is not a directory although it should be */
	blocked: boolean;
}

export class Side implements Disposable {
	private readonly opened: number[] = [];

	private constructor(
		private readonly root: number,
		private readonly resolve: number,
	) {}

	/** The host, as we see it. */
	static host(): Side {
		const root = open("/", O_PATH | O_DIRECTORY);
		const side = new Side(root, 0);
		side.opened.push(root);
		return side;
	}

	/** What is below a descriptor, which the caller closes. */
	static below(root: number): Side {
		return new Side(root, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	}

	/**
	 * Finds what a path names. What is asserted to be a directory (`link/`) is
	 * found through links, anything else only if `follow`.
	 * @throws Failure for links in a circle; SystemError
	 */
	find({ path, trail }: TypedPath, follow: boolean): Found {
		if (trail === "" && path !== "/") return this.lookUp(path, follow);
		const fd = this.enter(path);
		if (fd >= 0) return { path, name: ".", parent: fd, node: this.look(fd), blocked: false };
		const { parent, name, blocked } = this.lookUp(path, false);
		return { path, name, parent, node: undefined, blocked: blocked || fd === -(errno.ENOTDIR as number) };
	}

	private lookUp(start: string, follow: boolean): Found {
		let path = start;
		for (let links = 0; links <= MOST_LINKS; links++) {
			const found = this.lookUpOne(path);
			if (!follow || !found.node || !isType(found.node.status, S_IFLNK)) return found;
			const target = readLink(found.node.fd, path);
			path = target.startsWith("/") ? target : `${parentOf(path)}/${target}`;
		}
		throw new Failure(`too many symlinks in ${start}`);
	}

	/** A link in the middle is followed, one at the end is what is found. */
	private lookUpOne(path: string): Found {
		const name = baseOf(path);
		// Of a link's: what it says is not clean.
		const isName = name !== "" && name !== "." && name !== "..";
		const parent = this.enter(isName ? parentOf(path) : path);
		const found = { path, name: isName ? name : ".", node: undefined };
		if (parent < 0) return { ...found, parent: undefined, blocked: parent === -(errno.ENOTDIR as number) };
		if (!isName) return { ...found, parent, node: this.look(parent), blocked: false };
		const fd = tryOpenAt2(parent, name, O_PATH | O_NOFOLLOW, this.resolve);
		if (fd < 0 && !MISSING.includes(fd)) throw new SystemError(`open ${pathText(path)}`, -fd);
		return { ...found, parent, node: fd < 0 ? undefined : this.look(this.keep(fd)), blocked: false };
	}

	/** Opens a directory, through links. @returns the negative errno where there is none */
	private enter(path: string): number {
		const fd = tryOpenAt2(this.root, path, O_PATH | O_DIRECTORY, this.resolve);
		if (fd === ELOOP) throw new Failure(`open ${pathText(path)}: too many symlinks, or one of the kernel's (/proc)`);
		if (fd < 0 && !MISSING.includes(fd)) throw new SystemError(`open ${pathText(path)}`, -fd);
		return fd < 0 ? fd : this.keep(fd);
	}

	private look(fd: number): { fd: number; status: Status } {
		return { fd, status: statusOf(fd) };
	}

	private keep(fd: number): number {
		this.opened.push(fd);
		return fd;
	}

	[Symbol.dispose](): void {
		for (const fd of this.opened) close(fd);
	}
}

function readLink(fd: number, path: string): string {
	const bytes = new Uint8Array(PATH_MAX);
	const size = call(`read the link ${pathText(path)}`, "readlinkat", fd, "", bytes, bytes.length);
	return decodeText(bytes.subarray(0, size));
}

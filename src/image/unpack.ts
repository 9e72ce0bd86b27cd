/**
 * A layer's archive → its directory, in the form that overlay takes as a lower
 * one: whiteouts are devices 0:0, opaque directories have an attribute
 * (Documentation/filesystems/overlayfs.rst; OCI image-spec, layer.md).
 */

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO } from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/errno.ts";
import { isType, statusIfThere } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import type { Member } from "../tar/member.ts";
import { type Slice, Window } from "../tar/slice.ts";
import { members } from "../tar/tar.ts";
import { makeFile } from "./file.ts";
import { applyAttributes, ownAndMode, setTimes } from "./metadata.ts";
import { node } from "./node.ts";
import { type Place, Tree } from "./tree.ts";
import { isWhiteout, makeOpaque, makeWhiteout, OPAQUE_NAME, WHITEOUT_PREFIX } from "./whiteout.ts";

/** aufs's own book-keeping: `.wh..wh.aufs`, `.wh..wh.plnk`, `.wh..wh.orph` */
const AUFS_PREFIX = ".wh..wh.";

/** Times of directories: making what is in them changes them, so they are set at the end. */
type Later = Map<string, bigint>;

/**
 * Unpacks an archive into an empty directory.
 * @param root descriptor of the directory
 * @param options.lowest nothing is below this layer: its whiteouts hide nothing and are left out
 * @returns bytes of its files, holes included
 * @throws Failure that names the archive and the member
 */
export function unpack(archive: Slice, root: number, options: { lowest: boolean }): number {
	using tree = new Tree(root);
	const window = new Window(archive);
	const later: Later = new Map();
	let size = 0;
	for (const member of members(window)) {
		try {
			size += unpackMember(tree, window, member, later, options);
		} catch (error) {
			if (error instanceof Failure || isFull(error)) throw error;
			throw new Failure(`${archive.name}: ${member.path}: ${(error as Error).message}`, { cause: error });
		}
	}
	for (const [path, mtime] of later) {
		const place = tree.look(path);
		if (place) setTimes(place, mtime);
	}
	return size;
}

/** With and without a slash at the end it is the same directory. */
const directoryPath = (path: string): string => path.replace(/\/+$/, "");

const isFull = (error: unknown): boolean => error instanceof SystemError && ["ENOSPC", "EDQUOT"].includes(error.code);

function unpackMember(tree: Tree, window: Window, member: Member, later: Later, options: { lowest: boolean }): number {
	const place = tree.place(member.path);
	if (place.name.startsWith(WHITEOUT_PREFIX)) {
		if (!options.lowest) whiteOut(tree, place);
		return 0;
	}
	if (member.kind === "directory") {
		makeDirectory(tree, place, member);
		later.set(directoryPath(member.path), member.mtime);
		return 0;
	}
	if (place.name === ".") throw new Error("the root of a layer is a directory");
	later.delete(directoryPath(member.path));
	if (member.kind === "file") {
		makeFile(tree, place, window, member);
		return member.size;
	}
	makeOther(tree, place, member);
	return 0;
}

function makeDirectory(tree: Tree, place: Place, member: Member): void {
	const { parent, name } = place;
	const there = statusIfThere(name, parent);
	const isDirectory = there !== undefined && isType(there, S_IFDIR);
	// A whiteout of this layer and a directory in its place: nothing of the directory below shows through.
	const wasWhiteout = there !== undefined && isWhiteout(parent, name);
	if (!isDirectory) tree.put(place, (at, called) => attempt("mkdirat", at, called, 0o700));
	ownAndMode(place, member);
	applyAttributes(place, member);
	if (wasWhiteout) makeOpaque(parent, name);
}

function makeOther(tree: Tree, place: Place, member: Member): void {
	switch (member.kind) {
		case "hardlink": {
			// Without AT_SYMLINK_FOLLOW: a link to a symbolic link is one, and never reaches what that points to.
			tree.put(place, (at, name) => {
				const target = tree.find(member.link);
				return attempt("linkat", target.parent, target.name, at, name, 0);
			});
			return;
		}
		case "symlink":
			tree.put(place, (at, name) => attempt("symlinkat", member.link, at, name));
			break;
		case "fifo":
			tree.put(place, node(S_IFIFO, 0, 0));
			break;
		case "character":
			tree.put(place, node(S_IFCHR, member.major, member.minor));
			break;
		case "block":
			tree.put(place, node(S_IFBLK, member.major, member.minor));
			break;
	}
	ownAndMode(place, member);
	applyAttributes(place, member);
	setTimes(place, member.mtime);
}

/** A whiteout applies to the layers below only: what this layer has of that name stays. */
function whiteOut(tree: Tree, marker: Place): void {
	if (marker.name === OPAQUE_NAME) makeOpaque(marker.parent, ".");
	if (marker.name.startsWith(AUFS_PREFIX)) return;
	const name = marker.name.slice(WHITEOUT_PREFIX.length);
	if (name === "" || name === "." || name === "..") throw new Error("a whiteout that names nothing");
	const hidden = { ...marker, name };
	const there = statusIfThere(name, marker.parent);
	if (!there) tree.put(hidden, makeWhiteout);
	else if (isType(there, S_IFDIR)) makeOpaque(marker.parent, name);
}

/**
 * What is mounted in the container: file systems of the kernel, and mounts that
 * were taken (open_tree) and are put in their places. What the user asks for
 * is taken in sources.ts.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_RECURSIVE,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NOEXEC,
	MOUNT_ATTR_NOSUID,
	MOUNT_ATTR_RDONLY,
	MOVE_MOUNT_F_EMPTY_PATH,
	MOVE_MOUNT_T_SYMLINKS,
	MS_DIRSYNC,
	MS_NOATIME,
	MS_NODEV,
	MS_NODIRATIME,
	MS_NOEXEC,
	MS_NOSUID,
	MS_PRIVATE,
	MS_RDONLY,
	MS_RELATIME,
	MS_SHARED,
	MS_SLAVE,
	MS_STRICTATIME,
	MS_SYNCHRONOUS,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
} from "../../ffi/constants.ts";
import { mountAttributes } from "../../ffi/structures.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import type { Paths } from "./paths.ts";
import type { Mount } from "./spec.ts";

const FLAGS: Record<string, number> = {
	ro: MS_RDONLY,
	nosuid: MS_NOSUID,
	nodev: MS_NODEV,
	noexec: MS_NOEXEC,
	sync: MS_SYNCHRONOUS,
	dirsync: MS_DIRSYNC,
	noatime: MS_NOATIME,
	nodiratime: MS_NODIRATIME,
	relatime: MS_RELATIME,
	strictatime: MS_STRICTATIME,
};

/** Words that say that a flag is not set. */
const UNSET = ["rw", "suid", "dev", "exec", "async", "atime", "diratime", "norelatime", "nostrictatime"];

/** Mount options → flags for mount(2) and what is left for the file system. */
export function mountFlags(options: readonly string[]): { flags: number; data: string } {
	let flags = 0;
	const data: string[] = [];
	for (const option of options) {
		if (FLAGS[option] !== undefined) flags |= FLAGS[option];
		else if (!UNSET.includes(option)) data.push(option);
	}
	return { flags, data: data.join(",") };
}

/** Mounts a file system of the kernel: proc, sysfs, tmpfs, devpts, mqueue. */
export function mountFileSystem(tape: Tape, paths: Paths, mount: Mount): void {
	const { flags, data } = mountFlags(mount.options);
	paths.make(mount.destination);
	tape.step(`mount ${mount.type} on ${mount.destination} (${mount.options.join(",")})`, "mount", [
		tape.text(mount.source),
		tape.text(mount.destination),
		tape.text(mount.type),
		flags,
		tape.text(data),
	]);
	paths.hide(mount.destination);
}

/** A mount that has been taken, and where it belongs. */
export interface Bind {
	source: string;
	destination: string;
	tree: Place;
	/** what the target has to be: a directory, or a file for anything else */
	directory: boolean;
	/** a link at the target is what is mounted over, not what it leads to */
	overLink: boolean;
}

/** What a taken mount becomes: all of it, or only its top. */
export interface Change {
	whole: boolean;
	/** MOUNT_ATTR_* */
	attributes: number;
	/** MS_PRIVATE, MS_SLAVE, MS_SHARED; 0: as it is */
	propagation: number;
}

const PROPAGATION: [flag: number, word: string][] = [
	[MS_PRIVATE, "private"],
	[MS_SLAVE, "a slave"],
	[MS_SHARED, "shared"],
];
const ATTRIBUTES: [flag: number, word: string][] = [
	[MOUNT_ATTR_NOSUID, "nosuid"],
	[MOUNT_ATTR_NODEV, "nodev"],
	[MOUNT_ATTR_NOEXEC, "noexec"],
	[MOUNT_ATTR_RDONLY, "read-only"],
];

/** `make it private, nodev and read-only` */
export function changeText({ whole, attributes, propagation }: Change): string {
	const words: string[] = [];
	for (const [flag, word] of PROPAGATION) if (propagation === flag) words.push(word);
	for (const [flag, word] of ATTRIBUTES) if (attributes & flag) words.push(word);
	const last = words.pop() as string;
	return `make ${whole ? "it" : "its top"} ${words.length > 0 ? `${words.join(", ")} and ${last}` : last}`;
}

/** Bytes of struct mount_attr. */
const ATTRIBUTES_SIZE = 32;

/** What a descriptor says alone (AT_EMPTY_PATH). */
export const emptyPath = (tape: Tape): Place => tape.constant("", () => new Uint8Array(1));

/** Changes a taken mount. */
export function changeTree(tape: Tape, tree: Place, change: Change, what = changeText(change)): void {
	const { whole, attributes, propagation } = change;
	const attr = tape.constant(`mount_attr ${attributes} ${propagation}`, () => mountAttributes(attributes, propagation));
	const flags = AT_EMPTY_PATH | (whole ? AT_RECURSIVE : 0);
	tape.step(what, "mount_setattr", [new Load(tree), emptyPath(tape), flags, attr, ATTRIBUTES_SIZE]);
}

/** Takes a mount of its own of a path, with what is mounted below it, and makes it private. @returns where its descriptor is */
export function takeTree(tape: Tape, source: string, attributes: number): Place {
	const tree = tape.slot();
	tape.step(
		`take ${source} to bind it later`,
		"open_tree",
		[AT_FDCWD, tape.text(source), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE],
		{ store: tree },
	);
	changeTree(tape, tree, { whole: true, attributes, propagation: MS_PRIVATE });
	return tree;
}

/** In the container: puts a bind in its place, which is made if it is missing. For places that nobody else has. */
export function placeBind(tape: Tape, paths: Paths, bind: Bind): void {
	if (bind.directory) paths.make(bind.destination);
	else paths.makeFile(bind.destination);
	tape.step(`bind ${bind.source} on ${bind.destination}`, "move_mount", [
		new Load(bind.tree),
		tape.text(""),
		AT_FDCWD,
		tape.text(bind.destination),
		MOVE_MOUNT_F_EMPTY_PATH | (bind.overLink ? 0 : MOVE_MOUNT_T_SYMLINKS),
	]);
	paths.hide(bind.destination);
}

/**
 * What is mounted in the container: file systems of the kernel, and binds.
 * The source of a bind is taken as a mount of its own before the clone
 * (open_tree), so between check and use nothing can change, and the target is
 * resolved inside the container's root.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_RECURSIVE,
	MOUNT_ATTR_NODEV,
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

/** A bind whose source has been taken. */
export interface Bind {
	source: string;
	destination: string;
	tree: Place;
	/** what the target has to be: a directory, or a file for anything else */
	directory: boolean;
	/** a link at the target is what is mounted over, not what it leads to */
	overLink: boolean;
}

/**
 * Before the clone: takes the source of a bind. It is made private, so that
 * what the container mounts on it does not appear on the host, and nodev
 * where no device controller keeps a container, which may make nodes, from
 * opening them.
 * @param facts.directory whether the source is one: looked up by the caller
 * @param facts.devices whether nodes on it can be opened
 */
export function takeBind(tape: Tape, mount: Mount, facts: { directory: boolean; devices: boolean }): Bind {
	const { directory } = facts;
	const devices = facts.devices || mount.options.includes("dev");
	const readOnly = mount.options.includes("ro") || mount.options.includes("rro");
	const attributes = (devices ? 0 : MOUNT_ATTR_NODEV) | (readOnly ? MOUNT_ATTR_RDONLY : 0);
	const tree = takeTree(tape, mount.source, attributes, propagationText(attributes));
	return {
		source: mount.source,
		destination: mount.destination,
		tree,
		directory,
		overLink: mount.options.includes("nofollow"),
	};
}

/** What a taken mount becomes, as a sentence has it. */
export function propagationText(attributes: number): string {
	const nodev = attributes & MOUNT_ATTR_NODEV ? "nodev" : undefined;
	const readOnly = attributes & MOUNT_ATTR_RDONLY ? "read-only" : undefined;
	const words = ["private", nodev, readOnly].filter((word) => word !== undefined);
	const last = words.pop() as string;
	return words.length > 0 ? `${words.join(", ")} and ${last}` : last;
}

/** Takes a mount of its own of a path, with what is mounted below it. @returns where its descriptor is */
export function takeTree(tape: Tape, source: string, attributes: number, what: string): Place {
	const tree = tape.slot();
	const attr = mountAttributes(attributes, MS_PRIVATE);
	tape.step(
		`take ${source} to bind it later`,
		"open_tree",
		[AT_FDCWD, tape.text(source), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE],
		{ store: tree },
	);
	tape.step(`make it ${what}`, "mount_setattr", [
		new Load(tree),
		tape.text(""),
		AT_EMPTY_PATH | AT_RECURSIVE,
		tape.bytes(attr),
		attr.length,
	]);
	return tree;
}

/** In the container: puts a bind in its place, which is made if it is missing. */
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

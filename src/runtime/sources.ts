/**
 * What the user mounts, each as a mount of its own that lies nowhere yet.
 * Directories and files of the host are taken before the clone (open_tree): from
 * then on it is the same, whatever its name comes to stand for. File systems are
 * made in filesystems.ts.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_RECURSIVE,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_RDONLY,
	MOVE_MOUNT_F_EMPTY_PATH,
	MOVE_MOUNT_T_EMPTY_PATH,
	MS_PRIVATE,
	MS_SHARED,
	MS_SLAVE,
	O_CLOEXEC,
	O_PATH,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
	RESOLVE_BENEATH,
	RESOLVE_NO_MAGICLINKS,
} from "../../ffi/constants.ts";
import { openHow } from "../../ffi/structures.ts";
import { type Hints, Load, type Tape, type TapeArgument } from "../kernel/tape.ts";
import { type Bind, type Change, changeTree } from "./mounts.ts";
import { KIND_HINT, type Paths } from "./paths.ts";
import type { Donors } from "./sharing.ts";
import type { Mount } from "./spec.ts";

/** What has to be known of the host. */
export interface SourceFacts {
	/** sources that are directories, with their subpaths */
	directories: ReadonlySet<string>;
	/** where the layers of images are that are mounted, by the images' ids */
	images?: ReadonlyMap<string, Layers>;
	/** pidfds of containers whose /dev/shm is shared */
	donors?: Donors;
	/** nodes can be opened: a device controller keeps the container from those that are not its */
	nodes: boolean;
}

/** An image's. */
export interface Layers {
	directory: string;
	/** names in it, lowest first */
	names: readonly string[];
}

/** A mount on its way to its place. */
export interface Taken extends Bind {
	/** in the container's mount namespace, before its root: makes what cannot be taken outside */
	make?: (tape: Tape) => void;
	/** others may change what is in it */
	shared: boolean;
	/** read-only, but not before all is in its place: what lies in it is made there (runc does the same) */
	seal: boolean;
}

/** What the subpath of a mount is looked up in, and it, for `directories`. */
export const sourcePath = ({ source, subpath }: Mount): string =>
	subpath === undefined ? source : `${source}/${subpath}`;

/** Before the clone: takes a directory or file of the host. */
export function takeBind(tape: Tape, mount: Mount, { directories, nodes }: SourceFacts): Taken {
	const { source, destination, options, subpath } = mount;
	const tree = tape.slot();
	const recursive = options.includes("bind") ? 0 : AT_RECURSIVE;
	const what = `take ${sourcePath(mount)} to bind it later`;
	if (subpath === undefined) {
		const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive;
		tape.step(what, "open_tree", [AT_FDCWD, tape.text(source), flags], { store: tree });
	} else takeBelow(tape, { base: source, subpath, what }, tree, recursive);
	for (const change of changesOf(options, nodes)) changeTree(tape, tree, change);
	const directory = directories.has(sourcePath(mount));
	const overLink = options.includes("nofollow");
	return { source: sourcePath(mount), destination, tree, directory, overLink, shared: directory, seal: false };
}

const SUBPATH_HINTS: Hints = {
	ENOENT: "cannot access the subpath, which has to be there",
	EXDEV: "path concatenation escapes the base directory: the subpath, or a link in it, leads out of the volume",
};

/**
 * Takes what lies in a directory, however somebody who has that too changes it
 * meanwhile: it is opened below the directory, and what was opened is taken.
 * @param recursive AT_RECURSIVE or 0
 */
export function takeBelow(
	tape: Tape,
	{ base, subpath, what }: { base: string; subpath: string; what: string },
	tree: Taken["tree"],
	recursive: number,
): void {
	const [directory, found] = [tape.slot(), tape.slot()];
	const how = openHow(O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	const path: TapeArgument[] = [AT_FDCWD, tape.text(base), O_PATH | O_CLOEXEC, 0];
	tape.step(`open ${base}`, "openat", path, { store: directory });
	tape.step(
		`open ${subpath} in it`,
		"openat2",
		[new Load(directory), tape.text(subpath), tape.bytes(how), how.length],
		{ store: found, hints: SUBPATH_HINTS },
	);
	const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive;
	tape.step(what, "open_tree", [new Load(found), tape.text(""), flags], { store: tree });
	// Through what stays open a link of the container's /proc would lead out (CVE-2024-21626).
	for (const fd of [found, directory]) tape.step("close it", "close", [new Load(fd)]);
}

/**
 * What the options of a bind make of its mounts, in docker's sense: without a
 * word all of it is private, so that nothing that is mounted inside appears on
 * the host. `private` and `slave` are said of the top alone, and what is mounted
 * below that is a slave then, as with runc, never shared.
 * @param nodes whether nodes in it can be opened
 */
export function changesOf(options: readonly string[], nodes: boolean): Change[] {
	const whole: Change = { whole: !options.includes("bind"), attributes: 0, propagation: MS_PRIVATE };
	const top: Change = { whole: false, attributes: 0, propagation: 0 };
	if (!nodes && !options.includes("dev")) whole.attributes |= MOUNT_ATTR_NODEV;
	for (const option of options) {
		if (option === "rro") whole.attributes |= MOUNT_ATTR_RDONLY;
		else if (option === "ro") top.attributes |= MOUNT_ATTR_RDONLY;
		else if (option === "slave" || option === "rslave") whole.propagation = MS_SLAVE;
		else if (option === "rshared") whole.propagation = MS_SHARED;
		else if (option === "private") {
			whole.propagation = MS_SLAVE;
			top.propagation = MS_PRIVATE;
		} else if (option === "shared") {
			whole.propagation = 0;
			top.propagation = MS_SHARED;
		}
	}
	if (!whole.whole) return [{ ...whole, ...merged(whole, top) }];
	return [whole, top].filter(({ attributes, propagation }) => attributes !== 0 || propagation !== 0);
}

const merged = (whole: Change, top: Change): Pick<Change, "attributes" | "propagation"> => ({
	attributes: whole.attributes | top.attributes,
	propagation: top.propagation || whole.propagation,
});

const HINTS: Hints = { EINVAL: KIND_HINT };

/**
 * In the container: puts what was taken in its place. What was opened is what it
 * comes to lie on (MOVE_MOUNT_T_EMPTY_PATH), not what its name may stand for by then.
 */
export function placeMount(tape: Tape, paths: Paths, taken: Taken): void {
	const { source, destination, tree, overLink } = taken;
	const sentence = taken.make ? `put ${source} on ${destination}` : `bind ${source} on ${destination}`;
	const empty = tape.text("");
	if (overLink) {
		const { directory, name } = paths.entry(destination);
		paths.makeFileIn(destination, { directory, name });
		tape.step(sentence, "move_mount", [new Load(tree), empty, directory, name, MOVE_MOUNT_F_EMPTY_PATH]);
	} else {
		const target = paths.open(destination, taken.directory);
		const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
		tape.step(sentence, "move_mount", [new Load(tree), empty, target, empty, flags], { hints: HINTS });
	}
	paths.hide(destination, taken.shared);
}

/** When all is in its place: makes read-only what had to be written to. */
export function sealMounts(tape: Tape, taken: readonly Taken[]): void {
	for (const { tree, seal, destination } of taken) {
		if (!seal) continue;
		const change: Change = { whole: false, attributes: MOUNT_ATTR_RDONLY, propagation: 0 };
		changeTree(tape, tree, change, `make ${destination} read-only`);
	}
}

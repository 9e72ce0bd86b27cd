/**
 * What hardly anybody mounts: images, file systems that the options of a volume
 * describe, and parts of any. An overlay of an image's layers is mounted in the
 * container's mount namespace, where the host's root will be let go of, and taken
 * from there: mount(2) takes a page of options where a string of fsconfig(2) ends
 * at 256 bytes.
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	AT_RECURSIVE,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_RDONLY,
	MOVE_MOUNT_F_EMPTY_PATH,
	MS_NODEV,
	MS_PRIVATE,
	MS_RDONLY,
	O_CLOEXEC,
	O_PATH,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
	RESOLVE_BENEATH,
	RESOLVE_NO_MAGICLINKS,
} from "../../ffi/constants.ts";
import { openHow } from "../../ffi/structures.ts";
import { type Hints, Load, type Place, type Tape, type TapeArgument } from "../kernel/tape.ts";
import { takeFileSystem } from "./file-system.ts";
import { kernelsOf } from "./kernels.ts";
import { changeTree } from "./mounts.ts";
import { OVERLAY_FEATURES } from "./root.ts";
import { changesOf, type Layers, type SourceFacts, STAGE, sourcePath, type Taken } from "./sources.ts";
import type { Mount } from "./spec.ts";

/** Before the clone: takes an image, a file system that a volume's options describe, or a part of anything. */
export function takeSeldom(tape: Tape, mount: Mount, facts: SourceFacts): Taken {
	if (mount.type === "bind") return takePart(tape, mount, facts);
	return mount.type === "image" ? takeImage(tape, mount, facts) : newFileSystem(tape, mount, facts);
}

/** A part of a directory of the host. */
function takePart(tape: Tape, mount: Mount, { directories, nodes }: SourceFacts): Taken {
	const { source: base, destination, options, subpath = "" } = mount;
	const source = sourcePath(mount);
	const tree = tape.slot();
	const recursive = options.includes("bind") ? 0 : AT_RECURSIVE;
	takeBelow(tape, { base, subpath, what: `take ${source} to bind it later` }, tree, recursive);
	for (const change of changesOf(options, nodes)) changeTree(tape, tree, change);
	const directory = directories.has(source);
	const kernels = kernelsOf(destination);
	return { source, destination, kernels, tree, directory, overLink: false, shared: directory, seal: false };
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
function takeBelow(
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

/** Takes what was mounted there, or a part of it. */
function takeStaged(tape: Tape, tree: Place, subpath: string | undefined): void {
	const what = "take it to place it later";
	if (subpath !== undefined) takeBelow(tape, { base: STAGE, subpath, what }, tree, 0);
	else tape.step(what, "open_tree", [AT_FDCWD, tape.text(STAGE), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], { store: tree });
}

/** Read-only, as docker has it. One layer is what it is, of several an overlay is made, of none an empty tmpfs. */
function takeImage(tape: Tape, mount: Mount, facts: SourceFacts): Taken {
	const { destination, source, subpath } = mount;
	const { directory, names } = (facts.images as NonNullable<SourceFacts["images"]>).get(source) as Layers;
	const isDirectory = subpath === undefined || facts.directories.has(sourcePath(mount));
	if (names.length === 1) {
		const options = ["bind", "rprivate", "rro"];
		const only = { ...mount, source: `${directory}/${names[0]}`, subpath: subpath ?? ".", options };
		return takePart(tape, only, { ...facts, directories: new Set(isDirectory ? [sourcePath(only)] : []) });
	}
	const tree = tape.slot();
	const nodev = facts.nodes ? 0 : MS_NODEV;
	const make = () => {
		const lower = [...names].reverse().join(":");
		tape.step(`enter ${directory}`, "chdir", [tape.text(directory)]);
		tape.step(`mount ${names.length} layers of image ${short(source)} for ${destination} (ro)`, "mount", [
			tape.text("image"),
			tape.text(STAGE),
			tape.text(names.length === 0 ? "tmpfs" : "overlay"),
			MS_RDONLY | nodev,
			tape.text(names.length === 0 ? "size=4k" : `lowerdir=${lower},${OVERLAY_FEATURES}`),
		]);
		takeStaged(tape, tree, subpath);
		const attributes = MOUNT_ATTR_RDONLY | (facts.nodes ? 0 : MOUNT_ATTR_NODEV);
		changeTree(tape, tree, { whole: false, attributes, propagation: MS_PRIVATE });
	};
	const what = `image ${short(source)}`;
	return {
		source: what,
		destination,
		kernels: kernelsOf(destination),
		tree,
		directory: isDirectory,
		overLink: false,
		make,
		shared: true,
		seal: false,
	};
}

/** `sha256:` and 12 digits. */
const short = (id: string): string => id.slice(0, "sha256:".length + 12);

/** What a volume's options describe, or a part of it. */
function newFileSystem(tape: Tape, mount: Mount, { directories }: SourceFacts): Taken {
	const { source, destination, options, subpath } = mount;
	const tree = takeFileSystem(tape, mount);
	// A mount that lies nowhere yet cannot be cloned before Linux 6.15.
	const make = () => {
		const args = [new Load(tree), tape.text(""), AT_FDCWD, tape.text(STAGE), MOVE_MOUNT_F_EMPTY_PATH];
		tape.step(`mount ${source} for a moment`, "move_mount", args);
		takeStaged(tape, tree, subpath);
	};
	return {
		source,
		destination,
		kernels: kernelsOf(destination),
		tree,
		directory: subpath === undefined || directories.has(sourcePath(mount)),
		overLink: false,
		shared: true,
		seal: options.includes("rro"),
		...(subpath !== undefined && { make }),
	};
}

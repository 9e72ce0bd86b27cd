/**
 * All that the user mounts, taken. What cannot be taken outside is made in the
 * container's mount namespace, where the host's root will be let go of, and taken
 * from there: an overlay of an image's layers, since mount(2) takes a page of
 * options where a string of fsconfig(2) ends at 256 bytes; and a tmpfs, which
 * takes two steps that way.
 */

import {
	AT_FDCWD,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_RDONLY,
	MOVE_MOUNT_F_EMPTY_PATH,
	MS_NODEV,
	MS_PRIVATE,
	MS_RDONLY,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
} from "../../ffi/constants.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import { takeFileSystem } from "./file-system.ts";
import { changeTree, mountFlags } from "./mounts.ts";
import { OVERLAY_FEATURES } from "./root.ts";
import { type Donors, donorOf, takeSharedMemory } from "./sharing.ts";
import { type Layers, type SourceFacts, sourcePath, type Taken, takeBelow, takeBind } from "./sources.ts";
import type { Mount } from "./spec.ts";

/** Before the clone: takes all that the user mounts. */
export function takeMounts(tape: Tape, mounts: readonly Mount[], facts: SourceFacts): Taken[] {
	return mounts.map((mount) => {
		if (mount.type === "tmpfs") return newTmpfs(tape, mount);
		if (mount.type === "image") return takeImage(tape, mount, facts);
		if (mount.type !== "bind") return newFileSystem(tape, mount, facts);
		if (donorOf(mount.source) === undefined) return takeBind(tape, mount, facts);
		return { ...takeSharedMemory(tape, mount, facts.donors as Donors), shared: true, seal: false };
	});
}

/** In the container's mount namespace, before its root: makes what could not be taken outside. */
export function makeMounts(tape: Tape, taken: readonly Taken[]): void {
	for (const { make } of taken) make?.(tape);
}

/** A directory that every host has, and that nobody looks for any more once the container's namespaces are there. */
const STAGE = "/proc";

/** Takes what was mounted there, or a part of it. */
function takeStaged(tape: Tape, tree: Place, subpath: string | undefined): void {
	const what = "take it to place it later";
	if (subpath !== undefined) takeBelow(tape, { base: STAGE, subpath, what }, tree, 0);
	else tape.step(what, "open_tree", [AT_FDCWD, tape.text(STAGE), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], { store: tree });
}

function newTmpfs(tape: Tape, { source, destination, options }: Mount): Taken {
	const tree = tape.slot();
	const make = (tape: Tape) => {
		const { flags, data } = mountFlags(options);
		const args = [tape.text(source), tape.text(STAGE), tape.text("tmpfs"), flags & ~MS_RDONLY, tape.text(data)];
		tape.step(`mount tmpfs for ${destination} (${options.join(",")})`, "mount", args);
		takeStaged(tape, tree, undefined);
	};
	const seal = options.includes("ro");
	return { source: "the tmpfs", destination, tree, directory: true, overLink: false, make, shared: false, seal };
}

/** Read-only, as docker has it. One layer is what it is, of several an overlay is made, of none an empty tmpfs. */
function takeImage(tape: Tape, mount: Mount, facts: SourceFacts): Taken {
	const { destination, source, subpath } = mount;
	const { directory, names } = (facts.images as NonNullable<SourceFacts["images"]>).get(source) as Layers;
	const isDirectory = subpath === undefined || facts.directories.has(sourcePath(mount));
	if (names.length === 1) {
		const layer = `${directory}/${names[0]}`;
		const options = ["bind", "rprivate", "rro"];
		const only: SourceFacts = {
			...facts,
			directories: new Set(isDirectory ? [sourcePath({ ...mount, source: layer })] : []),
		};
		return takeBind(tape, { ...mount, source: layer, options }, only);
	}
	const tree = tape.slot();
	const nodev = facts.nodes ? 0 : MS_NODEV;
	const make = (tape: Tape) => {
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
	return { source: what, destination, tree, directory: isDirectory, overLink: false, make, shared: true, seal: false };
}

/** `sha256:` and 12 digits. */
const short = (id: string): string => id.slice(0, "sha256:".length + 12);

/** What a volume's options describe, or a part of it. */
function newFileSystem(tape: Tape, mount: Mount, { directories }: SourceFacts): Taken {
	const { source, destination, options, subpath } = mount;
	const tree = takeFileSystem(tape, mount);
	// A mount that lies nowhere yet cannot be cloned before Linux 6.15.
	const make = (tape: Tape) => {
		const args = [new Load(tree), tape.text(""), AT_FDCWD, tape.text(STAGE), MOVE_MOUNT_F_EMPTY_PATH];
		tape.step(`mount ${source} for a moment`, "move_mount", args);
		takeStaged(tape, tree, subpath);
	};
	return {
		source,
		destination,
		tree,
		directory: subpath === undefined || directories.has(sourcePath(mount)),
		overLink: false,
		shared: true,
		seal: options.includes("rro"),
		...(subpath !== undefined && { make }),
	};
}

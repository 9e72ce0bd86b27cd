/**
 * What the user mounts, each as a mount of its own that lies nowhere yet.
 * Directories and files of the host are taken before the clone (open_tree): from
 * then on it is the same, whatever its name comes to stand for. What hardly
 * anybody mounts is in staging.ts.
 */

import {
	AT_FDCWD,
	AT_RECURSIVE,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_RDONLY,
	MOVE_MOUNT_F_EMPTY_PATH,
	MOVE_MOUNT_T_EMPTY_PATH,
	MS_PRIVATE,
	MS_RDONLY,
	MS_SHARED,
	MS_SLAVE,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
} from "../../ffi/constants.ts";
import { type Hints, Load, type Tape } from "../kernel/tape.ts";
import { kernelsOf } from "./kernels.ts";
import { type Bind, type Change, changeTree, emptyPath, mountFlags } from "./mounts.ts";
import { KIND_HINT, type Paths } from "./paths.ts";
import { type Donors, takeSharedMemory } from "./sharing.ts";
import { donorOf, type Mount } from "./spec.ts";

/** What has to be known of the host. */
export interface SourceFacts {
	/** sources that are directories, with their subpaths */
	directories: ReadonlySet<string>;
	/** where the layers of images are that are mounted, by the images' ids */
	images?: ReadonlyMap<string, Layers>;
	/** pidfds of containers whose /dev/shm is shared */
	donors?: Donors;
	/** takes what hardly anybody mounts (staging.ts); undefined where nobody does */
	take?: Take;
	/** nodes can be opened: a device controller keeps the container from those that are not its */
	nodes: boolean;
}

/** Takes a mount before the clone. */
export type Take = (tape: Tape, mount: Mount, facts: SourceFacts) => Taken;

/** An image's. */
export interface Layers {
	directory: string;
	/** names in it, lowest first */
	names: readonly string[];
}

/** A mount on its way to its place. */
export interface Taken extends Bind {
	/** in the container's mount namespace, before its root: makes what cannot be taken outside */
	make?: () => void;
	/** which of the kernel's file systems its place is in: `/dev` */
	kernels: string | undefined;
	/** others may change what is in it */
	shared: boolean;
	/** read-only, but not before all is in its place: what lies in it is made there (runc does the same) */
	seal: boolean;
}

/** What the subpath of a mount is looked up in, and it, for `directories`. */
export const sourcePath = ({ source, subpath }: Mount): string =>
	subpath === undefined ? source : `${source}/${subpath}`;

/** Before the clone: takes all that the user mounts. */
export function takeMounts(tape: Tape, mounts: readonly Mount[], facts: SourceFacts): Taken[] {
	return mounts.map((mount) => {
		if (mount.type === "tmpfs") return newTmpfs(tape, mount);
		if (mount.type !== "bind" || mount.subpath !== undefined) return (facts.take as Take)(tape, mount, facts);
		if (donorOf(mount.source) === undefined) return takeBind(tape, mount, facts);
		const memory = takeSharedMemory(tape, mount, facts.donors as Donors);
		return { ...memory, kernels: kernelsOf(mount.destination), shared: true, seal: false };
	});
}

/** What nearly every bind is. */
const PLAIN: Change = { whole: true, attributes: 0, propagation: MS_PRIVATE };
const isPlain = ([first, second, third]: readonly string[]): boolean =>
	first === "rbind" && second === "rprivate" && third === undefined;

/** A directory or file of the host. */
function takeBind(tape: Tape, { source, destination, options }: Mount, { directories, nodes }: SourceFacts): Taken {
	const tree = tape.slot();
	const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options.includes("bind") ? 0 : AT_RECURSIVE);
	tape.step(`take ${source} to bind it later`, "open_tree", [AT_FDCWD, tape.text(source), flags], { store: tree });
	if (isPlain(options) && nodes) changeTree(tape, tree, PLAIN, "make it private");
	else for (const change of changesOf(options, nodes)) changeTree(tape, tree, change);
	const directory = directories.has(source);
	const overLink = options.includes("nofollow");
	return {
		source,
		destination,
		kernels: kernelsOf(destination),
		tree,
		directory,
		overLink,
		shared: directory,
		seal: false,
	};
}

/** A directory that every host has, and that nobody looks for any more once the container's namespaces are there. */
export const STAGE = "/proc";

/** Mounted there and taken from there: fewer steps than by fsopen(2). */
function newTmpfs(tape: Tape, { source, destination, options }: Mount): Taken {
	const tree = tape.slot();
	const make = () => {
		const { flags, data } = mountFlags(options);
		const args = [tape.text(source), tape.text(STAGE), tape.text("tmpfs"), flags & ~MS_RDONLY, tape.text(data)];
		tape.step(`mount tmpfs for ${destination} (${options.join(",")})`, "mount", args);
		const clone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
		tape.step("take it to place it later", "open_tree", [AT_FDCWD, tape.text(STAGE), clone], { store: tree });
	};
	const own = { directory: true, overLink: false, shared: false, seal: options.includes("ro") };
	return { source: "the tmpfs", destination, kernels: kernelsOf(destination), tree, make, ...own };
}

/** In the container's mount namespace, before its root: makes what could not be taken outside. */
export function makeMounts(taken: readonly Taken[]): void {
	for (const { make } of taken) make?.();
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
	const empty = emptyPath(tape);
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

/** What a container sees below /sys/fs/cgroup. */

import {
	AT_FDCWD,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NOEXEC,
	MOUNT_ATTR_NOSUID,
	MOUNT_ATTR_RDONLY,
	MS_BIND,
	MS_RDONLY,
	MS_REMOUNT,
} from "../../ffi/constants.ts";
import type { Place, Tape } from "../kernel/tape.ts";
import type { Cgroup } from "./cgroups.ts";
import { mountFileSystem, mountFlags, placeBind, takeTree } from "./mounts.ts";
import type { Paths } from "./paths.ts";
import type { Mount } from "./spec.ts";

/**
 * Before the clone, with the host's cgroup namespace: what is to be bound, since
 * what is mounted there shows the host's. Of v1 the container's own directories,
 * as docker has it; of v2, of which docker shows all, the host's mount: a mount
 * of its own would make its options the whole host's, and take `nsdelegate` and
 * `memory_recursiveprot` away (kernel/cgroup/cgroup.c, apply_cgroup_root_flags;
 * opencontainers/runc issue 5258).
 */
export function takeShown(tape: Tape, cgroups: readonly Cgroup[], readOnly: boolean): Map<Cgroup, Place> {
	const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | (readOnly ? MOUNT_ATTR_RDONLY : 0);
	return new Map(shownOf(cgroups).map((cgroup) => [cgroup, takeTree(tape, sourceOf(cgroup), attributes)]));
}

const sourceOf = ({ version, path, mount }: Cgroup): string => (version === 1 ? path : mount);

const ofV1 = (cgroups: readonly Cgroup[]): Cgroup[] => cgroups.filter(({ version }) => version === 1);

/** v1's where there are any: v2 is beside them then, and has no place of its own. */
function shownOf(cgroups: readonly Cgroup[]): readonly Cgroup[] {
	const first = ofV1(cgroups);
	return first.length > 0 ? first : cgroups;
}

/**
 * Mounts /sys/fs/cgroup: v2 as one file system, v1 as a directory for each hierarchy.
 * @param shown what was taken to be bound there
 */
export function mountCgroups(
	tape: Tape,
	paths: Paths,
	mount: Mount,
	{ cgroups, shown }: { cgroups: readonly Cgroup[]; shown: ReadonlyMap<Cgroup, Place> },
): void {
	const { flags } = mountFlags(mount.options);
	const { destination } = mount;
	const directories = ofV1(cgroups);
	const placeShown = (cgroup: Cgroup, tree: Place, path: string) =>
		placeBind(tape, paths, { source: sourceOf(cgroup), destination: path, tree, directory: true, overLink: false });
	if (directories.length === 0) {
		for (const cgroup of cgroups) {
			const tree = shown.get(cgroup);
			if (tree) placeShown(cgroup, tree, destination);
			else mountOne(tape, "cgroup2", destination, flags, "");
		}
		return;
	}
	mountFileSystem(tape, paths, {
		...mount,
		type: "tmpfs",
		source: "tmpfs",
		options: ["nosuid", "nodev", "noexec", "mode=755"],
	});
	for (const cgroup of directories) {
		const { name, option } = cgroup;
		const path = `${destination}/${name}`;
		const tree = shown.get(cgroup);
		if (tree) placeShown(cgroup, tree, path);
		else {
			paths.make(path);
			mountOne(tape, "cgroup", path, flags, option);
		}
		for (const one of name.split(",")) if (one !== name) linkTo(tape, name, `${destination}/${one}`);
	}
	if (flags & MS_RDONLY)
		tape.step(`remount ${destination} (ro)`, "mount", [0, tape.text(destination), 0, flags | MS_REMOUNT | MS_BIND, 0]);
}

function mountOne(tape: Tape, type: "cgroup" | "cgroup2", path: string, flags: number, option: string): void {
	tape.step(`mount ${type} on ${path}${option && ` (${option})`}`, "mount", [
		tape.text(type),
		tape.text(path),
		tape.text(type),
		flags,
		tape.text(option),
	]);
}

function linkTo(tape: Tape, name: string, path: string): void {
	tape.step(`link ${path} to ${name}`, "symlinkat", [tape.text(name), AT_FDCWD, tape.text(path)]);
}

/**
 * Joining the container's cgroup, and what of it is seen inside. On v1 the child
 * moves itself, by "0" to `tasks`: a thread that moves only itself does not wait
 * for cgroup_threadgroup_rwsem (kernel: cgroup_procs_write_start), which after a
 * rest costs an RCU grace period: 0.1 ms instead of 6.5 to 10 on the machine
 * where that was measured. On v2 it is born there.
 */

import {
	AT_FDCWD,
	CLONE_INTO_CGROUP,
	CLONE_NEWCGROUP,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NOEXEC,
	MOUNT_ATTR_NOSUID,
	MOUNT_ATTR_RDONLY,
	MS_BIND,
	MS_RDONLY,
	MS_REMOUNT,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	O_WRONLY,
	SIGCHLD,
} from "../../ffi/constants.ts";
import { CLONE_ARGUMENTS, cloneArguments } from "../../ffi/structures.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import { mountFileSystem, mountFlags, placeBind, takeTree } from "./mounts.ts";
import type { Paths } from "./paths.ts";
import type { Mount } from "./spec.ts";

/** The container's cgroup in one hierarchy. */
export interface Cgroup {
	version: 1 | 2;
	/** its directory on the host */
	path: string;
	/** where its hierarchy is mounted there */
	mount: string;
	/** where its hierarchy is found below /sys/fs/cgroup: `memory`, `cpu,cpuacct` */
	name: string;
	/** the mount option that names the hierarchy: `memory`, `name=systemd` */
	option: string;
}

/** What was opened to join cgroups with. */
export interface Joining {
	tasks: readonly { name: string; fd: Load }[];
	directory?: Load | number;
	/** clone_args */
	clone: { place: Place; size: number };
}

/**
 * In the host's mount namespace, before the clone: opens what the child joins its cgroup with.
 * @param flags of the clone
 * @param given a descriptor of the one of v2, which is open already
 */
export function takeCgroups(tape: Tape, cgroups: readonly Cgroup[], flags: number, given?: number): Joining {
	const unified = cgroups.filter(({ version }) => version === 2)[0];
	const bytes = cloneArguments(unified ? flags + CLONE_INTO_CGROUP : flags, SIGCHLD);
	const clone = { place: tape.bytes(bytes), size: bytes.length };
	const tasks: { name: string; fd: Load }[] = [];
	for (const { version, path, name } of cgroups) {
		if (version === 2) continue;
		const fd = tape.slot();
		tape.step(
			`open the container's ${name} cgroup`,
			"openat",
			[AT_FDCWD, tape.text(`${path}/tasks`), O_WRONLY | O_CLOEXEC, 0],
			{
				store: fd,
			},
		);
		tasks.push({ name, fd: new Load(fd) });
	}
	if (!unified) return { tasks, clone };
	const directory = clone.place.plus(CLONE_ARGUMENTS.cgroup);
	if (given !== undefined) {
		tape.put(directory, new Uint8Array(BigUint64Array.of(BigInt(given)).buffer));
		return { tasks, directory: given, clone };
	}
	tape.step(
		"open the container's cgroup",
		"openat",
		[AT_FDCWD, tape.text(unified.path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0],
		{ store: directory },
	);
	return { tasks, directory: new Load(directory), clone };
}

/** In the child, before anything else: what it makes and uses from here on is the container's. */
export function joinCgroups(tape: Tape, { tasks, directory }: Joining): void {
	const zero = tasks.length > 0 ? tape.bytes(Uint8Array.of(0x30)) : 0;
	for (const { name, fd } of tasks) {
		tape.step(`join the ${name} cgroup`, "write", [fd, zero, 1], { full: true });
		tape.step("close it", "close", [fd]);
	}
	if (directory !== undefined) tape.step("close the cgroup", "close", [directory]);
}

/** A cgroup namespace of its own: its root is the cgroup that we have joined. */
export function enterCgroupNamespace(tape: Tape): void {
	tape.step("make its cgroup the root of those it sees", "unshare", [CLONE_NEWCGROUP]);
}

/**
 * In the child of an exec, once it is in the container's cgroup: with `nsdelegate`
 * the kernel lets nobody into a cgroup from outside of his own cgroup namespace
 * (ENOENT; cgroup-v2.rst, Delegation Containment).
 * @param pidfd the helper's number of a pidfd of the container's first process
 */
export function joinCgroupNamespace(tape: Tape, pidfd: number): void {
	tape.step("enter the container's cgroup namespace", "setns", [pidfd, CLONE_NEWCGROUP]);
}

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

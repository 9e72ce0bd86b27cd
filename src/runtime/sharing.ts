/**
 * Namespaces of another container, entered through a pidfd of its first
 * process: whoever took it has checked that it is the one (src/container).
 */

import {
	AT_EMPTY_PATH,
	AT_FDCWD,
	CLONE_NEWIPC,
	CLONE_NEWNET,
	CLONE_NEWNS,
	CLONE_NEWPID,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NOEXEC,
	MOUNT_ATTR_NOSUID,
	MS_PRIVATE,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	O_RDONLY,
	OPEN_TREE_CLOEXEC,
	OPEN_TREE_CLONE,
	RESOLVE_NO_SYMLINKS,
} from "../../ffi/constants.ts";
import { mountAttributes, openHow } from "../../ffi/structures.ts";
import { Load, type Tape } from "../kernel/tape.ts";
import type { Bind } from "./mounts.ts";
import { donorOf, type Mount, type NamespaceType, type Spec } from "./spec.ts";

/** The helper's numbers of the pidfds, by the containers' ids. */
export type Donors = ReadonlyMap<string, number>;

function donorOfType(spec: Spec, type: NamespaceType): string | undefined {
	return donorOf(spec.linux.namespaces.filter((namespace) => namespace.type === type)[0]?.path);
}

/** True if the program starts in the pid namespace of another container; the monitor then has to go back. */
export function joinsPid(spec: Spec): boolean {
	return donorOfType(spec, "pid") !== undefined;
}

/** Right before the clone: a process enters a pid namespace by being born in it (setns(2)). */
export function joinPid(tape: Tape, spec: Spec, donors: Donors): void {
	const donor = donorOfType(spec, "pid");
	if (donor === undefined) return;
	tape.step(`let the child be born in the pid namespace of container ${short(donor)}`, "setns", [
		donors.get(donor) as number,
		CLONE_NEWPID,
	]);
}

const JOINED = [
	["ipc", "IPC", CLONE_NEWIPC],
	["network", "network", CLONE_NEWNET],
] as const;

/** In the child: enters IPC and network namespaces of others, and lets go of the pidfds. */
export function joinOthers(tape: Tape, spec: Spec, donors: Donors): void {
	for (const [type, what, flag] of JOINED) {
		const donor = donorOfType(spec, type);
		if (donor !== undefined)
			tape.step(`enter the ${what} namespace of container ${short(donor)}`, "setns", [
				donors.get(donor) as number,
				flag,
			]);
	}
	for (const [id, pidfd] of donors) tape.step(`close the pidfd of container ${short(id)}`, "close", [pidfd]);
}

/**
 * Before the clone: takes another container's /dev/shm. A mount can be cloned
 * only from within its own namespace (open_tree(2)); the helper has no process
 * of that container beside it there, and follows no link of its.
 */
export function takeSharedMemory(tape: Tape, mount: Mount, donors: Donors): Bind {
	const donor = donorOf(mount.source) as string;
	const [home, directory, tree] = [tape.slot(), tape.slot(), tape.slot()];
	const how = openHow(O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS);
	const attr = mountAttributes(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, MS_PRIVATE);
	const empty = tape.text("");
	tape.step(
		"open the host's mount namespace",
		"openat",
		[AT_FDCWD, tape.text("/proc/self/ns/mnt"), O_RDONLY | O_CLOEXEC, 0],
		{ store: home },
	);
	tape.step(`enter the mount namespace of container ${short(donor)}`, "setns", [
		donors.get(donor) as number,
		CLONE_NEWNS,
	]);
	tape.step("open its /dev/shm", "openat2", [AT_FDCWD, tape.text("/dev/shm"), tape.bytes(how), how.length], {
		store: directory,
	});
	tape.step(
		"take it to bind it later",
		"open_tree",
		[new Load(directory), empty, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH],
		{ store: tree },
	);
	tape.step("go back to the host's mount namespace", "setns", [new Load(home), CLONE_NEWNS]);
	for (const fd of [directory, home]) tape.step("close it", "close", [new Load(fd)]);
	tape.step("make it private, nosuid, nodev and noexec", "mount_setattr", [
		new Load(tree),
		empty,
		AT_EMPTY_PATH,
		tape.bytes(attr),
		attr.length,
	]);
	return { source: `its ${mount.destination}`, destination: mount.destination, tree, directory: true, overLink: false };
}

const short = (id: string): string => id.slice(0, 12);

/**
 * Joining the container's cgroup. On v1 the child
 * moves itself, by "0" to `tasks`: a thread that moves only itself does not wait
 * for cgroup_threadgroup_rwsem (kernel: cgroup_procs_write_start), which after a
 * rest costs an RCU grace period: 0.1 ms instead of 6.5 to 10 on the machine
 * where that was measured. On v2 it is born there.
 */

import {
	AT_FDCWD,
	CLONE_INTO_CGROUP,
	CLONE_NEWCGROUP,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	O_WRONLY,
	SIGCHLD,
} from "../../ffi/constants.ts";
import { CLONE_ARGUMENTS, cloneArguments } from "../../ffi/structures.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";

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

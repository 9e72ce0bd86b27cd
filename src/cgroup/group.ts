/**
 * A container's cgroup: a directory in each hierarchy, of the same name in all.
 * Between a hierarchy's root and it there is always a parent of ours, which keeps
 * controllers switched on for its children: where systemd owns the root it may
 * take away what nobody below uses, and the kernel refuses that for what we do
 * (cgroup-v2.rst, Enabling and Disabling).
 */

import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../../ffi/constants.ts";
import { makeDirectory } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, open, readSmallIfThere, writeAll } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { encodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Group, Hierarchy, Write } from "./hierarchy.ts";

/**
 * Makes the directories of a cgroup, and its parents.
 * @returns those that are there now: without those of hierarchies that are read-only here, as in a container
 * @throws SystemError for any other failure
 */
export function create(groups: readonly Group[]): Group[] {
	return groups.filter(({ hierarchy, path }) => make(hierarchy, path)).map(asItIs);
}

/** On v2 a cgroup has what its parents have switched on, which may be less than what there is. */
function asItIs(group: Group): Group {
	const { hierarchy, path } = group;
	if (hierarchy.version === 1 || hierarchy.controllers.length === 0) return group;
	const file = `${path}/cgroup.controllers`;
	let controllers = wordsIn(file);
	if (controllers.length < hierarchy.controllers.length) {
		enableAbove(hierarchy, path);
		controllers = wordsIn(file);
	}
	return { path, hierarchy: { ...hierarchy, controllers } };
}

/** For a parent that somebody else has made, or one of ours that a kill has left without. */
function enableAbove(hierarchy: Hierarchy, path: string): void {
	const above = path.slice(0, path.lastIndexOf("/"));
	if (above.length > hierarchy.mount.length) enableAbove(hierarchy, above);
	enable(hierarchy, above);
}

/** @returns false where nothing can be made */
function make(hierarchy: Hierarchy, path: string): boolean {
	const result = attempt("mkdirat", AT_FDCWD, path, 0o755);
	if (result === -(errno.EROFS as number) || result === -(errno.EACCES as number)) return false;
	if (result === -(errno.ENOENT as number)) {
		if (!makeParent(hierarchy, path.slice(0, path.lastIndexOf("/")))) return false;
		makeDirectory(path);
	} else if (result < 0 && result !== -(errno.EEXIST as number))
		throw new SystemError(`make the cgroup ${path}`, -result);
	if (hierarchy.controllers.includes("cpuset") && hierarchy.version === 1) fillCpuset(hierarchy, path);
	return true;
}

/** A parent is made with what its children need: on v2 the controllers, from the root down. */
function makeParent(hierarchy: Hierarchy, path: string): boolean {
	if (path.length <= hierarchy.mount.length) return true;
	const above = path.slice(0, path.lastIndexOf("/"));
	if (hierarchy.version === 2) enable(hierarchy, above);
	if (!make(hierarchy, path)) return false;
	if (hierarchy.version === 2) enable(hierarchy, path);
	else if (hierarchy.controllers.includes("cpuset")) writeIfThere(`${path}/cgroup.clone_children`, "1");
	return true;
}

/** Switches on for the children of a v2 cgroup whatever it has: what cannot be is missed where a limit asks for it. */
function enable(hierarchy: Hierarchy, path: string): void {
	const enabled = wordsIn(`${path}/cgroup.subtree_control`);
	const missing = wordsIn(`${path}/cgroup.controllers`).filter((controller) => !enabled.includes(controller));
	if (missing.length === 0 || !vacate(hierarchy, path)) return;
	for (const controller of missing) writeIfThere(`${path}/cgroup.subtree_control`, `+${controller}`);
}

/**
 * A cgroup of v2 that has processes switches no memory controller on for its
 * children, but for the host's root (cgroup-v2.rst, No Internal Process
 * Constraint); and with cpu or pids, which it may, its children become threaded
 * and take no process (Threads). In a container the root of what we see is not the
 * host's, and its processes are in it: they go to a child, as the images of
 * docker in docker do it by a script. Any other cgroup is its owner's.
 * @returns true if what is switched on does no harm
 */
function vacate({ mount }: Hierarchy, path: string): boolean {
	const isHostsRoot = wordsIn(`${path}/cgroup.type`).length === 0;
	if (isHostsRoot || wordsIn(`${path}/cgroup.procs`).length === 0) return true;
	if (path !== mount || attempt("mkdirat", AT_FDCWD, `${path}/init`, 0o755) === -(errno.EROFS as number)) return false;
	// Those that fork meanwhile are met in the next round.
	for (let round = 0; round < 10; round++) {
		const pids = wordsIn(`${path}/cgroup.procs`);
		if (pids.length === 0) return true;
		for (const pid of pids) writeIfThere(`${path}/init/cgroup.procs`, pid);
	}
	return false;
}

const wordsIn = (path: string): string[] =>
	new TextDecoder()
		.decode(readSmallIfThere(path) ?? new Uint8Array())
		.split(/\s+/)
		.filter(Boolean);

/** A cpuset of v1 begins empty, and takes no process until it has processors and memory nodes (cpusets.rst). */
function fillCpuset(hierarchy: Hierarchy, path: string): void {
	for (const name of ["cpuset.cpus", "cpuset.mems"]) {
		// More than the end of a line: every start asks.
		if ((readSmallIfThere(`${path}/${name}`)?.length ?? 0) > 1) continue;
		const parent = path.slice(0, path.lastIndexOf("/"));
		if (parent.length > hierarchy.mount.length) fillCpuset(hierarchy, parent);
		writeIfThere(`${path}/${name}`, wordsIn(`${parent}/${name}`).join(""));
	}
}

/** @returns the negative errno of what failed: in a container the files may be read-only */
function writeIfThere(path: string, value: string): number {
	const fd = attempt("openat", AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) return fd;
	const result = attempt("write", fd, encodeText(value), value.length);
	close(fd);
	return result;
}

/** Carries out writes, in their order; a file is opened once for those that follow each other. @throws Failure (125) with the sentence of the one that failed */
export function write(writes: readonly Write[]): void {
	let file = "";
	let fd = -1;
	try {
		for (const one of writes) {
			if (one.file !== file && fd >= 0) close(fd);
			try {
				if (one.file !== file) {
					fd = -1;
					fd = open(one.file, O_WRONLY);
					file = one.file;
				}
				writeAll(fd, encodeText(one.value), `write ${one.value} to ${file}`);
			} catch (error) {
				throw new Failure(`${one.what}: ${(error as Error).message}`, { exitCode: EXIT.refused, cause: error });
			}
		}
	} finally {
		if (fd >= 0) close(fd);
	}
}

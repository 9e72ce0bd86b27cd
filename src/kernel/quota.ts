/**
 * Limits on what directories may hold, by project quotas. Each limit has a
 * project of its own, whose number is nobody's: not of another engine on the
 * same file system either, so it is the file system that is asked, not a table.
 */

import { SystemError } from "../../ffi/errno.ts";
import { close, readFile } from "../../ffi/file.ts";
import { fileSystemOf, mountOf } from "../../ffi/filesystem.ts";
import { limitProject, openDirectory, projectOf } from "../../ffi/project.ts";
import { joinProject, projectQuotas, useOf } from "../../ffi/quota.ts";
import { randomBytes } from "../../ffi/random.ts";
import { EXIT, Failure } from "../failure.ts";

/** What directories may hold. */
export interface Size {
	/** 0: no limit, but the file system has to be one that could */
	bytes: number;
	/** for the error: `--storage-opt size=10G` */
	what: string;
	/** for the error: the directory of this place that people know */
	root: string;
}

/**
 * Limits what is in directories, together, from now on. What they hold already
 * stays uncounted, so they should be new. Those that have a project of their own keep it,
 * and get the limit again: so it does for what a kill has left half done.
 * @param parent the directory that they are in
 * @throws Failure where the file system has no project quotas
 */
export function limitDirectories(parent: string, names: readonly string[], size: Size): void {
	const { bytes } = size;
	using opened = new Opened([parent, ...names.map((name) => `${parent}/${name}`)]);
	const [top = -1, ...directories] = opened.fds;
	if (projectQuotas(top) !== "limited") throw lacking(top, size);
	if (bytes === 0) return;
	const outer = projectOf(parent);
	const theirs = names.map((name) => projectOf(`${parent}/${name}`));
	const first = theirs.find((project) => project !== 0 && project !== outer);
	const project = first ?? pick(top);
	// In this order: a limit that a kill leaves without a directory would be nobody's to forget.
	for (const directory of directories) joinProject(directory, project);
	limit(top, project, bytes);
}

/** A number that nobody uses. Random ones of 31 bits: two that look at the same time do not find the same. */
function pick(fd: number): number {
	for (;;) {
		const project = new DataView(randomBytes(4).buffer).getUint32(0) >>> 1;
		const { limit, used, inodes } = useOf(fd, project);
		if (project > 0 && limit === 0 && used === 0 && inodes === 0) return project;
	}
}

function limit(fd: number, project: number, bytes: number): void {
	const result = limitProject(fd, project, Math.ceil(bytes / 1024));
	if (result < 0) throw new SystemError(`limit project ${project} to ${bytes} bytes`, -result);
}

class Opened implements Disposable {
	readonly fds: number[] = [];

	constructor(paths: readonly string[]) {
		for (const path of paths) this.fds.push(this.open(path));
	}

	private open(path: string): number {
		const fd = openDirectory(path);
		if (fd >= 0) return fd;
		this[Symbol.dispose]();
		throw new SystemError(`open ${path}`, -fd);
	}

	[Symbol.dispose](): void {
		for (const fd of this.fds) close(fd);
	}
}

/** What is missing, and what to do about it. */
function lacking(fd: number, { what, root }: Size): Failure {
	const { type, place } = mountedAt(fd);
	const counted = projectQuotas(fd) === "counted";
	const lack = counted ? "counts projects but does not limit them" : "has no project quotas";
	return new Failure(`${what}: the file system of ${root} (${type}, mounted on ${place}) ${lack}`, {
		exitCode: EXIT.refused,
		hint: REMEDIES[type] ?? "a size can be limited on ext4 and xfs only",
	});
}

const REMEDIES: Record<string, string> = {
	ext4: "mount it with prjquota (once before, unmounted: tune2fs -O project,quota DEVICE); the kernel needs CONFIG_QFMT_V2, and be Linux 5.14",
	xfs: "mount it with pquota; the kernel needs CONFIG_XFS_QUOTA, and be Linux 5.14",
};

/** Type and place of the mount that a descriptor is on (proc_pid_mountinfo(5)). */
function mountedAt(fd: number): { type: string; place: string } {
	const id = `${mountOf(fd)} `;
	for (const line of new TextDecoder().decode(readFile("/proc/self/mountinfo")).split("\n")) {
		if (!line.startsWith(id)) continue;
		const [before = "", after = ""] = line.split(" - ");
		return { type: after.split(" ")[0] as string, place: before.split(" ")[4] as string };
	}
	return { type: `0x${fileSystemOf(fd).type.toString(16)}`, place: "?" };
}

/**
 * The freezer of a cgroup, of either version: `freezer.state` of v1
 * (freezer-subsystem.rst), `cgroup.freeze` of v2 (cgroup-v2.rst, Core Interface
 * Files). A frozen process runs no instruction; on v1 not even SIGKILL ends it
 * before it is thawed. Freezing itself is in freezing.ts, which few load.
 */

import { O_WRONLY } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, openIfThere, writeAll } from "../../ffi/file.ts";
import { attemptReading } from "../../ffi/system.ts";
import { type Group, groupWith } from "./hierarchy.ts";

/** The file that freezes and thaws a cgroup, and what is written there. */
export interface Freezer {
	version: 1 | 2;
	/** the cgroup's directory */
	group: string;
	file: string;
	frozen: string;
	thawed: string;
}

/** The freezer of a cgroup; undefined where the host has none. */
export function freezerOf(groups: readonly Group[]): Freezer | undefined {
	const found = groupWith(groups, "freezer");
	if (!found) return undefined;
	const { hierarchy, path: group } = found;
	return hierarchy.version === 1
		? { version: 1, group, file: `${group}/freezer.state`, frozen: "FROZEN", thawed: "THAWED" }
		: { version: 2, group, file: `${group}/cgroup.freeze`, frozen: "1", thawed: "0" };
}

const GONE: readonly number[] = [errno.ENODEV, errno.ENOENT];

/**
 * Writes a state into a freezer. @returns false if the cgroup is gone
 * @throws SystemError for any other failure
 */
export function turn({ file }: Freezer, state: string): boolean {
	const fd = openIfThere(file, O_WRONLY);
	if (fd === undefined) return false;
	try {
		writeAll(fd, new TextEncoder().encode(state), `write ${state} to ${file}`);
		return true;
	} catch (error) {
		// It was removed since we opened it (kernfs), or is just being so (cgroup_kn_lock_live).
		if (error instanceof SystemError && GONE.includes(error.errno)) return false;
		throw error;
	} finally {
		close(fd);
	}
}

/** Lets the processes of a cgroup run again; one that is not frozen, or not there, is fine. */
export function thaw(groups: readonly Group[]): void {
	const freezer = freezerOf(groups);
	if (freezer) turn(freezer, freezer.thawed);
}

/** True if a cgroup is frozen, or just being so; what of it cannot be read is not. */
export function isFrozen(groups: readonly Group[]): boolean {
	const freezer = freezerOf(groups);
	// Of a cgroup that is just being removed even what is open cannot be read (ENODEV).
	const state = freezer && attemptReading(freezer.file);
	// FROZEN, FREEZING, THAWED; 1, 0.
	return typeof state === "object" && state[0] === freezer?.frozen.charCodeAt(0);
}

/** The end of a cgroup: functions of the shim, the monitor's own (ffi/helper/cgroup.h). */

import { ptr } from "bun:ffi";
import { shim } from "./library.ts";
import { pathBytes } from "./system.ts";

/**
 * Removes directories of cgroups, and what is below them; who is in them is killed.
 * @param paths absolute, first the one that is asked for members
 * @param rounds of killing, with naps of 1, 2, 4 … 100, 100 ms; 0: nobody is killed
 * @returns false if something is left
 */
export function endCgroup(paths: readonly string[], rounds: number): boolean {
	const strings = paths.map(pathBytes);
	const list = BigUint64Array.of(...strings.map((bytes) => BigInt(ptr(bytes))), 0n);
	return Number(shim.bunker_end_cgroup(ptr(list), rounds)) === 1;
}

/**
 * Kills all processes of a cgroup at once, and of those below it. On v1 they are
 * frozen for that, and run again after it, whoever has frozen them: to their end.
 * @param directory descriptor of it
 */
export function killCgroup(directory: number): void {
	shim.bunker_kill_cgroup(ptr(pathBytes(`/proc/self/fd/${directory}/.`)));
}

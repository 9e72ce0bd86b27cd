/** Limits put on a container's cgroup: where it starts, and while it runs. Loaded only where there are any. */

import { AT_FDCWD, S_IFBLK } from "../../ffi/constants.ts";
import { isType, readFileIfThere, statusIfThere } from "../../ffi/file.ts";
import { type Group, groupWith, limitFacts, limitWrites, type Write, write } from "../cgroup/cgroup.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Resources } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";
import { resourcesOf } from "./resources.ts";

/**
 * What a container may use, for its config.json: devices are looked up now, as
 * docker does, since a number may be another's after the next boot.
 * @throws Failure (125) for a device that is gone
 */
export function resourcesFor(options: Pick<RunOptions, "limits">): Resources | undefined {
	return resourcesOf(options, (path) => {
		const status = statusIfThere(path, AT_FDCWD, 0);
		if (status && isType(status, S_IFBLK)) return { major: status.rdevMajor, minor: status.rdevMinor };
		throw new Failure(`limit the use of ${path}: there is no such block device`, { exitCode: EXIT.refused });
	});
}

/**
 * What is written into a cgroup that was just made, or will be.
 * @throws Failure (125) for what this host has not, although it had when the container was made
 */
export function writesFor(groups: readonly Group[], resources: Resources, changed = false): Write[] {
	const { writes, warnings } = limitWrites(resources, groups, limitFacts(changed));
	if (warnings.length > 0) throw new Failure(warnings.join("; "), { exitCode: EXIT.refused });
	return writes;
}

/** Puts limits on a new cgroup. @throws Failure (125) with the sentence of the write that failed */
export function limit(groups: readonly Group[], resources: Resources): void {
	try {
		write(writesFor(groups, resources));
	} catch (error) {
		throw resources.cpu?.realtimeRuntime && error instanceof Failure ? realtimeHint(error) : error;
	}
}

/** Real-time CPU time is shared out from above, and a new cgroup has none (sched-rt-group.rst). */
function realtimeHint(error: Failure): Failure {
	const hint = "A cgroup can give no more real-time CPU time than it has: name one with --cgroup-parent that has some";
	return new Failure(error.message, { exitCode: error.exitCode, cause: error, hint });
}

/**
 * Changes limits of a cgroup in use: all of them, or none.
 * @throws Failure (125) with the sentence of the one that failed
 */
export function changeLimits(groups: readonly Group[], resources: Resources): void {
	checkUsage(groups, resources.memory?.limit);
	const done: Write[] = [];
	try {
		for (const one of writesFor(groups, resources, true)) {
			const before = { ...one, value: contentOf(one.file) };
			write([one]);
			done.unshift(before);
		}
	} catch (error) {
		for (const one of done) undo(one);
		throw error;
	}
}

/** What was there a moment ago fits again; where it does not, the first error is the one that counts. */
function undo(before: Write): void {
	try {
		write([before]);
	} catch {}
}

const contentOf = (file: string): string => new TextDecoder().decode(readFileIfThere(file) ?? new Uint8Array()).trim();

/**
 * v1 refuses a limit that is less than what is used and cannot be reclaimed
 * (EBUSY); v2 takes it and kills (cgroup-v2.rst, memory.max). The same for both
 * is better: an error, and nothing is changed.
 */
function checkUsage(groups: readonly Group[], limit: number | undefined): void {
	const group = groupWith(groups, "memory");
	if (limit === undefined || limit <= 0 || group?.hierarchy.version !== 2) return;
	const used = Number(contentOf(`${group.path}/memory.current`));
	const kept = used - reclaimable(contentOf(`${group.path}/memory.stat`));
	if (kept <= limit) return;
	throw new Failure(`set the memory limit to ${limit} bytes: ${kept} bytes are in use`, { exitCode: EXIT.refused });
}

/** Caches of files: what the kernel can give up without swap. */
function reclaimable(statistics: string): number {
	let sum = 0;
	for (const [, , value] of statistics.matchAll(/^(active_file|inactive_file|slab_reclaimable) (\d+)$/gm))
		sum += Number(value);
	return sum;
}

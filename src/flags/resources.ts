/**
 * What a container may use: limits on memory, CPU, processes and block devices,
 * and its place among the cgroups. Only the table; what the values mean is
 * loaded where one is given (resource-values.ts).
 */

import { bool, int, list, string, type Values } from "./flags.ts";

/** What `update` changes, too. */
export const changeableFlags = {
	"blkio-weight": int("", "its share of block I/O, 10 to 1000"),
	"cpu-period": int("", "microseconds of the period that --cpu-quota is of", { standard: "100000" }),
	"cpu-quota": int("", "microseconds of CPU time in each period"),
	"cpu-rt-period": int("", "microseconds of the real-time period"),
	"cpu-rt-runtime": int("", "microseconds of real-time CPU time in each period"),
	"cpu-shares": int("c", "its share of the CPUs, beside others with 1024"),
	cpus: string("", "how many CPUs it may keep busy: 1.5"),
	"cpuset-cpus": string("", "run on these CPUs only: 0-2,4"),
	"cpuset-mems": string("", "use memory of these NUMA nodes only: 0,1"),
	"kernel-memory": string("", "without effect: the kernel has it no more"),
	memory: string("m", "limit its memory: 64m, 1.5g"),
	"memory-reservation": string("", "what it is pushed back to when the host's memory is short"),
	"memory-swap": string("", "limit memory and swap together, -1 for no limit", { standard: "twice --memory" }),
	"pids-limit": int("", "how many processes and threads it may have, -1 for any number"),
};

export const resourceFlags = {
	...changeableFlags,
	"blkio-weight-device": list("", "its share of a device's I/O: /dev/sda:WEIGHT"),
	"cgroup-parent": string("", "the cgroup in which its own is made", { standard: "/bunker" }),
	device: list("", "give it a device of the host: HOST[:PATH][:rwm]", { completes: "file" }),
	"device-cgroup-rule": list("", "allow devices: 'c 10:* rw', a type, major:minor, and of r w m"),
	"device-read-bps": list("", "limit bytes read in a second: /dev/sda:1mb"),
	"device-read-iops": list("", "limit reads in a second: /dev/sda:1000"),
	"device-write-bps": list("", "limit bytes written in a second: /dev/sda:1mb"),
	"device-write-iops": list("", "limit writes in a second: /dev/sda:1000"),
	hugetlb: list("", "limit its huge pages of a size: 2MB:64m"),
	"memory-swappiness": int("", "how soon it swaps, 0 to 100"),
	"oom-kill-disable": bool("", "let it wait for memory that it cannot get, instead of being killed"),
};

/** True if any of them was given. */
export function limitsResources(values: Values<typeof resourceFlags>): boolean {
	const names = Object.keys(resourceFlags) as (keyof typeof resourceFlags)[];
	return names.filter((name) => isGiven(values[name])).length > 0;
}

/** True of a value that was typed: a list has entries, a switch is on. */
export function isGiven(value: string | number | boolean | string[] | undefined): boolean {
	return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

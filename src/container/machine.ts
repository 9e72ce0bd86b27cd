/** What the host has and has used of it, as docker measures containers against it (moby, daemon/stats_unix.go). */

import { readRecordIfThere } from "../../ffi/record.ts";

/** What all processors have done so far. */
export interface Processors {
	/** nanoseconds, idle ones included: a second for each processor and second */
	time: number;
	/** how many are online */
	count: number;
}

/** Time is in ticks of USER_HZ, 100 a second on both architectures. */
const TICK = 10_000_000;

/** Without what a hypervisor took and without guests, whose time is user time already. */
const COUNTED = 7;

export function processors(): Processors {
	return processorsIn(readRecordIfThere("/proc/stat") ?? "");
}

/** `cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL …`, then a line for each processor (proc_stat(5)). */
export function processorsIn(stat: string): Processors {
	let time = 0;
	let count = 0;
	for (const line of stat.split("\n")) {
		if (!line.startsWith("cpu")) break;
		const [name, ...ticks] = line.split(/ +/);
		if (name !== "cpu") count++;
		else for (const value of ticks.slice(0, COUNTED)) time += Number(value) * TICK;
	}
	return { time, count };
}

/** Percent of one processor between two moments. @param used nanoseconds of CPU time */
export function percentOf(used: number, before: Processors, now: Processors): number {
	const passed = now.time - before.time;
	return used > 0 && passed > 0 ? (used / passed) * now.count * 100 : 0;
}

/** Bytes; Infinity where that cannot be read. */
export function hostMemory(): number {
	const [, kilobytes] = /^MemTotal:\s+([0-9]+) kB$/m.exec(readRecordIfThere("/proc/meminfo") ?? "") ?? [];
	return kilobytes === undefined ? Number.POSITIVE_INFINITY : Number(kilobytes) * 1024;
}

/**
 * What the program may do: capabilities, and what of /proc and /sys it sees.
 * Rules are docker's (moby: daemon/pkg/oci/caps/utils.go, TweakCapabilities;
 * oci/defaults.go). Pure.
 */

import { EXIT, Failure } from "../failure.ts";
import { capabilityName, defaultCapabilities, type Process } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";

const MASKED_PATHS = [
	"/proc/asound",
	"/proc/acpi",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
];

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Paths that are hidden, and that are read-only; none with --privileged. */
export function protectedPaths({ privileged }: RunOptions): { maskedPaths: string[]; readonlyPaths: string[] } {
	return privileged
		? { maskedPaths: [], readonlyPaths: [] }
		: { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS };
}

/**
 * The capabilities of a container.
 * @param own what bunker may give; asked only where it matters
 * @throws Failure (125) for one that bunker has not itself
 */
export function capabilitySets(options: RunOptions, own: () => readonly string[]): Process["capabilities"] {
	if (options.privileged) return setsOf(own());
	const added = namesOf(options.capAdd);
	if (added.length === 0 && !options.capDrop) return setsOf(defaultCapabilities);
	const names = tweak(added, namesOf(options.capDrop), own);
	const missing = added.length > 0 ? names.find((name) => !own().includes(name)) : undefined;
	if (missing) throw new Failure(`give the container ${missing}: bunker does not have it`, { exitCode: EXIT.refused });
	return setsOf(names);
}

/** The sets of a program that has these, and can get no others. */
export function setsOf(names: readonly string[]): Process["capabilities"] {
	return { bounding: [...names], effective: [...names], permitted: [...names], inheritable: [] };
}

const namesOf = (typed: readonly string[] = []): string[] => typed.map((name) => capabilityName(name) ?? name);

/** docker: what is added wins over what is dropped, unless ALL are added. */
function tweak(added: readonly string[], dropped: readonly string[], own: () => readonly string[]): string[] {
	if (added.includes("ALL")) return own().filter((name) => !dropped.includes(name));
	if (dropped.includes("ALL")) return [...new Set(added)];
	const kept = defaultCapabilities.filter((name) => !dropped.includes(name));
	return [...new Set([...kept, ...added])];
}

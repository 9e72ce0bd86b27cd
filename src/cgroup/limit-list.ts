/**
 * Limits on their way to files: one place decides where a limit goes, and what
 * happens where the host has no such thing. It knows no controller by name.
 * Pure, given the facts.
 */

import { EXIT, Failure } from "../failure.ts";
import { type Group, groupWith, type Write } from "./hierarchy.ts";

/** What has to be known of the kernel; asked only where a limit needs it. */
export interface LimitFacts {
	/** whether a cgroup has a file: kernels differ in swap accounting, weights, huge pages, real time */
	exists: (group: Group, file: string) => boolean;
	/** what a file holds now, of a cgroup that is changed; missing: it is new, and as the kernel makes it */
	current?: (group: Group, file: string) => string;
	/** the CPUs or memory nodes that the cgroup's parent may use: `0-3`; undefined if that is not known */
	available: (group: Group, of: "cpus" | "mems") => string | undefined;
}

/** A file and what is written to it. */
export type Choice = readonly [file: string, value: string];

/** One limit in the terms of both versions. */
export interface Setting {
	/** the limit's name: `the memory limit` */
	limit: string;
	/** its value, for people: `64 MiB` */
	to: string;
	/** who has it; more than one where v1 and v2 name it differently */
	controllers: readonly string[];
	/** the files that can hold it, best first; none: this version has no such limit */
	v1: readonly Choice[];
	v2: readonly Choice[];
	/** without it: docker goes on with a warning, or fails, or nothing is lost */
	missing: "warn" | "fail" | "pass";
}

/** The writes of a list of limits, and what of them was dropped, in sentences. */
export class LimitList {
	readonly writes: Write[] = [];
	readonly warnings: string[] = [];

	constructor(
		private readonly groups: readonly Group[],
		private readonly facts: LimitFacts,
	) {}

	/** The cgroup that has one of the controllers. */
	group(...controllers: readonly string[]): Group | undefined {
		for (const controller of controllers) {
			const group = groupWith(this.groups, controller);
			if (group) return group;
		}
		return undefined;
	}

	/** What a file holds now; undefined of a new cgroup, or where there is no such file. */
	current(group: Group | undefined, file: string): string | undefined {
		const { current, exists } = this.facts;
		return group && current && exists(group, file) ? current(group, file).trim() : undefined;
	}

	/** As LimitFacts has it. */
	available(group: Group, of: "cpus" | "mems"): string | undefined {
		return this.facts.available(group, of);
	}

	/**
	 * Adds a limit.
	 * @throws Failure (125) where the host has no place for it and docker fails, too
	 */
	set(setting: Setting): void {
		const group = this.group(...setting.controllers);
		const choices = group?.hierarchy.version === 1 ? setting.v1 : setting.v2;
		const choice = group && choices.find(([file]) => this.facts.exists(group, file));
		if (!choice) {
			this.lacks(setting, whyNot(group, setting, choices));
			return;
		}
		const [file, value] = choice;
		this.writes.push({ what: `set ${setting.limit} to ${setting.to}`, file: `${group.path}/${file}`, value });
	}

	private lacks({ limit, missing, to }: Setting, why: string): void {
		if (missing === "fail") throw new Failure(`set ${limit} to ${to}: ${why}`, { exitCode: EXIT.refused });
		if (missing === "warn") this.warnings.push(`did not set ${limit} to ${to}: ${why}`);
	}
}

function whyNot(group: Group | undefined, { controllers }: Setting, choices: readonly Choice[]): string {
	if (!group) return `this host has no ${controllers.join(" or ")} controller`;
	if (choices.length === 0) return `cgroup v${group.hierarchy.version} has no such setting`;
	return `this kernel's cgroups have no ${choices.map(([file]) => file).join(" or ")}`;
}

/** A number that counts: 0 and nothing leave the kernel's value, as in runc. */
export const given = (value: number | undefined): value is number => value !== undefined && value !== 0;

/** `67108864` → `64 MiB`; -1: no limit. */
export function bytesText(bytes: number): string {
	if (bytes < 0) return "unlimited";
	for (const [unit, size] of [["GiB", 2 ** 30] as const, ["MiB", 2 ** 20] as const, ["KiB", 2 ** 10] as const])
		if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
	return `${bytes} bytes`;
}

/** As v2 writes a number: -1 is `max`. */
export const orMax = (value: number): string => (value < 0 ? "max" : String(value));

/**
 * A container compiled: spec and tape from what is stored. It looks at the host
 * and touches nothing, so `--explain` and a start get the same list.
 */

import { S_IFDIR } from "../../ffi/constants.ts";
import { typeIfThere } from "../../ffi/file.ts";
import { endingOrder, type Group } from "../cgroup/cgroup.ts";
import type { Image } from "../image/image.ts";
import type { Places } from "../places.ts";
import { containerDirectory, layersDirectory, logName } from "../places.ts";
import {
	type Caller,
	type Compiled,
	compileStart,
	type Donors,
	type PathKind,
	type PolicyOptions,
	type RootSource,
	type Spec,
	type StartFacts,
} from "../runtime/runtime.ts";
import { joined } from "./cgroups.ts";
import type { RunOptions } from "./options.ts";
import type { RestartRule } from "./policy.ts";
import { reapCommand } from "./waiter.ts";

/** Numbers of the helper's descriptors; -1 where there is none. */
export interface HelperDescriptors {
	control: number;
	cli: number;
	sync: number;
	lock: number;
	runDirectory: number;
	logDirectory: number;
	callers: (Caller | undefined)[];
	/** pidfds of containers whose namespaces are shared, by id */
	donors: Donors;
	/** our pid namespace, where the program is born in another's */
	home: number;
	/** with a health check: its job, and the numbers of it */
	health?: PolicyOptions["health"];
	/** what tells of OOM kills, where there is a memory controller */
	oom?: PolicyOptions["oom"];
	/** what holds published ports: numbers that follow one another */
	ports?: PolicyOptions["ports"];
}

export interface PlanOptions {
	places: Places;
	id: string;
	options: RunOptions;
	image: Image | undefined;
	spec: Spec;
	/** the container's own, in each hierarchy */
	cgroups: readonly Group[];
	/** what is known of the sources of mounts */
	sources: Pick<StartFacts, "directories" | "images" | "take">;
	descriptors: HelperDescriptors;
	/** of the caller's terminal */
	terminalSize?: { rows: number; columns: number };
	/** what each line of a json-file log carries: `"attrs":{…},`, or nothing */
	logAttributes: string;
	/** nobody is there for the output */
	detached: boolean;
	/** when its end is to wake bunker up */
	restart?: RestartRule;
}

/** Compiles the start of a container. */
export function compilePlan(plan: PlanOptions): Compiled {
	const { options, places, id } = plan;
	const { donors, ...numbers } = plan.descriptors;
	return compileStart(plan.spec, {
		root: rootSource(plan),
		kernelPaths: kernelPaths(plan.spec),
		...plan.sources,
		stdio: { terminal: options.tty, size: plan.terminalSize, interactive: options.interactive },
		cgroups: plan.cgroups.map(joined),
		donors,
		policy: {
			terminal: options.tty,
			exec: false,
			remove: options.remove,
			detached: plan.detached,
			stdinOnce: options.interactive && !options.detach,
			...numbers,
			log: { ...options.log, name: logName(id, options.log.driver), attributes: plan.logAttributes },
			cgroups: endingOrder(plan.cgroups),
			restart: plan.restart,
			cleanup: reapCommand(places, id),
		},
	});
}

/** What the root of a container is made of. */
export function rootSource({
	options,
	image,
	places,
	id,
}: Pick<PlanOptions, "options" | "image" | "places" | "id">): RootSource {
	if (!image) return { kind: "directory", path: options.rootfs as string };
	return {
		kind: "overlay",
		layersDirectory: layersDirectory(places),
		layers: image.layers,
		base: "../base",
		data: `../containers/${id}`,
		containerDirectory: containerDirectory(places, id),
		volatile: options.remove,
	};
}

/** The container's /proc and /sys are the same kernel's as ours. */
function kernelPaths({ linux }: Spec): Map<string, PathKind> {
	const kinds = new Map<string, PathKind>();
	for (const path of [...linux.maskedPaths, ...linux.readonlyPaths]) {
		const type = typeIfThere(path);
		if (type !== undefined) kinds.set(path, type === S_IFDIR ? "directory" : "file");
	}
	return kinds;
}

/** Which namespaces are the container's own, and which are others'. */

import { openProcess } from "../../ffi/process.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { donorOf, type Spec } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";
import { look } from "./state.ts";
import { byId, find } from "./table.ts";

type Namespaces = Spec["linux"]["namespaces"];

/** The namespaces of config.json: those without a path are new ones, what is missing is the host's. */
export function namespacesOf({ pid, uts, ipc, network, cgroupns }: RunOptions): Namespaces {
	return [
		...shared("pid", pid),
		{ type: "mount" },
		...shared("uts", uts),
		...shared("ipc", ipc),
		...shared("network", network),
		...shared("cgroup", cgroupns),
	];
}

function shared(type: Namespaces[number]["type"], mode: string | undefined): Namespaces {
	if (mode === "host") return [];
	return donorOf(mode) === undefined ? [{ type }] : [{ type, path: mode }];
}

/**
 * Names of other containers become ids, so that the container they meant stays
 * the one whatever is renamed later.
 * @throws Failure where there is none
 */
export function resolveDonors(store: Store, options: RunOptions): RunOptions {
	const { ipc, pid } = options;
	if (donorOf(ipc) === undefined && donorOf(pid) === undefined) return options;
	return { ...options, ipc: resolve(store, ipc), pid: resolve(store, pid) };
}

function resolve(store: Store, mode: string | undefined): string | undefined {
	const name = donorOf(mode);
	if (name === undefined) return mode;
	try {
		return `container:${find(store, name).id}`;
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

/**
 * Pidfds of the containers whose namespaces are shared, by their ids: taken
 * with the start time, so they name the processes that were looked at.
 * @throws Failure (125) for one that does not run, or does not share
 */
export function openDonors(store: Store, { ipc, pid }: RunOptions): Map<string, number> {
	const donors = new Map<string, number>();
	for (const [what, mode] of Object.entries({ IPC: ipc, PID: pid })) {
		const id = donorOf(mode);
		if (id === undefined) continue;
		if (!donors.has(id)) donors.set(id, openDonor(store, what, id));
		if (what === "IPC") requireShareable(store, id);
	}
	return donors;
}

function openDonor(store: Store, what: string, id: string): number {
	const container = byId(store, id);
	const { running } = container ? look(store, container) : {};
	const pidfd = running && openProcess(running.program, running.programStart);
	if (pidfd !== undefined) return pidfd;
	throw refuse(what, id, container ? `container ${container.name} is not running` : "it has been removed");
}

/** docker: one that keeps its IPC namespace to itself was not asked. */
function requireShareable(store: Store, id: string): void {
	const donor = byId(store, id);
	const mode = donor?.options.ipc ?? "private";
	if (mode === "private" || mode === "none")
		throw refuse("IPC", id, `container ${donor?.name} was not made with --ipc shareable`);
}

const refuse = (what: string, id: string, why: string) =>
	new Failure(`join the ${what} namespace of container ${id.slice(0, 12)}: ${why}`, { exitCode: EXIT.refused });

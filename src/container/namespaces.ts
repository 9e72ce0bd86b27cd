/** Which namespaces are the container's own, and which are others'. */

import { openProcess } from "../../ffi/process.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type EndpointOption } from "../network/network.ts";
import { donorOf, type Spec } from "../runtime/runtime.ts";
import { look } from "./looking.ts";
import type { RunOptions } from "./options.ts";
import { notRunning } from "./state.ts";
import { byId, type Container, find } from "./table.ts";

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

/** True for one that has a network stack of its own, and something in it. */
export const isNetworked = ({ network }: RunOptions): boolean =>
	network !== "none" && network !== "host" && donorOf(network) === undefined;

/**
 * Names of other containers become ids, so that the container they meant stays
 * the one whatever is renamed later.
 * @throws Failure where there is none
 */
export function resolveDonors(store: Store, options: RunOptions): RunOptions {
	const { ipc, pid, network } = options;
	if (donorOf(ipc) === undefined && donorOf(pid) === undefined && donorOf(network) === undefined) return options;
	return { ...options, ipc: resolve(store, ipc), pid: resolve(store, pid), network: resolve(store, network) };
}

/**
 * The same for --link on the default network: `NAME[:ALIAS]` becomes `ID:ALIAS`.
 * On others it stays as typed, as docker shows it; the resolver knows it by name.
 * @throws Failure (125) where there is none
 */
export function resolveLinks(store: Store, options: RunOptions): RunOptions {
	const { networks } = options;
	// `run` comes here always, and hardly ever with one.
	if (!networks || JSON.stringify(networks).indexOf('"links"') < 0) return options;
	return { ...options, networks: networks.map((network) => resolveLinksOf(store, network)) };
}

/** Of one network, as `network connect --link` has them. @throws Failure (125) */
export function resolveLinksOf(store: Store, asked: EndpointOption): EndpointOption {
	if (!asked.links || asked.network !== DEFAULT_NETWORK) return asked;
	const links = asked.links.map((link) => {
		const [name = "", alias = name] = link.split(":");
		return `${(resolve(store, `container:${name}`) as string).slice("container:".length)}:${alias.replace(/^\//, "")}`;
	});
	return { ...asked, links };
}

function resolve<Mode extends string | undefined>(store: Store, mode: Mode): Mode {
	const name = donorOf(mode);
	if (name === undefined) return mode;
	try {
		return `container:${find(store, name).id}` as Mode;
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

/**
 * Pidfds of the containers whose namespaces are shared, by their ids: taken
 * with the start time, so they name the processes that were looked at.
 * @throws Failure (125) for one that does not run, or does not share
 */
export async function openDonors(
	store: Store,
	{ ipc, pid, network, sysctls }: RunOptions,
): Promise<Map<string, number>> {
	const donors = new Map<string, number>();
	for (const [what, mode] of Object.entries({ IPC: ipc, PID: pid, network })) {
		const id = donorOf(mode);
		if (id === undefined) continue;
		if (!donors.has(id)) donors.set(id, await openDonor(store, what, id));
		if (what === "IPC") requireShareable(store, id);
		if (what === "network" && sysctls) requireNotHosts(store, network, sysctls);
	}
	return donors;
}

async function openDonor(store: Store, what: string, id: string): Promise<number> {
	const container = byId(store, id);
	const seen = container && (await look(store, container));
	const pidfd = seen?.running && openProcess(seen.running.program, seen.running.programStart);
	if (pidfd !== undefined) return pidfd;
	throw refuse(what, id, container && seen ? notRunning(container.name, seen).message : "it has been removed");
}

/**
 * Who has the network that a container is a guest in: the one that was asked for
 * may be a guest itself. Its names and files of /etc are theirs, too (moby,
 * daemon/container_operations.go).
 * @returns undefined for one with a network of its own, or if the donor is gone
 */
export function networkDonor(store: Store, { network }: Pick<RunOptions, "network">): Container | undefined {
	let donor: Container | undefined;
	// A donor is older than its guest: this ends.
	for (let id = donorOf(network); id !== undefined; id = donorOf(donor?.options.network)) donor = byId(store, id);
	return donor;
}

/** docker: one that keeps its IPC namespace to itself was not asked. */
function requireShareable(store: Store, id: string): void {
	const donor = byId(store, id);
	const mode = donor?.options.ipc ?? "private";
	if (mode === "private" || mode === "none")
		throw refuse("IPC", id, `container ${donor?.name} was not made with --ipc shareable`);
}

/** runc: these would be the host's. */
function requireNotHosts(store: Store, network: string, sysctls: Record<string, string>): void {
	if (networkDonor(store, { network })?.options.network !== "host") return;
	for (const name in sysctls)
		if (name.startsWith("net."))
			throw new Failure(`sysctl '${name}' is not allowed in the host's network namespace`, { exitCode: EXIT.refused });
}

const refuse = (what: string, id: string, why: string) =>
	new Failure(`join the ${what} namespace of container ${id.slice(0, 12)}: ${why}`, { exitCode: EXIT.refused });

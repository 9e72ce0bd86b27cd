/** The verbs of networks that need to know of containers: their names, and which of them have ended. */

import type { Filters } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import * as network from "../network/network.ts";
import { sweepEnded } from "./reconciling.ts";
import { byId } from "./table.ts";

const users = (store: Store): network.Users => ({
	sweep: () => sweepEnded(store),
	nameOf: (container) => nameOf(store, container),
});

const nameOf = (store: Store, container: string): string => byId(store, container)?.name ?? container;

/**
 * Removes a network.
 * @param name or id, or the beginning of one
 * @throws Failure where there is none, it is predefined, or containers that run are on it
 */
export async function removeNetwork(store: Store, name: string): Promise<void> {
	await network.removeNetwork(store, network.findNetwork(store, name), users(store));
}

/** Removes networks that no running container is on. @returns their names */
export async function pruneNetworks(store: Store, filters: Filters): Promise<string[]> {
	return network.pruneNetworks(store, filters, users(store));
}

/** A network in docker's JSON, with the containers that are on it. @throws Failure where there is none of that name */
export async function inspectNetwork(store: Store, name: string): Promise<object> {
	sweepEnded(store);
	return network.inspectNetwork(store, name, (container) => nameOf(store, container));
}

/** Networks that `network ls --filter` asks for, by name. */
export async function selectNetworks(store: Store, filters: Filters): Promise<network.NetworkSummary[]> {
	if (filters.has("dangling")) sweepEnded(store);
	return network.listNetworks(store, filters);
}

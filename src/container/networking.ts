/** Which networks a container is on, and what it is called there: where the rows of containers and those of networks meet. */

import type { Store } from "../kernel/store.ts";
import { connect, DEFAULT_NETWORK, type Endpoint, type Link, linksTo } from "../network/network.ts";
import { isNetworked } from "./namespaces.ts";
import type { RunOptions } from "./options.ts";

/** What is asked of a container here. */
export interface Asking {
	id: string;
	name: string;
	options: RunOptions;
}

/** Notes which networks a container is on; in the transaction that makes it. @throws Failure (125) where there is none of a name */
export function connectAll(store: Store, { id, name, options }: Asking): void {
	if (!isNetworked(options)) return;
	const networks = options.networks ?? [{ network: options.network }];
	for (const [position, network] of networks.entries())
		connect(store, id, network, position, namesOf({ id, name, options }));
}

/** The network whose resolver serves a container: the first of the user's; undefined: it needs none. */
export function resolverOf(endpoints: readonly Endpoint[]): string | undefined {
	for (const { network } of endpoints) if (network.name !== DEFAULT_NETWORK) return network.id;
	return undefined;
}

/** What others on its networks call a container, besides its aliases. */
export const namesOf = ({ id, name, options: { hostname } }: Asking): string[] =>
	hostname === undefined ? [name, id.slice(0, 12)] : [name, id.slice(0, 12), hostname];

/** True for one that knows another on the default network by --link. */
export function isLinked(endpoints: readonly Endpoint[]): boolean {
	for (const { asked, network } of endpoints) if (asked.links && network.name === DEFAULT_NETWORK) return true;
	return false;
}

/** Who is linked to a container on the default network, and runs. */
export function linkedTo(store: Store, id: string, endpoints: readonly Endpoint[]): Link[] {
	for (const { network } of endpoints) if (network.name === DEFAULT_NETWORK) return linksTo(store, id, network.id);
	return [];
}

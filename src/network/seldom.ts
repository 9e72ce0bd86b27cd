/** What few verbs need, loaded when it is called: each kilobyte that every start loads costs it some 40 us. */

import type { Filters } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import type { NewNetwork } from "./create.ts";
import type { NetworkSummary } from "./list.ts";
import type { SubnetOption } from "./options.ts";
import type { Users } from "./remove.ts";
import type { SubnetFlags } from "./subnets.ts";
import type { Network } from "./table.ts";

export const createNetwork = async (store: Store, asked: NewNetwork): Promise<string> =>
	(await import("./create.ts")).create(store, asked);
export const inspectNetwork = async (
	store: Store,
	name: string,
	nameOf: (container: string) => string,
): Promise<object> => (await import("./inspect.ts")).inspect(store, name, nameOf);
export const listNetworks = async (store: Store, filters?: Filters): Promise<NetworkSummary[]> => {
	await (await import("./remove.ts")).sweepBridges(store);
	return (await import("./list.ts")).list(store, filters);
};
export const pairSubnets = async (flags: SubnetFlags): Promise<SubnetOption[]> =>
	(await import("./subnets.ts")).pairSubnets(flags);
export const firewallWarnings = async (store: Store): Promise<string[]> =>
	(await import("./others.ts")).firewallWarnings(store);
export const pruneNetworks = async (store: Store, filters: Filters, users: Users): Promise<string[]> =>
	(await import("./remove.ts")).prune(store, filters, users);
export const removeNetwork = async (store: Store, network: Network, users: Users): Promise<void> =>
	(await import("./remove.ts")).remove(store, network, users);

/** Which networks listings say that a container is on. */

import type { Store } from "../kernel/store.ts";
import { findNetwork, type Membership, memberships } from "../network/network.ts";
import { isNetworked } from "./namespaces.ts";
import type { RunOptions } from "./options.ts";

/** What the networks of a container are; one that shares another's has none. All are asked for with one query. */
export function shownNetworks(store: Store): (container: { id: string; options: RunOptions }) => Membership[] {
	const rows = memberships(store);
	return ({ id, options }) => rows.get(id) ?? standard(store, id, options);
}

/** `host` and `none` have no endpoints. */
function standard(store: Store, container: string, options: RunOptions): Membership[] {
	if (isNetworked(options) || options.network.startsWith("container:")) return [];
	const { id: network, name } = findNetwork(store, options.network);
	return [{ container, network, name }];
}

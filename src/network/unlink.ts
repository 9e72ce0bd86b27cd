/** Taking a name for another away from a container (--link). Loaded where somebody does so. */

import type { Store } from "../kernel/store.ts";
import type { EndpointOption } from "./options.ts";
import { byName, DEFAULT_NETWORK, endpointsOf } from "./table.ts";

/**
 * Drops what a container calls another on the default network.
 * @returns what it asks of that network from now on; undefined if there was no such name
 */
export function dropLink(store: Store, container: string, alias: string): EndpointOption | undefined {
	const network = byName(store, DEFAULT_NETWORK)?.id;
	const row = endpointsOf(store, container).find((one) => one.network === network);
	if (!row?.options.links) return undefined;
	const { links, ...rest } = row.options;
	const left = links.filter((link) => link.slice(link.indexOf(":") + 1) !== alias);
	if (left.length === links.length) return undefined;
	const options = left.length > 0 ? { ...rest, links: left } : rest;
	store.run(
		"UPDATE endpoint SET options = ? WHERE container = ? AND network = ?",
		JSON.stringify(options),
		container,
		row.network,
	);
	return options;
}

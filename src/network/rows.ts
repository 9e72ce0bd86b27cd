/** Which networks a container is on, whether or not it runs. */

import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import type { EndpointOption } from "./options.ts";
import { DEFAULT_NETWORK, find } from "./table.ts";

/**
 * Notes that a container is on a network from now on; within the transaction
 * that makes the container, or for one that exists.
 * @param names what others on the network call it, besides its aliases: its name and short id
 * @throws Failure (125) where there is no such network
 */
export function connect(
	store: Store,
	container: string,
	options: EndpointOption,
	position: number,
	names: readonly string[],
): void {
	const network = wanted(store, options.network);
	store.run(
		"INSERT INTO endpoint (container, network, position, options) VALUES (?, ?, ?, ?)",
		container,
		network.id,
		position,
		JSON.stringify(options),
	);
	if (network.name === DEFAULT_NETWORK) return;
	for (const name of new Set([...names, ...(options.aliases ?? [])]))
		store.run(
			"INSERT INTO endpoint_name (network, name, container) VALUES (?, ?, ?)",
			network.id,
			name.toLowerCase(),
			container,
		);
}

function wanted(store: Store, name: string) {
	try {
		return find(store, name);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

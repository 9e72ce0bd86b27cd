/** Which networks a container is on, whether or not it runs. */

import { EXIT, Failure } from "../failure.ts";
import { isConflict, type Store } from "../kernel/store.ts";
import { checkAsked } from "./asking.ts";
import type { EndpointOption } from "./options.ts";
import { DEFAULT_NETWORK, endpointsOf, find } from "./table.ts";

/**
 * Notes that a container is on a network from now on; within the transaction
 * that makes the container, or for one that exists.
 * @param names what others on the network call it, besides its aliases: its name and short id
 * @throws Failure (125) where there is no such network, it cannot give what is asked for, or the container is on it already
 */
export function connect(
	store: Store,
	container: string,
	options: EndpointOption,
	position: number,
	names: readonly string[],
): void {
	const network = wanted(store, options.network);
	if (options.address !== undefined || options.address6 !== undefined) checkAsked(store, network, options);
	try {
		store.run(
			"INSERT INTO endpoint (container, network, position, options) VALUES (?, ?, ?, ?)",
			container,
			network.id,
			position,
			JSON.stringify(options),
		);
	} catch (error) {
		if (!isConflict(error)) throw error;
		throw new Failure(`endpoint with name ${names[0]} already exists in network ${network.name}`, {
			exitCode: EXIT.refused,
		});
	}
	if (network.name === DEFAULT_NETWORK) return;
	for (const name of new Set([...names, ...(options.aliases ?? [])]))
		store.run(
			"INSERT INTO endpoint_name (network, name, container) VALUES (?, ?, ?)",
			network.id,
			name.toLowerCase(),
			container,
		);
}

/**
 * Notes that a container has another name: others find it by that one only.
 * @param kept names that stay, although one of them was its name: of its host
 */
export function renameEndpoints(
	store: Store,
	container: string,
	from: string,
	to: string,
	kept: readonly string[],
): void {
	for (const { network, options } of endpointsOf(store, container)) {
		const named = "endpoint_name WHERE network = ? AND container = ?";
		if (!store.first(`SELECT 1 FROM ${named}`, network, container)) continue;
		const stays = [...kept, ...(options.aliases ?? [])].map((name) => name.toLowerCase());
		if (!stays.includes(from.toLowerCase()))
			store.run(`DELETE FROM ${named} AND name = ?`, network, container, from.toLowerCase());
		store.run("INSERT OR IGNORE INTO endpoint_name VALUES (?, ?, ?)", network, to.toLowerCase(), container);
	}
}

function wanted(store: Store, name: string) {
	try {
		return find(store, name);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

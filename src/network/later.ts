/**
 * A container's part in a network that it is connected to, or disconnected from,
 * once it is there: its rows. Loaded where somebody does so.
 */

import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import type { Endpoint } from "./endpoint.ts";
import { recordPart } from "./events.ts";
import { chooseGateways } from "./gateway.ts";
import { interfaceName, joinedOf, joinOne, outsideName, taking } from "./joining.ts";
import type { EndpointOption } from "./options.ts";
import { connect } from "./rows.ts";
import { addressesOf, byId, type EndpointRow, endpointsOf, find, type Network } from "./table.ts";

export { joinedOf };

/** The part that a container has in a network; undefined if it has none. */
export function partIn(store: Store, container: string, network: string): EndpointRow | undefined {
	return endpointsOf(store, container).find((row) => row.network === network);
}

/** True for a part that is not made in the kernel, or not yet: of whoever was killed in between. */
export const isHalfMade = ({ id, mac }: EndpointRow): boolean => id !== null && mac === null;

/** What a part has in the kernel, for `detach`. */
export const tracesOf = ({ id, interface: name }: EndpointRow, { driver }: Network) => ({
	driver,
	outside: outsideName(id as string),
	interface: name as string,
});

/** Notes that a container which does not run is on a network; what it asked for before counts no more. */
export function noteConnected(store: Store, container: string, asked: EndpointOption, names: readonly string[]): void {
	store.transaction(() => noteRow(store, container, asked, names));
}

/** @returns the row */
function noteRow(store: Store, container: string, asked: EndpointOption, names: readonly string[]): EndpointRow {
	const network = find(store, asked.network);
	const rows = endpointsOf(store, container);
	const before = rows.find((row) => row.network === network.id);
	if (before) drop(store, container, network.id);
	const last = rows.at(-1);
	connect(store, container, asked, before?.position ?? (last ? last.position + 1 : 0), names);
	return partIn(store, container, network.id) as EndpointRow;
}

/**
 * Takes a part in one more network for a container that runs. Until `noteMade`
 * it counts as half made: the next who connects it begins anew.
 * @param sweep makes containers that have ended give back what is theirs
 * @returns all its parts, the new one last, with the ways to everywhere chosen
 */
export function takeLater(
	store: Store,
	container: string,
	asked: EndpointOption,
	names: readonly string[],
	sweep: () => void,
): Endpoint[] {
	return taking(store, sweep, () => {
		const row = noteRow(store, container, asked, names);
		const network = byId(store, row.network) as Network;
		const others = joinedOf(store, container).filter((one) => one.network.id !== network.id);
		const endpoint = joinOne(store, row, network, interfaceName(row, network, others));
		store.run("UPDATE endpoint SET mac = NULL WHERE container = ? AND network = ?", container, network.id);
		const all = [...others, endpoint];
		chooseGateways(all);
		return all;
	});
}

/** Notes that the interface of a part is there. */
export function noteMade(store: Store, container: string, { network, mac }: Endpoint): void {
	store.transaction(() => {
		store.run("UPDATE endpoint SET mac = ? WHERE container = ? AND network = ?", mac, container, network.id);
		recordPart(store, container, "connect", network.id);
	});
}

/** Parts that stay when one goes, with the ways to everywhere chosen among them. */
export function othersThan(store: Store, container: string, network: string): Endpoint[] {
	const others = joinedOf(store, container).filter((one) => one.network.id !== network);
	chooseGateways(others);
	return others;
}

/** The addresses that a container has on a network. */
export const addressesIn = (store: Store, container: string, network: string): string[] =>
	addressesOf(store, container, network).map(({ address }) => address);

/** Notes that a container is on a network no more; its address is free then. */
export function noteDisconnected(store: Store, container: string, network: string): void {
	store.transaction(() => {
		recordPart(store, container, "disconnect", network);
		drop(store, container, network);
	});
}

/** Notes that a part which could not be made never was. */
export function forgetPart(store: Store, container: string, network: string): void {
	store.transaction(() => drop(store, container, network));
}

/** Names and addresses go with the row. */
const drop = (store: Store, container: string, network: string) =>
	store.run("DELETE FROM endpoint WHERE container = ? AND network = ?", container, network);

/**
 * The network that a container is to be disconnected from, though it may be gone.
 * @param force one that is gone is found by what was typed when the container was connected
 * @throws Failure where there is none
 */
export function leaving(
	store: Store,
	container: string,
	name: string,
	force: boolean,
): { id: string; network?: Network } {
	try {
		const network = find(store, name);
		return { id: network.id, network };
	} catch (error) {
		const row =
			force && endpointsOf(store, container).find((one) => one.network === name || one.options.network === name);
		if (!(error instanceof Failure) || !row) throw error;
		return { id: row.network };
	}
}

/** What the host has of a network: made when its first container starts, and again by whoever finds it gone. */

import { close, writeFile } from "../../ffi/file.ts";
import { interfaceIndex, NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { Failure } from "../failure.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeMessages, bridgeName, bridgeSettings } from "./bridge.ts";
import { guard } from "./firewall.ts";
import type { Endpoint } from "./joining.ts";
import { settleDefault } from "./pool.ts";
import { DEFAULT_NETWORK, find, type Network, subnetsOf } from "./table.ts";

/**
 * Makes what is missing of the networks of a container that starts.
 * @throws Failure with the sentence of what was refused
 */
export async function prepare(store: Store, endpoints: readonly Pick<Endpoint, "network">[]): Promise<void> {
	const missing = missingBridges(endpoints);
	// First the firewall: no bridge is ever there without it.
	const networks = endpoints.map(({ network }) => network);
	await guard(store, networks, missing.length > 0);
	for (const network of missing) {
		playMessages(bridgeMessages(network, subnetsOf(store, network.id)));
		for (const { what, file, value } of bridgeSettings(network)) write(what, file, value);
	}
	trace("time", "networks are there");
}

function missingBridges(endpoints: readonly Pick<Endpoint, "network">[]): Network[] {
	const socket = openNetlink(NETLINK_ROUTE);
	try {
		const missing: Network[] = [];
		for (const { network } of endpoints)
			if (interfaceIndex(socket, bridgeName(network)) === undefined) missing.push(network);
		return missing;
	} finally {
		close(socket);
	}
}

/** The addresses that the host has on the default network, whose bridge is there then. @throws Failure */
export async function defaultGateways(store: Store): Promise<string[]> {
	settleDefault(store, find(store, DEFAULT_NETWORK));
	const network = find(store, DEFAULT_NETWORK);
	await prepare(store, [{ network }]);
	return subnetsOf(store, network.id).flatMap(({ gateway }) => (gateway === null ? [] : [gateway]));
}

function write(what: string, file: string, value: string): void {
	try {
		writeFile(file, value);
	} catch (error) {
		throw new Failure(`${what}: ${(error as Error).message}`, { cause: error });
	}
}

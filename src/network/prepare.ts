/** What the host has of a network: made when its first container starts, and again by whoever finds it gone. */

import { close, writeFile } from "../../ffi/file.ts";
import { interfaceIndex, NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { Failure } from "../failure.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeMessages, bridgeName, bridgeSettings } from "./bridge.ts";
import type { Endpoint } from "./joining.ts";
import { settleDefault } from "./pool.ts";
import { DEFAULT_NETWORK, find, subnetsOf } from "./table.ts";

/**
 * Makes what is missing of the networks of a container that starts.
 * @throws Failure with the sentence of what was refused
 */
export function prepare(store: Store, endpoints: readonly Pick<Endpoint, "network">[]): void {
	const socket = openNetlink(NETLINK_ROUTE);
	try {
		for (const { network } of endpoints) {
			if (interfaceIndex(socket, bridgeName(network)) !== undefined) continue;
			playMessages(bridgeMessages(network, subnetsOf(store, network.id)));
			for (const { what, file, value } of bridgeSettings(network)) write(what, file, value);
		}
	} finally {
		close(socket);
	}
	trace("time", "networks are there");
}

/** The addresses that the host has on the default network, whose bridge is there then. @throws Failure */
export function defaultGateways(store: Store): string[] {
	settleDefault(store, find(store, DEFAULT_NETWORK));
	const network = find(store, DEFAULT_NETWORK);
	prepare(store, [{ network }]);
	return subnetsOf(store, network.id).flatMap(({ gateway }) => (gateway === null ? [] : [gateway]));
}

function write(what: string, file: string, value: string): void {
	try {
		writeFile(file, value);
	} catch (error) {
		throw new Failure(`${what}: ${(error as Error).message}`, { cause: error });
	}
}

/** What the host has of a network: made when its first container starts, and again by whoever finds it gone. */

import { close } from "../../ffi/file.ts";
import { NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { type Message, playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeAddresses, bridgeMac, bridgeMessage, bridgeName, bridgeSettings } from "./bridge.ts";
import type { Endpoint } from "./endpoint.ts";
import { guard } from "./firewall.ts";
import { isIntact } from "./intact.ts";
import { settleDefault } from "./pool.ts";
import { writeSetting } from "./setting.ts";
import { DEFAULT_NETWORK, find, type Network, type Subnet, subnetsOf } from "./table.ts";

/**
 * Makes what is missing of the networks of a container that starts.
 * @throws Failure with the sentence of what was refused
 */
export async function prepare(store: Store, endpoints: readonly Endpoint[], container?: string): Promise<void> {
	const bridges: Network[] = [];
	for (const endpoint of endpoints)
		if (endpoint.network.driver === "bridge") bridges.push(endpoint.network);
		else (await import("./shared.ts")).prepareShared(endpoint);
	if (bridges.length > 0) await prepareBridges(store, bridges, container);
	trace("time", "networks are there");
}

/** The addresses that the host has on the default network, whose bridge is there then. @throws Failure */
export async function defaultGateways(store: Store): Promise<string[]> {
	settleDefault(store, find(store, DEFAULT_NETWORK));
	const network = find(store, DEFAULT_NETWORK);
	await prepareBridges(store, [network]);
	return subnetsOf(store, network.id).flatMap(({ gateway }) => (gateway === null ? [] : [gateway]));
}

/** First the firewall: no bridge is ever there without it. */
async function prepareBridges(store: Store, networks: readonly Network[], container?: string): Promise<void> {
	const socket = openNetlink(NETLINK_ROUTE);
	try {
		const missing: Network[] = [];
		for (const network of networks)
			if (!isIntact(socket, bridgeName(network), subnetsOf(store, network.id))) missing.push(network);
		trace("time", "bridges looked at");
		await guard(store, networks, missing.length > 0, container);
		for (const network of missing) {
			(await import("./host.ts")).requireBridge(bridgeName(network), bridgeMac(network));
			makeBridge(network, subnetsOf(store, network.id), await portsOn(store, network, socket));
		}
	} finally {
		close(socket);
	}
}

/**
 * Makes what is missing of a network's bridge: its address last, since whoever finds that looks no further.
 * @param ports what puts the containers on it that run
 */
export function makeBridge(network: Network, subnets: readonly Subnet[], ports: readonly Message[] = []): void {
	playMessages([bridgeMessage(network)]);
	for (const setting of bridgeSettings(network)) writeSetting(setting);
	playMessages(ports);
	playMessages(bridgeAddresses(network, subnets));
}

const portsOn = async (store: Store, network: Network, socket: number): Promise<Message[]> =>
	(await import("./rejoining.ts")).portsOn(store, network, socket);

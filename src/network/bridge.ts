/** The bridge driver: what is made for a network, once, and for a container's part in it. Pure. */

import type { Message } from "../kernel/netlink.ts";
import { parseCidr } from "./address.ts";
import type { Endpoint } from "./joining.ts";
import { OPTION } from "./labels.ts";
import { addAddress, addBridge, addDefaultRoute, addVeth, raiseLink } from "./link.ts";
import type { Network, Subnet } from "./table.ts";

/** A file of the kernel's settings, and what is written to it. */
export interface Setting {
	what: string;
	file: string;
	value: string;
	/** not there on this host: passed over */
	optional?: boolean;
}

/** The name of a network's bridge. */
export const bridgeName = ({ id, options }: Network): string => options.interface ?? `br-${id.slice(0, 12)}`;

/** As `-o com.docker.network.driver.mtu` says; undefined: the kernel's 1500. */
export function mtuOf({ options }: Network): number | undefined {
	return Number(options.driverOptions?.[OPTION.mtu] ?? 0) || undefined;
}

/** Makes the bridge of a network; what is there already stays. */
export function bridgeMessages(network: Network, subnets: readonly Subnet[]): Message[] {
	const name = bridgeName(network);
	const addresses = subnets.flatMap(({ cidr, gateway }) => {
		const parsed = parseCidr(cidr);
		return parsed && gateway !== null ? [{ family: parsed.family, address: gateway, prefix: parsed.prefix }] : [];
	});
	return [addBridge(name, mtuOf(network)), ...addresses.map((address) => addAddress(name, address, false))];
}

/** Settings of a bridge. */
export function bridgeSettings(network: Network): Setting[] {
	const name = bridgeName(network);
	return [
		{
			what: `let ${name} pass on what comes from 127.0.0.1, for published ports (ip-sysctl, route_localnet)`,
			file: `/proc/sys/net/ipv4/conf/${name}/route_localnet`,
			value: "1",
		},
	];
}

/**
 * Makes a container's part in a network.
 * @param namespace descriptor of the container's network namespace
 */
export function endpointMessages(endpoint: Endpoint, namespace: number): Message[] {
	const { network, interface: name, addresses } = endpoint;
	const messages = [addVeth(endpoint, bridgeName(network), mtuOf(network), namespace), raiseLink(name, true)];
	for (const address of addresses) messages.push(addAddress(name, address, true));
	if (endpoint.isDefault)
		for (const { family, gateway } of addresses)
			if (gateway !== undefined) messages.push(addDefaultRoute(family, gateway));
	return messages;
}

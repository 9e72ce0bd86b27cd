/** The bridge driver: what is made for a network, once. Pure. */

import type { Message } from "../kernel/netlink.ts";
import { parseCidr } from "./address.ts";
import { addAddress, addBridge, raiseLink, setMtu } from "./link.ts";
import { OPTION } from "./option-names.ts";
import type { Setting } from "./setting.ts";
import type { Network, Subnet } from "./table.ts";

/** The name of a network's bridge. */
export const bridgeName = ({ id, options }: Pick<Network, "id" | "options">): string =>
	options.interface ?? `br-${id.slice(0, 12)}`;

/** As `-o com.docker.network.driver.mtu` says; undefined: the kernel's 1500. */
export function mtuOf({ options }: Network): number | undefined {
	return Number(options.driverOptions?.[OPTION.mtu] ?? 0) || undefined;
}

/** Made of its id, so that it is the same whenever the bridge is made. */
export const bridgeMac = ({ id }: Network): string => `02:${(id.slice(0, 10).match(/../g) as string[]).join(":")}`;

/** Makes the bridge of a network; what is there already stays. */
export const bridgeMessage = (network: Network): Message =>
	addBridge({ name: bridgeName(network), mac: bridgeMac(network) });

/**
 * Settings of a bridge, written before it is up: whoever finds it as it has to be
 * (intact.ts) need not look at them. What containers send to it must not configure
 * the host: a router advertisement would make one of them its way to everywhere (CVE-2020-13401).
 */
export function bridgeSettings(network: Network): Setting[] {
	const name = bridgeName(network);
	const six = (file: string) => `/proc/sys/net/ipv6/conf/${name}/${file}`;
	return [
		{
			what: `let ${name} pass on what comes from 127.0.0.1, for published ports (ip-sysctl, route_localnet)`,
			file: `/proc/sys/net/ipv4/conf/${name}/route_localnet`,
			value: "1",
		},
		{
			what: `let ${name} take no router advertisements`,
			file: six("accept_ra"),
			value: "0",
			optional: true,
		},
		network.options.ipv6
			? { what: `switch IPv6 on on ${name}`, file: six("disable_ipv6"), value: "0", optional: true }
			: { what: `switch IPv6 off on ${name}`, file: six("disable_ipv6"), value: "1", optional: true },
	];
}

/** Gives the bridge its MTU, takes it up, and gives it the addresses of the network's gateways. */
export function bridgeAddresses(network: Network, subnets: readonly Subnet[]): Message[] {
	const name = bridgeName(network);
	const addresses = subnets.flatMap(({ cidr, gateway }) => {
		const parsed = parseCidr(cidr);
		return parsed && gateway !== null ? [{ family: parsed.family, address: gateway, prefix: parsed.prefix }] : [];
	});
	const mtu = mtuOf(network);
	const sized = mtu === undefined ? [] : [setMtu(name, mtu)];
	return [...sized, raiseLink(name, false), ...addresses.map((address) => addAddress(name, address, false))];
}

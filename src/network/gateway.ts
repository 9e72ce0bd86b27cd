/** Which of a container's networks is its way to everywhere. Pure. */

import type { Endpoint, Joined } from "./endpoint.ts";

/**
 * Chooses one for IPv4 and one for IPv6, as docker 28 does (moby, libnetwork,
 * Endpoint.Less): the highest gw-priority, then what is not internal, then the
 * one that leads to more (IPv6 counts more than IPv4), then the first by name.
 */
export function chooseGateways(endpoints: readonly Endpoint[]): void {
	const ranked = [...endpoints].sort(compare);
	const chosen = new Set<4 | 6>();
	for (const { addresses } of ranked)
		for (const address of addresses) {
			address.isDefault = address.leads && !chosen.has(address.family);
			if (address.isDefault) chosen.add(address.family);
		}
}

/**
 * The part whose addresses published ports lead to: a bridge's, which is the way
 * to everywhere, so that answers go the way that questions came. Where IPv4 and
 * IPv6 part it is IPv4's, and what comes by IPv6 is copied there. Without one no
 * port is published (docker, too).
 */
export function outletOf(endpoints: readonly Endpoint[]): Endpoint | undefined {
	for (const family of [4, 6])
		for (const endpoint of endpoints)
			if (endpoint.network.driver === "bridge")
				for (const address of endpoint.addresses) if (address.isDefault && address.family === family) return endpoint;
	return undefined;
}

function compare(one: Endpoint, other: Endpoint): number {
	return (
		(other.asked.gatewayPriority ?? 0) - (one.asked.gatewayPriority ?? 0) ||
		Number(one.network.options.internal === true) - Number(other.network.options.internal === true) ||
		reach(other.addresses) - reach(one.addresses) ||
		(one.network.name < other.network.name ? -1 : 1)
	);
}

function reach(addresses: readonly Joined[]): number {
	let sum = 0;
	for (const { leads, family } of addresses) if (leads) sum += family === 4 ? 1 : 2;
	return sum;
}

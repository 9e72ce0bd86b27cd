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

/** Where published ports lead. */
export interface Outlet {
	/** at most one of each family */
	addresses: Joined[];
	/** the part in whose network a family's ports are published; one may be both */
	parts: { family: 4 | 6; endpoint: Endpoint }[];
}

/**
 * Published ports lead where the way to everywhere is, so that answers go the
 * way that questions came: IPv4's and IPv6's each its own, if it is a bridge's.
 * Without a way of IPv6 what comes by it is copied to where IPv4's lead (moby,
 * bridge: ProgramExternalConnectivity). Undefined: no port is published.
 */
export function outletOf(endpoints: readonly Endpoint[]): Outlet | undefined {
	const four = defaultOf(endpoints, 4);
	const outlet: Outlet = { addresses: [], parts: [] };
	take(outlet, 4, four);
	take(outlet, 6, defaultOf(endpoints, 6) ?? four);
	return outlet.parts.length > 0 ? outlet : undefined;
}

function defaultOf(endpoints: readonly Endpoint[], family: 4 | 6): Endpoint | undefined {
	for (const endpoint of endpoints)
		for (const address of endpoint.addresses) if (address.isDefault && address.family === family) return endpoint;
	return undefined;
}

function take({ addresses, parts }: Outlet, family: 4 | 6, endpoint: Endpoint | undefined): void {
	if (endpoint?.network.driver !== "bridge") return;
	parts.push({ family, endpoint });
	for (const address of endpoint.addresses) if (address.family === family) addresses.push(address);
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

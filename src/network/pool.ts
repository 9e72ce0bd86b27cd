/** Picking a subnet that collides with nothing: neither with another network's, nor with a route or address of the host. */

import { AF_INET, AF_INET6 } from "../../ffi/constants.ts";
import { RTM_GETROUTE } from "../../ffi/netlink.ts";
import { Failure } from "../failure.ts";
import { attributesOf, query } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { isStandard } from "../places.ts";
import { addressOf, type Cidr, formatAddress, formatCidr, overlaps, parseCidr, sizeOf } from "./address.ts";
import type { Network } from "./table.ts";

const RTA_DST = 1;
const RTM_HEADER = 12;

/** Where subnets are picked from, in this order. */
export interface Pool {
	base: string;
	/** prefix length of what is picked */
	size: number;
}

/** Small subnets from large pools, neither docker's first nor podman's: some 750 networks (README). */
export const STANDARD_POOLS: readonly Pool[] = [
	{ base: "172.30.0.0/16", size: 24 },
	{ base: "172.29.0.0/16", size: 24 },
	{ base: "10.201.0.0/16", size: 24 },
	{ base: "192.168.128.0/17", size: 24 },
];
/** The default network's, the first that is free: as many containers as a host may have; a small one where the pools are nearly used up. */
const DEFAULT_NETWORK_SIZES = [20, 24];

/** Destinations of the host's routes; the default route collides with nothing. */
export function hostRoutes(): Cidr[] {
	const routes: Cidr[] = [];
	for (const [family, number] of [
		[4, AF_INET],
		[6, AF_INET6],
	] as const) {
		const header = new Uint8Array(RTM_HEADER);
		header[0] = number;
		for (const body of query("read the host's routes", { type: RTM_GETROUTE, flags: 0, body: header }, true)) {
			const destination = attributesOf(body, RTM_HEADER).get(RTA_DST);
			if (destination) routes.push({ ...addressOf(destination), family, prefix: body[1] as number });
		}
	}
	return routes;
}

/**
 * Picks a subnet.
 * @param taken subnets of networks, and routes
 * @returns undefined where the pools are used up
 */
export function pick(pools: readonly Pool[], taken: readonly Cidr[], size?: number): Cidr | undefined {
	for (const pool of pools) {
		const base = parseCidr(pool.base) as Cidr;
		const prefix = size ?? pool.size;
		const step = sizeOf({ ...base, prefix });
		for (let value = base.value; value < base.value + sizeOf(base); value += step) {
			const candidate = { family: base.family, value, prefix };
			if (taken.filter((other) => overlaps(candidate, other)).length === 0) return candidate;
		}
	}
	return undefined;
}

/** Subnets of all networks. */
export function knownSubnets(store: Store): Cidr[] {
	return store.all<{ cidr: string }>("SELECT cidr FROM subnet").map(({ cidr }) => parseCidr(cidr) as Cidr);
}

/**
 * Gives the default network its subnet, at its first use.
 * @throws Failure where nothing is free
 */
export function settleDefault(store: Store, { id, options }: Network): void {
	const routes = hostRoutes();
	store.transaction(() => {
		if (store.first("SELECT 1 FROM subnet WHERE network = ?", id)) return;
		const taken = [...routes, ...knownSubnets(store)];
		let picked: Cidr | undefined;
		for (const size of DEFAULT_NETWORK_SIZES) picked ??= pick(STANDARD_POOLS, taken, size);
		if (!picked)
			throw new Failure("pick a subnet for the network bridge: every one of the pools collides with a route");
		const gateway = formatAddress({ ...picked, value: picked.value + 1n });
		store.run("INSERT INTO subnet (network, cidr, gateway) VALUES (?, ?, ?)", id, formatCidr(picked), gateway);
		if (!isStandard(store.places)) return;
		const named = { ...options, interface: "bunker0" };
		store.run("UPDATE network SET options = ? WHERE id = ?", JSON.stringify(named), id);
	});
}

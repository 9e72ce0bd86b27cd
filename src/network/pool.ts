/** Picking a subnet that collides with nothing: neither with another network's, nor with a route or address of the host. */

import { AF_INET, AF_INET6 } from "../../ffi/constants.ts";
import { RTM_GETROUTE } from "../../ffi/netlink.ts";
import { EXIT, Failure } from "../failure.ts";
import { attributesOf, query } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { isStandard } from "../places.ts";
import { addressOf, type Cidr, formatAddress, formatCidr, overlaps, parseCidr, sizeOf } from "./address.ts";
import type { Network } from "./table.ts";

const RTA_DST = 1;
const RTA_OIF = 4;
const RTM_HEADER = 12;

/** Where subnets are picked from, in this order. */
export interface Pool {
	base: string;
	/** prefix length of what is picked */
	size: number;
}

/** Small subnets from large pools, neither docker's first nor podman's: some 750 networks (README). */
const STANDARD_POOLS: readonly Pool[] = [
	{ base: "172.30.0.0/16", size: 24 },
	{ base: "172.29.0.0/16", size: 24 },
	{ base: "10.201.0.0/16", size: 24 },
	{ base: "192.168.128.0/17", size: 24 },
];
let pools = STANDARD_POOLS;

/**
 * What the configuration says in the place of the standard, docker's `default-address-pools`.
 * @throws Failure (125) for one that is none
 */
export function usePools(configured: readonly Pool[]): void {
	for (const { base, size } of configured) {
		const cidr = parseCidr(base);
		const wrong = (why: string) =>
			new Failure(`default-address-pools: {"base": "${base}", "size": ${size}}: ${why}`, { exitCode: EXIT.refused });
		if (!cidr) throw wrong("the base is no subnet");
		if (formatCidr(cidr) !== base) throw wrong(`the base should be ${formatCidr(cidr)}`);
		const most = cidr.family === 4 ? 30 : 126;
		if (size < cidr.prefix || size > most) throw wrong(`a size from ${cidr.prefix} to ${most} is expected`);
	}
	pools = configured;
}

/** Pools of a family, in the order in which they are used. */
export const poolsOf = (family: 4 | 6): Pool[] => pools.filter(({ base }) => base.includes(":") === (family === 6));

/** The default network's, the first that is free: as many containers as a host may have; a small one where the pools are nearly used up. */
const DEFAULT_NETWORK_SIZES = [20, 24];

/** A route of the host. */
export interface Route extends Cidr {
	/** index of the interface that it leads to; 0: none */
	device: number;
}

/**
 * Routes that lead nearly everywhere say no more than a default route does:
 * VPNs have 0.0.0.0/1 and 128.0.0.0/1 in its place, and nothing would be free.
 */
const LEAST_PREFIX = { 4: 8, 6: 16 };

/** Destinations of the host's routes, its own addresses among them. */
export function hostRoutes(): Route[] {
	const routes: Route[] = [];
	for (const [family, number] of [
		[4, AF_INET],
		[6, AF_INET6],
	] as const) {
		const header = new Uint8Array(RTM_HEADER);
		header[0] = number;
		for (const body of query("read the host's routes", { type: RTM_GETROUTE, flags: 0, body: header }, true)) {
			const attributes = attributesOf(body, RTM_HEADER);
			const destination = attributes.get(RTA_DST);
			const prefix = body[1] as number;
			if (!destination || prefix < LEAST_PREFIX[family]) continue;
			routes.push({ ...addressOf(destination), family, prefix, device: indexOf(attributes.get(RTA_OIF)) });
		}
	}
	return routes;
}

const indexOf = (bytes: Uint8Array | undefined): number =>
	bytes ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) : 0;

/**
 * Picks a subnet.
 * @param taken subnets of networks, and routes
 * @param size prefix length; that of each pool if not said
 * @returns undefined where the pools are used up
 */
export function pick(pools: readonly Pool[], taken: readonly Cidr[], size?: number): Cidr | undefined {
	for (const pool of pools) {
		const base = parseCidr(pool.base) as Cidr;
		const prefix = size ?? pool.size;
		const end = base.value + sizeOf(base);
		const step = sizeOf({ ...base, prefix });
		for (let value = base.value; value + step <= end; ) {
			const candidate = { family: base.family, value, prefix };
			const [other] = taken.filter((one) => overlaps(candidate, one));
			if (!other) return candidate;
			// Behind all of it: a route may be as large as a pool of IPv6.
			const behind = other.value + sizeOf(other);
			value += step * (behind > value + step ? (behind - value + step - 1n) / step : 1n);
		}
	}
	return undefined;
}

/** Subnets of all networks. */
function knownSubnets(store: Store): Cidr[] {
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
		const sizes = pools === STANDARD_POOLS ? DEFAULT_NETWORK_SIZES : [undefined];
		for (const size of sizes) picked ??= pick(poolsOf(4), taken, size);
		if (!picked)
			throw new Failure("pick a subnet for the network bridge: every one of the pools collides with a route");
		const gateway = formatAddress({ ...picked, value: picked.value + 1n });
		store.run("INSERT INTO subnet (network, cidr, gateway) VALUES (?, ?, ?)", id, formatCidr(picked), gateway);
		if (!isStandard(store.places)) return;
		const named = { ...options, interface: "bunker0" };
		store.run("UPDATE network SET options = ? WHERE id = ?", JSON.stringify(named), id);
	});
}

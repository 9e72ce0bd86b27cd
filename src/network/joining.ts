/**
 * A container's parts in its networks while it runs: taken when it starts, one
 * transaction, and given back when it has ended (leaving.ts). No two ever have one
 * address: that is a constraint of the table, whoever else starts at the same time.
 */

import { randomBytes } from "../../ffi/random.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { type Cidr, parseAddress, parseCidr } from "./address.ts";
import { firstFree, isUsable } from "./bitmap.ts";
import type { Endpoint, Joined } from "./endpoint.ts";
import { recordPart } from "./events.ts";
import { chooseGateways } from "./gateway.ts";
import { leave } from "./leaving.ts";
import { OPTION } from "./option-names.ts";
import { settleDefault } from "./pool.ts";
import {
	addressesOf,
	byId,
	DEFAULT_NETWORK,
	type EndpointRow,
	endpointsOf,
	type Network,
	type Subnet,
	subnetsOf,
} from "./table.ts";

/** 64 random hex digits. */
export const generateId = (): string => randomBytes(32).toHex();

/** The host's end of a veth pair: 15 bytes are the most (IFNAMSIZ). */
export const outsideName = (id: string): string => `veth${id.slice(0, 7)}`;

/**
 * Takes addresses for all networks of a container that is about to start.
 * @param sweep makes containers that have ended, and nobody has looked since, give their addresses back
 * @throws Failure (125) where a subnet has no free address, or the one asked for is taken; nothing is taken then
 */
export const join = (store: Store, container: string, sweep: () => void): Endpoint[] =>
	taking(store, sweep, () => joinAll(store, container));

/** Does what takes addresses, in a transaction: again if there were none, and what hinders can be helped. */
export function taking<T>(store: Store, sweep: () => void, work: () => T): T {
	try {
		return store.transaction(work);
	} catch (error) {
		if (error instanceof Unsettled) settleDefault(store, error.network);
		else if (error instanceof NoAddress) sweep();
		else throw error;
		return store.transaction(work);
	}
}

/** The default network has no subnet yet: nobody has used it. */
class Unsettled extends Error {
	constructor(readonly network: Network) {
		super(`the network ${network.name} has no subnet`);
	}
}

/** An address cannot be had. */
class NoAddress extends Failure {
	constructor(message: string) {
		super(message, { exitCode: EXIT.refused });
	}
}

function joinAll(store: Store, container: string): Endpoint[] {
	const rows = endpointsOf(store, container);
	for (const { id } of rows) {
		if (id === null) continue;
		// What a start that was killed has taken.
		leave(store, container);
		break;
	}
	const endpoints: Endpoint[] = [];
	for (let at = 0; at < rows.length; at++) {
		const row = rows[at] as EndpointRow;
		const network = byId(store, row.network);
		if (!network) throw new Failure(`network ${row.options.network} not found`, { exitCode: EXIT.refused });
		endpoints.push(joinOne(store, row, network, interfaceName(row, network, endpoints)));
	}
	if (endpoints.length > 0) chooseGateways(endpoints);
	recordPart(store, container, "connect");
	return endpoints;
}

/** docker 28's, of an endpoint. */
const NAME = "com.docker.network.endpoint.ifname";

/** The name of the next interface: as asked for, or the first of its network's prefix that none of the others has. */
export function interfaceName(
	{ options }: EndpointRow,
	network: Network,
	others: readonly { interface: string | null }[],
): string {
	const named = options.driverOptions?.[NAME];
	if (named) return named;
	const prefix = network.options.driverOptions?.[OPTION.prefix] || "eth";
	for (let number = 0; ; number++) {
		const name = `${prefix}${number}`;
		if (others.filter((other) => other.interface === name).length === 0) return name;
	}
}

/** Takes a part in one more network. */
export function joinOne(store: Store, row: EndpointRow, network: Network, name: string): Endpoint {
	const id = generateId();
	const { container, options } = row;
	const addresses: Joined[] = [];
	const subnets = subnetsOf(store, network.id);
	if (subnets.length === 0 && network.name === DEFAULT_NETWORK) throw new Unsettled(network);
	for (const family of FAMILIES) {
		const joined = takeOf(family, store, row, subnets, network);
		if (joined) addresses.push(joined);
	}
	const mac = options.mac ?? macOf(addresses, id);
	store.run(
		"UPDATE endpoint SET id = ?, interface = ?, mac = ? WHERE container = ? AND network = ?",
		id,
		name,
		mac,
		container,
		network.id,
	);
	return {
		network,
		id,
		interface: name,
		outside: outsideName(id),
		mac,
		addresses,
		asked: options,
	};
}

/** A container's parts in its networks, as they are while it runs. */
export function joinedOf(store: Store, container: string): Endpoint[] {
	const endpoints: Endpoint[] = [];
	for (const row of endpointsOf(store, container)) {
		const { id, interface: name, mac, options } = row;
		// Without a MAC address it is half made (later.ts).
		if (id === null || name === null || mac === null) continue;
		const network = byId(store, row.network) as Network;
		const subnets = subnetsOf(store, network.id);
		const addresses = addressesOf(store, container, network.id).map(({ subnet, address }) =>
			joinedAt(subnets.filter((one) => one.id === subnet)[0] as Subnet, address, network),
		);
		endpoints.push({
			network,
			id,
			interface: name,
			outside: outsideName(id),
			mac,
			addresses,
			asked: options,
		});
	}
	return endpoints;
}

const FAMILIES = [4, 6] as const;

/** An address of the family: the one that was asked for, or of the first subnet that has one. */
function takeOf(
	family: 4 | 6,
	store: Store,
	row: EndpointRow,
	subnets: readonly Subnet[],
	network: Network,
): Joined | undefined {
	const own = subnets.filter(({ cidr }) => cidr.indexOf(":") >= 0 === (family === 6));
	const typed = family === 4 ? row.options.address : row.options.address6;
	const wanted = typed === undefined ? undefined : parseAddress(typed);
	for (let at = 0; at < own.length; at++) {
		const subnet = own[at] as Subnet;
		const isLast = at === own.length - 1;
		if (wanted && !isLast && !isUsable(subnet, wanted)) continue;
		try {
			return takeAddress(store, row, subnet, network);
		} catch (error) {
			if (wanted || isLast || !(error instanceof NoAddress)) throw error;
		}
	}
	return undefined;
}

function takeAddress(store: Store, row: EndpointRow, subnet: Subnet, network: Network): Joined {
	const cidr = parseCidr(subnet.cidr);
	if (!cidr) throw new Failure(`the subnet ${subnet.cidr} of network ${network.name} is none`);
	const taken = store
		.all<{ address: string }>("SELECT address FROM address WHERE subnet = ?", subnet.id)
		.map(({ address }) => address);
	const wanted = cidr.family === 4 ? row.options.address : row.options.address6;
	const address = wanted ?? firstFree(subnet, taken);
	if (address === undefined) throw new NoAddress(`no free address in ${subnet.cidr}`);
	if (wanted !== undefined) checkWanted(wanted, subnet, taken);
	store.run(
		"INSERT INTO address (subnet, address, container, network) VALUES (?, ?, ?, ?)",
		subnet.id,
		address,
		row.container,
		network.id,
	);
	return joinedAt(subnet, address, network);
}

function joinedAt({ cidr, gateway }: Subnet, address: string, network: Network): Joined {
	const { family, prefix } = parseCidr(cidr) as Cidr;
	const { driver, options } = network;
	const typed = options.driverOptions ?? {};
	const closed = options.internal === true || (driver !== "bridge" && !typed.parent);
	// in l3 modes nothing but IP passes, so no gateway can be asked for its MAC address.
	const onWire = driver === "ipvlan" && (typed.ipvlan_mode ?? "l2") !== "l2";
	const way = closed || onWire ? undefined : (gateway ?? undefined);
	return { family, address, prefix, gateway: way, leads: !closed && (onWire || way !== undefined), isDefault: false };
}

function checkWanted(wanted: string, subnet: Subnet, taken: readonly string[]): void {
	const parsed = parseAddress(wanted);
	if (!parsed || !isUsable(subnet, parsed))
		throw new Failure(`the address ${wanted} is not one of the subnet ${subnet.cidr}`, { exitCode: EXIT.refused });
	if (taken.includes(wanted) || wanted === subnet.gateway)
		throw new NoAddress(`the address ${wanted} is already in use`);
}

/** docker's of old: made of the IPv4 address, so that a neighbour's cache stays right for the next who has it; without one of the IPv6 address. */
function macOf([first]: readonly Joined[], id: string): string {
	const bytes = first?.family === 4 ? first.address.split(".").map(Number) : hashOf(first?.address ?? id);
	return ["02", "42", ...bytes.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** Four bytes (FNV-1a): the end of an address may be that of another one, of another subnet. */
function hashOf(text: string): number[] {
	let hash = 0x811c9dc5;
	for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
	return [hash >>> 24, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff, hash & 0xff];
}

/** Rows of networks, subnets, endpoints, addresses and ports. */

import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { isStandard } from "../places.ts";
import type { EndpointOption, NetworkOptions, Protocol } from "./options.ts";

/** A network as stored; see schema.ts. */
export interface Network {
	id: string;
	name: string;
	driver: "bridge" | "macvlan" | "ipvlan" | "host" | "null";
	/** RFC 3339 */
	created: string;
	options: NetworkOptions;
}

export interface Subnet {
	id: number;
	network: string;
	cidr: string;
	gateway: string | null;
	range: string | null;
	reserved: Record<string, string>;
}

/** A container's part in a network. `id`, `interface` and `mac` while it runs. */
export interface EndpointRow {
	container: string;
	network: string;
	position: number;
	options: EndpointOption;
	id: string | null;
	interface: string | null;
	mac: string | null;
}

export interface AddressRow {
	subnet: number;
	address: string;
	container: string;
	network: string;
}

/** A published port, while its container runs. */
export interface PortRow {
	protocol: Protocol;
	/** of the host; 0.0.0.0 and :: are all */
	address: string;
	port: number;
	container: string;
	/** the container's port */
	target: number;
	/** the container's address that the kernel leads to; null: the forwarder copies; "": its networks have no way out now, it leads nowhere */
	inside: string | null;
	/** what the ruleset says beside it: the container's name */
	comment: string;
}

/** The name of the network that a container is on that asks for none. */
export const DEFAULT_NETWORK = "bridge";

/** Networks that are there from the beginning, and stay. */
export const isPredefined = (name: string): boolean => name === DEFAULT_NETWORK || name === "host" || name === "none";

const networkOf = (row: Omit<Network, "options"> & { options: string }): Network => ({
	...row,
	options: JSON.parse(row.options),
});

const endpointOf = (row: Omit<EndpointRow, "options"> & { options: string }): EndpointRow => ({
	...row,
	options: JSON.parse(row.options),
});

/** All networks, by name. */
export function all(store: Store): Network[] {
	return store.all<Parameters<typeof networkOf>[0]>("SELECT * FROM network ORDER BY name").map(networkOf);
}

/** The network of a full id; undefined if it is gone. */
export function byId(store: Store, id: string): Network | undefined {
	const row = store.first<Parameters<typeof networkOf>[0]>("SELECT * FROM network WHERE id = ?", id);
	return row && networkOf(row);
}

/** The network of a name; undefined if there is none. */
export function byName(store: Store, name: string): Network | undefined {
	const row = store.first<Parameters<typeof networkOf>[0]>("SELECT * FROM network WHERE name = ?", name);
	return row && networkOf(row);
}

/**
 * The network of a full id, a name, or a unique prefix of an id, tried in docker's order.
 * @throws Failure if there is none, or the prefix is ambiguous
 */
export function find(store: Store, name: string): Network {
	type Row = Parameters<typeof networkOf>[0];
	const exact = store.first<Row>("SELECT * FROM network WHERE name = ? OR id = ?", name, name);
	if (exact) return networkOf(exact);
	const found = /^[0-9a-f]{1,63}$/.test(name)
		? store.all<Row>("SELECT * FROM network WHERE id >= ? AND id < ? LIMIT 2", name, `${name}g`)
		: [];
	if (found.length > 1) throw new Failure(`network ${name} is ambiguous (2 matches found on id prefix)`);
	if (!found[0]) throw new Failure(`network ${name} not found`, { kind: "no such network" });
	return networkOf(found[0]);
}

/** The subnets of a network, in the order in which they were given. */
export function subnetsOf(store: Store, network: string): Subnet[] {
	type Row = Omit<Subnet, "reserved"> & { reserved: string };
	return store
		.all<Row>("SELECT * FROM subnet WHERE network = ? ORDER BY id", network)
		.map((row) => ({ ...row, reserved: JSON.parse(row.reserved) }));
}

/** A container's parts in networks, in order. */
export function endpointsOf(store: Store, container: string): EndpointRow[] {
	return store
		.all<Parameters<typeof endpointOf>[0]>("SELECT * FROM endpoint WHERE container = ? ORDER BY position", container)
		.map(endpointOf);
}

/** Who is on a network. */
export function endpointsOn(store: Store, network: string): EndpointRow[] {
	return store
		.all<Parameters<typeof endpointOf>[0]>("SELECT * FROM endpoint WHERE network = ? ORDER BY container", network)
		.map(endpointOf);
}

/** Addresses that a container has on a network. */
export function addressesOf(store: Store, container: string, network: string): AddressRow[] {
	return store.all("SELECT * FROM address WHERE container = ? AND network = ? ORDER BY subnet", container, network);
}

/** Ports that are published; of one container, or all. */
export function portsOf(store: Store, container?: string): PortRow[] {
	if (container === undefined) return store.all("SELECT * FROM port");
	return store.all("SELECT * FROM port WHERE container = ? ORDER BY protocol, target, port, address", container);
}

/** The name of our table of nf_tables: every root of a host has its own. */
export function tableName(store: Store): string {
	if (isStandard(store.places)) return "bunker";
	const row = store.first<{ id: string }>("SELECT id FROM network WHERE name = ?", DEFAULT_NETWORK);
	return `bunker-${(row as { id: string }).id.slice(0, 8)}`;
}

/** A network in the shape of docker's `inspect` (test/reference has one of docker's). */

import type { Store } from "../kernel/store.ts";
import { parseCidr } from "./address.ts";
import { bridgeName, mtuOf } from "./bridge.ts";
import { OPTION } from "./option-names.ts";
import { settleDefault } from "./pool.ts";
import {
	type AddressRow,
	addressesOf,
	DEFAULT_NETWORK,
	type EndpointRow,
	endpointsOn,
	find,
	isPredefined,
	type Network,
	type Subnet,
	subnetsOf,
} from "./table.ts";

/**
 * docker's JSON of a network, its fields in docker's order.
 * @param nameOf the name of a container, by its id
 * @throws Failure if there is none of that name
 */
export function inspect(store: Store, name: string, nameOf: (container: string) => string): object {
	const network = find(store, name);
	const { id, driver, created, options } = network;
	const subnets = settled(store, network);
	return {
		Name: network.name,
		Id: id,
		Created: created,
		Scope: "local",
		Driver: driver,
		EnableIPv4: !options.noIpv4,
		EnableIPv6: options.ipv6 === true,
		IPAM: {
			Driver: "default",
			Options: isPredefined(network.name) ? null : (options.ipamOptions ?? {}),
			Config: driver === "host" || driver === "null" ? null : subnets.map(describeSubnet),
		},
		Internal: options.internal === true,
		Attachable: options.attachable === true,
		Ingress: false,
		ConfigFrom: { Network: "" },
		ConfigOnly: false,
		Containers: describeContainers(store, id, subnets, nameOf),
		Options: network.name === DEFAULT_NETWORK ? standardOptions(store, network) : (options.driverOptions ?? {}),
		Labels: options.labels ?? {},
	};
}

/** Scripts ask the default network for its gateway: it gets its subnet then, if it was never used. */
function settled(store: Store, network: Network): Subnet[] {
	const subnets = subnetsOf(store, network.id);
	if (subnets.length > 0 || network.name !== DEFAULT_NETWORK) return subnets;
	settleDefault(store, network);
	return subnetsOf(store, network.id);
}

function describeSubnet({ cidr, range, gateway, reserved }: Subnet): object {
	return {
		Subnet: cidr,
		...(range !== null && { IPRange: range }),
		...(gateway !== null && { Gateway: gateway }),
		...(Object.keys(reserved).length > 0 && { AuxiliaryAddresses: reserved }),
	};
}

/** Those that run. */
function describeContainers(
	store: Store,
	network: string,
	subnets: readonly Subnet[],
	nameOf: (container: string) => string,
): object {
	const there = endpointsOn(store, network).filter(({ id }) => id !== null);
	return Object.fromEntries(
		there.map((endpoint) => {
			const addresses = addressesOf(store, endpoint.container, network);
			return [endpoint.container, describeEndpoint(endpoint, addresses, subnets, nameOf(endpoint.container))];
		}),
	);
}

function describeEndpoint(
	{ id, mac }: EndpointRow,
	addresses: readonly AddressRow[],
	subnets: readonly Subnet[],
	name: string,
): object {
	const of = (family: 4 | 6): string => {
		for (const { address, subnet } of addresses) {
			const cidr = parseCidr(subnets.find((one) => one.id === subnet)?.cidr ?? "");
			if (cidr?.family === family) return `${address}/${cidr.prefix}`;
		}
		return "";
	};
	return { Name: name, EndpointID: id, MacAddress: mac ?? "", IPv4Address: of(4), IPv6Address: of(6) };
}

/** What holds for the default network, as docker says it of its own. */
function standardOptions(store: Store, { id }: Network): object {
	const network = find(store, id);
	return {
		"com.docker.network.bridge.default_bridge": "true",
		[OPTION.icc]: "true",
		[OPTION.masquerade]: "true",
		[OPTION.binding]: "0.0.0.0",
		[OPTION.name]: bridgeName(network),
		[OPTION.mtu]: String(mtuOf(network) ?? 1500),
	};
}

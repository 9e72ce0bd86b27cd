/** docker's NetworkSettings of a container (moby, api/types/container/network_settings.go; daemon/network.go). */

import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type Settings, settingsOf } from "../network/network.ts";
import { byName } from "./maps.ts";
import type { RunOptions } from "./options.ts";
import { networkLinks } from "./shown-links.ts";
import { shownNetworks } from "./shown-networks.ts";
import { portMapOf } from "./shown-ports.ts";

/** The container and whether it runs. */
export interface Inspected {
	id: string;
	name: string;
	imageId: string | null;
	options: RunOptions;
	/** of its first process: what holds the network namespace */
	pid?: number;
}

/** The network settings: of one that does not run, what it asks for. */
export function networkSettings(store: Store, container: Inspected): object {
	const { id, pid } = container;
	const settings = settingsOf(store, id);
	const networks = settings.map((one): [string, Part] => [one.network.name, part(store, one, container)]);
	const standard = networks.length > 0 ? [] : shownNetworks(store)(container).map(withoutEndpoint);
	return {
		Bridge: "",
		SandboxID: "",
		SandboxKey: pid === undefined ? "" : `/proc/${pid}/ns/net`,
		Ports: portMapOf(store, container),
		HairpinMode: false,
		LinkLocalIPv6Address: "",
		LinkLocalIPv6PrefixLen: 0,
		SecondaryIPAddresses: null,
		SecondaryIPv6Addresses: null,
		...onDefault(networks.find(([name]) => name === DEFAULT_NETWORK)?.[1]),
		Networks: byName(Object.fromEntries([...networks, ...standard])),
	};
}

/** network.EndpointSettings */
type Part = ReturnType<typeof part>;

function part(store: Store, { network, endpoint, addresses }: Settings, container: Inspected) {
	const { options } = endpoint;
	const isUsers = network.name !== DEFAULT_NETWORK;
	const [four, six] = [false, true].map((isSix) => addresses.find(({ address }) => address.includes(":") === isSix));
	const gateway = (one: typeof four) => (network.options.internal ? "" : (one?.gateway ?? ""));
	return {
		IPAMConfig: askedAddresses(options),
		// On the default network links are of the container as a whole: HostConfig.Links.
		Links: isUsers && options.links ? networkLinks(store, options.links) : null,
		Aliases: options.aliases ?? null,
		MacAddress: endpoint.mac ?? (container.pid === undefined ? (options.mac ?? "") : ""),
		DriverOpts: options.driverOptions ?? null,
		GwPriority: options.gatewayPriority ?? 0,
		NetworkID: network.id,
		EndpointID: endpoint.id ?? "",
		Gateway: gateway(four),
		IPAddress: four?.address ?? "",
		IPPrefixLen: prefixOf(four?.cidr),
		IPv6Gateway: gateway(six),
		GlobalIPv6Address: six?.address ?? "",
		GlobalIPv6PrefixLen: prefixOf(six?.cidr),
		DNSNames: isUsers ? dnsNames(container, options.aliases) : null,
	};
}

const prefixOf = (cidr = "/0"): number => Number(cidr.slice(cidr.indexOf("/") + 1));

function askedAddresses({ address, address6, linkLocal }: Settings["endpoint"]["options"]): object | null {
	if (address === undefined && address6 === undefined && linkLocal === undefined) return null;
	return {
		...(address !== undefined && { IPv4Address: address }),
		...(address6 !== undefined && { IPv6Address: address6 }),
		...(linkLocal !== undefined && { LinkLocalIPs: linkLocal }),
	};
}

/** What others on the network can call it, in docker's order (moby, daemon: buildEndpointDNSNames). */
function dnsNames({ id, name, options }: Inspected, aliases: readonly string[] = []): string[] {
	return [...new Set([name, ...aliases, id.slice(0, 12), ...(options.hostname ? [options.hostname] : [])])];
}

/** The part in `host` or `none`: nothing is known of it but the network. */
const withoutEndpoint = ({ name, network }: { name: string; network: string }): [string, object] => [
	name,
	{
		IPAMConfig: null,
		Links: null,
		Aliases: null,
		MacAddress: "",
		DriverOpts: null,
		GwPriority: 0,
		NetworkID: network,
		EndpointID: "",
		Gateway: "",
		IPAddress: "",
		IPPrefixLen: 0,
		IPv6Gateway: "",
		GlobalIPv6Address: "",
		GlobalIPv6PrefixLen: 0,
		DNSNames: null,
	},
];

/** docker shows the part in the default network once more, without a name. */
function onDefault(part: Part | undefined): object {
	return {
		EndpointID: part?.EndpointID ?? "",
		Gateway: part?.Gateway ?? "",
		GlobalIPv6Address: part?.GlobalIPv6Address ?? "",
		GlobalIPv6PrefixLen: part?.GlobalIPv6PrefixLen ?? 0,
		IPAddress: part?.IPAddress ?? "",
		IPPrefixLen: part?.IPPrefixLen ?? 0,
		IPv6Gateway: part?.IPv6Gateway ?? "",
		MacAddress: part?.MacAddress ?? "",
	};
}

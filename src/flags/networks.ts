/**
 * A container's networks, its ports, and the names that it knows. Only the
 * table; what the values mean is loaded where one is given (network-values.ts).
 */

import type { RunOptions } from "../container/options.ts";
import { bool, list, string, type Values } from "./flags.ts";
import { isGiven } from "./resources.ts";

const detailFlags = {
	"add-host": list("", "add a line to /etc/hosts: HOST:IP, HOST=IP, HOST:host-gateway"),
	dns: list("", "ask this name server instead of the host's"),
	"dns-option": list("", "an option of its resolv.conf: ndots:1", { synonyms: ["dns-opt"] }),
	"dns-search": list("", "a domain that names are looked up in, . for none"),
	expose: list("", "a port, or a range of ports, that it listens on: 80, 8000-8010/udp"),
	ip: string("", "its IPv4 address on a user's network"),
	ip6: string("", "its IPv6 address on a user's network"),
	link: list("", "know another container by a name: CONTAINER[:ALIAS]"),
	"link-local-ip": list("", "a further address on its network: 169.254.1.1"),
	"mac-address": string("", "its MAC address: 92:d0:c6:0a:29:33"),
	"network-alias": list("", "a further name on a user's network", { synonyms: ["net-alias"] }),
	publish: list("p", "publish a port: [[IP:][HOST]:]PORT[/PROTOCOL], ranges too"),
	"publish-all": bool("P", "publish every exposed port, at one that is free"),
};

export const networkFlags = {
	...detailFlags,
	network: list("", "connect it to a network: NAME, host, none, container:NAME, or name=NAME,alias=…,ip=…", {
		standard: "bridge",
		synonyms: ["net"],
		completes: "network",
	}),
};

export type NetworkValues = Values<typeof networkFlags> & { hostname?: string };

export type NetworkOptions = Pick<
	RunOptions,
	"network" | "networks" | "publish" | "publishAll" | "expose" | "dns" | "dnsSearch" | "dnsOptions" | "extraHosts"
>;

/** The network's name, where nothing but a name is given; undefined: the rest has to be read. */
export function plainNetwork(values: NetworkValues): string | undefined {
	const [network = "bridge"] = values.network;
	if (values.network.length > 1 || !/^[\w.-]+$/.test(network) || network === "default") return undefined;
	const names = Object.keys(detailFlags) as (keyof typeof detailFlags)[];
	return names.filter((name) => isGiven(values[name])).length > 0 ? undefined : network;
}

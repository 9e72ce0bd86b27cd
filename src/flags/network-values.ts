/**
 * What the flags of networks.ts mean, and which of them do not go together
 * (docker/cli, container/opts.go, parseNetworkOpts; moby, runconfig). Loaded
 * where one of them is given.
 */

import { type EndpointOption, formatAddress, parseAddress } from "../network/network.ts";
import { isUserDefined, parseAttachment, parseIp, parseLink, parseLinkLocal, parseMac } from "./attachment.ts";
import type { NetworkOptions, NetworkValues } from "./networks.ts";
import { parseExposed, parsePublished } from "./publishing.ts";
import { malformed } from "./usage.ts";

/** @throws Failure (125) */
export async function readNetworks(values: NetworkValues): Promise<NetworkOptions> {
	const networks = readEndpoints(values);
	const [{ network }] = networks;
	const options: NetworkOptions = {
		network,
		...(isPlain(networks) ? {} : { networks }),
		...filled("publish", parsePublished(values.publish)),
		...(values["publish-all"] && { publishAll: true }),
		...filled("expose", parseExposed(values.expose)),
		...filled("dns", values.dns.map(parseServer)),
		...filled("dnsSearch", values["dns-search"].map(parseDomain)),
		...filled("dnsOptions", values["dns-option"]),
		...filled("extraHosts", values["add-host"].map(parseExtraHost)),
	};
	if (network.startsWith("container:")) checkShared(values, options);
	if (network === "host") await checkHost(values, options);
	return options;
}

type Endpoints = [EndpointOption, ...EndpointOption[]];

const filled = <Name extends keyof NetworkOptions>(name: Name, list: NetworkOptions[Name] & unknown[]) =>
	list.length > 0 ? { [name]: list } : {};

/** docker: what is on one network, and asks nothing of it, asks for no endpoint. */
const isPlain = ([first, ...others]: Endpoints): boolean => others.length === 0 && Object.keys(first).length === 1;

function readEndpoints(values: NetworkValues): Endpoints {
	const [first = { network: "bridge" }, ...others] = values.network.map((text) => {
		const option = parseAttachment(text);
		return option.network === "default" ? { ...option, network: "bridge" } : option;
	});
	const endpoints: Endpoints = [withFlags(first, values), ...others];
	for (const endpoint of endpoints) checkEndpoint(endpoint);
	checkTogether(endpoints.map(({ network }) => network));
	return endpoints;
}

/** member of an endpoint → its flag, and what docker calls the same thing within --network */
const ALIKE = {
	aliases: ["--network-alias", "alias"],
	address: ["--ip", "IPv4 address"],
	address6: ["--ip6", "IPv6 address"],
	mac: ["--mac-address", "MAC address"],
	linkLocal: ["--link-local-ip", "link-local IP addresses"],
	links: ["--link", "links"],
} satisfies Partial<Record<keyof EndpointOption, [string, string]>>;

/** The flags that are of one network are of the first. */
function withFlags(endpoint: EndpointOption, values: NetworkValues): EndpointOption {
	const given: Partial<EndpointOption> = {
		...(values["network-alias"].length > 0 && { aliases: values["network-alias"] }),
		...(values.ip && { address: parseIp(4, values.ip) }),
		...(values.ip6 && { address6: parseIp(6, values.ip6) }),
		...(values["mac-address"] && { mac: parseMac(values["mac-address"]) }),
		...(values["link-local-ip"].length > 0 && { linkLocal: values["link-local-ip"].map(parseLinkLocal) }),
		...(values.link.length > 0 && { links: values.link.map(parseLink) }),
	};
	for (const [member, [flag, what]] of Object.entries(ALIKE))
		if (member in given && member in endpoint)
			throw malformed(`conflicting options: cannot specify both ${flag} and per-network ${what}`);
	return { ...endpoint, ...given };
}

function checkEndpoint(endpoint: EndpointOption): void {
	if (isUserDefined(endpoint.network)) return;
	if (endpoint.aliases) throw malformed("network-scoped aliases are only supported for user-defined networks");
	if (endpoint.address || endpoint.address6)
		throw malformed("user specified IP address is supported on user defined networks only");
}

function checkTogether(networks: readonly string[]): void {
	const twice = networks.find((network, at) => networks.indexOf(network) !== at);
	if (twice !== undefined) throw malformed(`network "${twice}" is specified multiple times`);
	const made = networks.filter(isUserDefined).length;
	if (networks.length < 2 || made === networks.length) return;
	if (made > 0)
		throw malformed("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
	throw malformed(
		networks.includes("none")
			? "container cannot be connected to multiple networks with one of the networks in private (none) mode"
			: "container sharing network namespace with another container or host cannot be connected to any other network",
	);
}

/** One that shares a container's network has its name, its names, and its ports. */
function checkShared({ hostname, link, "mac-address": mac }: NetworkValues, options: NetworkOptions): void {
	const conflict = (what: string) => malformed(`conflicting options: ${what} and the network mode`);
	if (options.network === "container:")
		throw malformed("invalid network mode: invalid container format container:<name|id>");
	if (hostname) throw conflict("hostname");
	if (link.length > 0)
		throw malformed(
			"conflicting options: container type network can't be used with links. This would result in undefined behavior",
		);
	if (options.dns) throw conflict("dns");
	if (options.extraHosts) throw conflict("custom host-to-IP mapping");
	if (mac) throw conflict("mac-address");
	if (options.publish || options.publishAll)
		throw malformed("conflicting options: port publishing and the container type network mode");
	if (options.expose) throw malformed("conflicting options: port exposing and the container type network mode");
}

async function checkHost({ link }: NetworkValues, { publish }: NetworkOptions): Promise<void> {
	if (link.length > 0)
		throw malformed(
			"conflicting options: host type networking can't be used with links. This would result in undefined behavior",
		);
	if (!publish) return;
	const { warn } = await import("./notice.ts");
	warn("Published ports are discarded when using host network mode");
}

/** docker/cli, opts.ValidateIPAddress */
function parseServer(text: string): string {
	const address = parseAddress(text.trim());
	if (address) return formatAddress(address);
	throw malformed(`IP address is not correctly formatted: ${text}`);
}

const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const DOMAIN = new RegExp(`^:?(${LABEL}(?:\\.${LABEL})*)\\.?\\s*$`);

/** docker/cli, opts.ValidateDNSSearch */
function parseDomain(text: string): string {
	const domain = text.replace(/^ +| +$/g, "");
	if (domain === ".") return domain;
	const [, name = ""] = /[a-zA-Z]/.test(domain) ? (DOMAIN.exec(domain) ?? []) : [];
	if (name !== "" && name.length < 255) return name;
	throw malformed(`${domain} is not a valid domain`);
}

/** @returns `HOST:IP`, without the brackets of an IPv6 address (docker/cli, opts.ValidateExtraHost) */
function parseExtraHost(text: string): string {
	const [, host, typed] = /^([^:=\s]+)[:=](.*)$/s.exec(text) ?? [];
	if (host === undefined || typed === undefined) throw malformed(`bad format for add-host: "${text}"`);
	const address = /^\[(.+)\]$/.exec(typed)?.[1] ?? typed;
	if (typed === "host-gateway" || parseAddress(address)) return `${host}:${address}`;
	throw malformed(`invalid IP address in add-host: "${address}"`);
}

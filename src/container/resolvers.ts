/**
 * /etc/resolv.conf of a container, by docker's rules (moby:
 * libnetwork/internal/resolvconf): the host's file, --dns, --dns-search and
 * --dns-option over it. On the default network without what only the host
 * reaches; on a network of the user's the resolver of ours, and what the file
 * named is whom that one asks. Pure.
 */

import type { RunOptions } from "./options.ts";

/** Where bunker's own resolver is found in a container. */
const OWN_RESOLVER = "127.0.0.11";
/** systemd-resolved's stub, which only the host reaches, and the file with the servers behind it (systemd-resolved(8)). */
const STUB = "127.0.0.53";
export const BEHIND_STUB = "/run/systemd/resolve/resolv.conf";

/** docker's, where the host has none that a container could ask. */
const PUBLIC = ["8.8.8.8", "8.8.4.4"];
const PUBLIC6 = ["2001:4860:4860::8888", "2001:4860:4860::8844"];

/** What resolv.conf(5) says. */
export interface Resolvers {
	/** where it was read */
	path: string;
	servers: string[];
	search: string[];
	options: string[];
	/** lines with other keywords, as they are */
	other: string[];
}

/** What a container asks for. */
export type Asked = Pick<RunOptions, "dns" | "dnsSearch" | "dnsOptions">;

/** `bridge`: the default network, or none; `user`: one of the user's, where names are answered by us. */
export type Kind = "host" | "bridge" | "user";

/** A server that the resolver of ours asks. */
export interface Upstream {
	address: string;
	/** reached from the host's network (the host's own servers), else from the container's (--dns) */
	fromHost: boolean;
}

/** Parses a file; of several `search` or `domain` the last is right. */
export function parseResolvers(path: string, text: string): Resolvers {
	const resolvers: Resolvers = { path, servers: [], search: [], options: [], other: [] };
	for (const line of text.split("\n")) {
		const words = line.trim().split(/\s+/);
		const keyword = words[0] as string;
		if (keyword === "" || keyword[0] === "#" || keyword[0] === ";") continue;
		const values = words.slice(1);
		if (keyword === "nameserver") {
			if (/^[0-9a-f.:]+(%.+)?$/i.test(values[0] ?? "")) resolvers.servers.push(values[0] as string);
		} else if (keyword === "search" || keyword === "domain") {
			if (values.length > 0) resolvers.search = values;
		} else if (keyword === "options") resolvers.options.push(...values);
		else resolvers.other.push(line);
	}
	return resolvers;
}

/** True where the one server is systemd-resolved's stub: the servers are in another file. */
export const isStub = ({ servers }: Resolvers): boolean => servers.length === 1 && servers[0] === STUB;

const isLoopback = (address: string) => address.startsWith("127.") || address === "::1";

/** The servers that are asked for names which no container has. */
export function upstreamsOf(host: Resolvers, { dns }: Asked): Upstream[] {
	return (dns ?? host.servers).map((address) => ({ address, fromHost: dns === undefined }));
}

/**
 * Makes the file's text.
 * @param ipv6 the container has a way to IPv6 servers
 */
export function resolversText(host: Resolvers, asked: Asked, kind: Kind, ipv6: boolean): string {
	const { dns, dnsSearch, dnsOptions } = asked;
	const search = dnsSearch?.filter((domain) => domain !== ".") ?? host.search;
	let options = dnsOptions ?? host.options;
	let servers = dns ?? host.servers;
	const notes: string[] = [];
	if (kind === "bridge" && !dns) {
		servers = servers.filter((address) => !isLoopback(address) && (ipv6 || address.indexOf(":") < 0));
		if (servers.length === 0) {
			servers = ipv6 ? [...PUBLIC, ...PUBLIC6] : PUBLIC;
			notes.push("# Used default nameservers.");
		}
	}
	let dots = ndotsOf(options) !== undefined ? (dnsOptions ? "override" : "host") : undefined;
	if (kind === "user") {
		const shown = upstreamsOf(host, asked).map(({ address, fromHost }) => (fromHost ? `host(${address})` : address));
		if (shown.length > 0) notes.push(`# ExtServers: [${shown.join(" ")}]`);
		servers = [OWN_RESOLVER];
		options = options.filter((option) => !option.startsWith("ndots:") || /^ndots:\d+$/.test(option));
		// A name without a dot may be a container's: it is asked for as it is first.
		if (ndotsOf(options) === undefined) {
			options = [...options, "ndots:0"];
			dots = "internal";
		}
	}
	const overrides = [dns && "nameservers", dnsSearch && "search", dnsOptions && "options"].filter(Boolean);
	notes.push(`# Overrides: [${overrides.join(" ")}]`);
	if (dots !== undefined) notes.push(`# Option ndots from: ${dots}`);
	const transformed = kind === "host" ? "" : kind === "user" ? " (internal resolver)" : " (legacy)";
	const lines = [
		"# Made by bunker at each start of the container; what is changed here stays until the next.",
		"",
		...servers.map((address) => `nameserver ${address}`),
		...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
		...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
		...host.other,
		"",
		`# Based on host file: '${host.path}'${transformed}`,
		...notes,
	];
	return `${lines.join("\n")}\n`;
}

/** The last one counts (resolv.conf(5)). */
function ndotsOf(options: readonly string[]): string | undefined {
	let found: string | undefined;
	for (const option of options) if (option === "ndots" || option.startsWith("ndots:")) found = option.slice(6);
	return found;
}

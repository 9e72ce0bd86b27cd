/** The files that bunker provides for a container's /etc, and config.json: what a start writes. */

import { readFileIfThere, statusIfThere, writeFile } from "../../ffi/file.ts";
import { encodeText } from "../../ffi/text.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type Endpoint } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import type { Spec } from "../runtime/runtime.ts";
import { forgetVolatile } from "./files.ts";
import { hostsText } from "./hosts.ts";
import type { RunOptions } from "./options.ts";
import { BEHIND_STUB, isStub, type Kind, parseResolvers, type Resolvers, resolversText } from "./resolvers.ts";

const RESOLV_CONF = "/etc/resolv.conf";

const text = (path: string) => new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array());

/** The host's name. */
export function hostHostname(): string {
	return text("/proc/sys/kernel/hostname").trim();
}

/** The host's resolvers, as a container with a network of its own is told of them. */
export function hostResolvers(): Resolvers {
	const resolvers = parseResolvers(RESOLV_CONF, text(RESOLV_CONF));
	return isStub(resolvers) ? parseResolvers(BEHIND_STUB, text(BEHIND_STUB)) : resolvers;
}

/** Whether a container has no IPv6 at all, not even ::1. */
export const lacksIpv6 = ({ sysctls }: RunOptions): boolean =>
	sysctls?.["net.ipv6.conf.all.disable_ipv6"] === "1" ||
	sysctls?.["net.ipv6.conf.lo.disable_ipv6"] === "1" ||
	statusIfThere("/proc/sys/net/ipv6") === undefined;

/** With the host's network it is the host's own, unless --add-host says more: then none of the host's (docker). */
function hosts(options: RunOptions, hostname: string, endpoints: readonly Endpoint[], lines: EtcLines): string {
	const extra = options.extraHosts ? [...options.extraHosts, ...lines.links] : lines.links;
	if (options.network === "host" && extra.length === 0) return text("/etc/hosts");
	const { domainname } = options;
	const { gateways } = lines;
	return hostsText({
		extra,
		gateways,
		addresses: addressesOf(endpoints),
		hostname,
		domainname,
		noIpv6: lacksIpv6(options),
	});
}

/** The addresses of a container, in the order of its networks. */
export function addressesOf(endpoints: readonly Endpoint[]): string[] {
	const found: string[] = [];
	for (const { addresses } of endpoints) for (const { address } of addresses) found.push(address);
	return found;
}

/** Names are answered by us where one of the networks is the user's. */
function resolvers(options: RunOptions, endpoints: readonly Endpoint[]): string {
	if (options.network === "host")
		return resolversText(parseResolvers(RESOLV_CONF, text(RESOLV_CONF)), options, "host", true);
	let kind: Kind = "bridge";
	let ipv6 = false;
	for (const { network, addresses } of endpoints) {
		if (network.name !== DEFAULT_NETWORK) kind = "user";
		for (const { family } of addresses) if (family === 6) ipv6 = true;
	}
	return resolversText(hostResolvers(), options, kind, ipv6);
}

/** What /etc/hosts says besides what the options and networks of a container do. */
export interface EtcLines {
	/** for --add-host NAME:host-gateway */
	gateways: readonly string[];
	/** as --add-host has them */
	links: readonly string[];
}

/**
 * The directory that holds hosts, hostname and resolv.conf of a container.
 * @param donor who has its network; one that has ended, though others are still in there, has none to give
 */
export function namesDirectory(store: Store, id: string, donor: string | undefined): string {
	const theirs = donor === undefined ? undefined : runDirectory(store.places, donor);
	return theirs !== undefined && statusIfThere(`${theirs}/hosts`) ? theirs : runDirectory(store.places, id);
}

/** Writes config.json and the files for /etc, of this start: into the run directory, a tmpfs. */
export function writeFiles(
	store: Store,
	id: string,
	spec: Spec,
	options: RunOptions,
	endpoints: readonly Endpoint[],
	lines: EtcLines,
): void {
	const directory = runDirectory(store.places, id);
	writeFile(`${directory}/hostname`, encodeText(`${spec.hostname}\n`));
	writeFile(`${directory}/hosts`, hosts(options, spec.hostname, endpoints, lines));
	writeFile(`${directory}/resolv.conf`, resolvers(options, endpoints));
	// The last: what is younger was changed since (etc.ts).
	writeFile(`${directory}/config.json`, JSON.stringify(spec));
	if (options.remove) forgetVolatile(store, id);
}

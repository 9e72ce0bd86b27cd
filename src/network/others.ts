/**
 * Other firewalls of the host: a packet has to pass them all. What docker drops
 * it lets its users accept first, in DOCKER-USER; what else drops what is
 * forwarded is its owner's to change, and we say so.
 */

import { SystemError } from "../../ffi/errno.ts";
import { close, readFileIfThere } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_DUMP, openNetlink } from "../../ffi/netlink.ts";
import { decodeText } from "../../ffi/text.ts";
import { attributesOf, encode, nftablesType } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeName } from "./bridge.ts";
import { all } from "./table.ts";

const NFT_MSG_GETCHAIN = 4;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_HOOK_HOOKNUM = 1;
const NF_INET_FORWARD = 2;
const NF_DROP = 0;
/** struct nfgenmsg */
const HEADER = 4;
const FAMILIES: Record<number, string> = { 1: "inet", 2: "ip", 10: "ip6" };

/** A chain of nf_tables that has to do with what is forwarded. */
export interface ForeignChain {
	/** inet, ip, ip6 */
	family: string;
	table: string;
	name: string;
	/** true for one that drops what no rule of it accepts */
	drops: boolean;
}

/** All chains of IPv4 and IPv6, in the tables of everybody. */
export function chains(): ForeignChain[] {
	const socket = openNetlink(NETLINK_NETFILTER);
	try {
		const request = encode({ type: nftablesType(NFT_MSG_GETCHAIN), flags: NLM_F_DUMP, body: new Uint8Array(4) }, 0);
		return ask("read the chains of nf_tables", socket, request).flatMap(({ body }) => chainOf(body) ?? []);
	} finally {
		close(socket);
	}
}

function chainOf(body: Uint8Array): ForeignChain | undefined {
	const family = FAMILIES[body[0] as number];
	if (family === undefined) return undefined;
	const attributes = attributesOf(body, HEADER);
	const textOf = (type: number) => decodeText(attributes.get(type)?.slice(0, -1) ?? new Uint8Array());
	const number = (bytes: Uint8Array | undefined) =>
		bytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, false);
	const hook = attributes.get(NFTA_CHAIN_HOOK);
	const isForward = hook !== undefined && number(attributesOf(hook, 0).get(NFTA_HOOK_HOOKNUM)) === NF_INET_FORWARD;
	const drops = isForward && number(attributes.get(NFTA_CHAIN_POLICY)) === NF_DROP;
	return { family, table: textOf(NFTA_CHAIN_TABLE), name: textOf(NFTA_CHAIN_NAME), drops };
}

/** True where docker's place for its users' rules is. */
export const hasDockerUser = (found: readonly ForeignChain[], family: string): boolean =>
	found.some((chain) => chain.family === family && chain.table === "filter" && chain.name === "DOCKER-USER");

/**
 * What a user has to do so that other firewalls let our networks be.
 * @param found all chains; @param legacy tables of iptables-legacy
 */
export function advice(
	found: readonly ForeignChain[],
	legacy: readonly string[],
	bridges: readonly string[],
): string[] {
	const each = (command: (bridge: string) => string) => bridges.map(command).join("; ");
	const isUfw = found.some(({ name }) => name.startsWith("ufw-"));
	const lines: string[] = [];
	for (const { family, table, name, drops } of found) {
		if (!drops || hasDockerUser(found, family)) continue;
		const iptables = family === "ip6" ? "ip6tables" : "iptables";
		const remedy = isUfw
			? each((bridge) => `ufw route allow in on ${bridge}; ufw route allow out on ${bridge}`)
			: table === "filter"
				? each(
						(bridge) => `${iptables} -I ${name} -i ${bridge} -j ACCEPT; ${iptables} -I ${name} -o ${bridge} -j ACCEPT`,
					)
				: each((bridge) =>
						[`iifname ${bridge}`, `oifname ${bridge}`]
							.map((match) => `nft insert rule ${family} ${table} ${name} ${match} accept`)
							.join("; "),
					);
		lines.push(`the chain ${name} of the table ${family} ${table} drops what containers send and get: ${remedy}`);
	}
	if (found.some(({ table }) => table === "firewalld"))
		lines.push(
			`firewalld may reject what containers send and get: ${each((bridge) => `firewall-cmd --permanent --zone=trusted --add-interface=${bridge}`)}; firewall-cmd --reload`,
		);
	if (legacy.includes("filter"))
		lines.push(
			`iptables-legacy is in use; where its FORWARD drops: ${each((bridge) => `iptables-legacy -I FORWARD -i ${bridge} -j ACCEPT; iptables-legacy -I FORWARD -o ${bridge} -j ACCEPT`)}`,
		);
	return lines;
}

/** Tables that iptables-legacy has made. */
function legacyTables(): string[] {
	const text = decodeText(readFileIfThere("/proc/net/ip_tables_names") ?? new Uint8Array());
	return text.split("\n").filter((line) => line !== "");
}

/** Sentences for `info`: what keeps networks from working, and what to do. Nothing is changed. */
export function firewallWarnings(store: Store): string[] {
	const bridges = all(store)
		.filter(({ driver }) => driver === "bridge")
		.map(bridgeName);
	try {
		return advice(chains(), legacyTables(), bridges);
	} catch (error) {
		if (!(error instanceof SystemError)) throw error;
		return [`no networks but none and host: ${error.message}`];
	}
}

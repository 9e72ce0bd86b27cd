/**
 * Our table of nf_tables, whole. Its rules never change: what differs between
 * networks and containers are elements of its sets (elements.ts), so that a
 * start adds a few of these and a look at the table is a count. Pure.
 *
 * Every engine (root) of a host has a table of its own, and judges only what
 * enters or leaves its own bridges.
 */

import { NLM_F_APPEND, NLM_F_CREATE } from "../../ffi/netlink.ts";
import { encodeText } from "../../ffi/text.ts";
import { Body, type Message, message } from "../kernel/netlink.ts";
import { addElement, type Element, INET, SETS, type SetName, typeOf } from "./elements.ts";
import { RULES_VERSION } from "./generation.ts";
import { RULES, type Rule } from "./rules.ts";

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;

/** What the table's comment says: a table of other rules is not ours, and is made anew. */
export const MARK = `bunker ${RULES_VERSION}`;

/** The table; its comment tells whose. */
function addTable(table: string): Message {
	const text = encodeText(MARK);
	const comment = Uint8Array.of(0, text.length + 1, ...text, 0);
	const body = new Body(INET).text(1, table).wordOfNetwork(2, 0).bytesOf(6, comment);
	return message(`make the table inet ${table}`, typeOf(NFT_MSG_NEWTABLE), 0, body);
}

/** Removes the table with all that is in it; it must be there. */
export function deleteTable(table: string): Message {
	const body = new Body(INET).text(1, table);
	return message(`remove the table inet ${table}`, typeOf(NFT_MSG_DELTABLE), 0, body);
}

interface Chain {
	name: string;
	what: string;
	/** of a chain that the kernel calls; others are jumped to */
	base?: { kind: "nat" | "filter"; hook: keyof typeof HOOKS; priority: number };
}

const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

const CHAINS: readonly Chain[] = [
	{ name: "published", what: "where published ports lead" },
	{ name: "prerouting", what: "what comes in", base: { kind: "nat", hook: "prerouting", priority: -100 } },
	{ name: "output", what: "what the host sends", base: { kind: "nat", hook: "output", priority: -100 } },
	{ name: "postrouting", what: "what leaves", base: { kind: "nat", hook: "postrouting", priority: 100 } },
	{ name: "forward", what: "what passes through", base: { kind: "filter", hook: "forward", priority: 0 } },
	// Before connection tracking and before nat, which would lead the packet away from 127.0.0.0/8.
	{ name: "raw", what: "what must not come in", base: { kind: "filter", hook: "prerouting", priority: -300 } },
	// Behind all others, which may go by marks of their own.
	{ name: "input", what: "what is for the host", base: { kind: "filter", hook: "input", priority: 1000 } },
];

const NF_ACCEPT = 1;

function addChain(table: string, { name, what, base }: Chain): Message {
	const body = new Body(INET).text(1, table).text(3, name);
	if (base) {
		body.text(7, base.kind).wordOfNetwork(5, NF_ACCEPT);
		body.nest(4, (hook) => hook.wordOfNetwork(1, HOOKS[base.hook]).wordOfNetwork(2, base.priority), true);
	}
	const place = base ? ` (${base.kind}, hook ${base.hook}, priority ${base.priority})` : "";
	return message(`make its chain ${name}${place}: ${what}`, typeOf(NFT_MSG_NEWCHAIN), NLM_F_CREATE, body);
}

/** nft's own numbers of types, six bits for each part of a key (libnftables, enum datatypes). */
const TYPES = { nfproto: 2, ipv4_addr: 7, ipv6_addr: 8, inet_proto: 12, inet_service: 13, ifname: 41 } as const;
const SIZES = { nfproto: 4, ipv4_addr: 4, ipv6_addr: 16, inet_proto: 4, inet_service: 4, ifname: 16 } as const;
type Type = keyof typeof TYPES;

const keyOf = (types: readonly Type[]) => types.reduce((number, type) => (number << 6) | TYPES[type], 0);
const sizeOf = (types: readonly Type[]) => types.reduce((size, type) => size + SIZES[type], 0);

/** Notes for nft alone, which needs them to list a set: the order of bytes, and how a key was written (libnftnl, udata.h). */
const NOTES = {
	name: "000401000000",
	concatenation: "000400000000030800040d0000000100",
	typed: "000400000000032800040d0000000120000e000409000000010600040f000000010e0004090000000106000406000000",
	map: "000400000000010400000000030800040d0000000100040800040d0000000100060400000000",
};

interface Kind {
	key: readonly Type[];
	value?: readonly Type[];
	note: keyof typeof NOTES;
	what: string;
}

const KINDS: Record<SetName, Kind> = {
	bridges: { key: ["ifname"], note: "name", what: "our bridges" },
	neighbours: {
		key: ["ifname", "ifname"],
		note: "concatenation",
		what: "bridges whose containers may talk to each other",
	},
	hairpins: {
		key: ["ifname", "ifname"],
		note: "concatenation",
		what: "bridges whose containers may call their own published ports",
	},
	internal: { key: ["ifname"], note: "name", what: "bridges that nothing leaves or enters" },
	masqueraded: { key: ["ifname"], note: "name", what: "bridges that are left with the host's address" },
	strangers: {
		key: ["nfproto", "ifname"],
		note: "typed",
		what: "interfaces that nothing was forwarded between before us",
	},
	published4: {
		key: ["inet_proto", "inet_service"],
		value: ["ipv4_addr", "inet_service"],
		note: "map",
		what: "ports of all IPv4 addresses",
	},
	published4_at: {
		key: ["ipv4_addr", "inet_proto", "inet_service"],
		value: ["ipv4_addr", "inet_service"],
		note: "map",
		what: "ports of one IPv4 address",
	},
	published6: {
		key: ["inet_proto", "inet_service"],
		value: ["ipv6_addr", "inet_service"],
		note: "map",
		what: "ports of all IPv6 addresses",
	},
	published6_at: {
		key: ["ipv6_addr", "inet_proto", "inet_service"],
		value: ["ipv6_addr", "inet_service"],
		note: "map",
		what: "ports of one IPv6 address",
	},
};

/** The names of the sets, in the order in which they are made. */
export const SET_NAMES = Object.keys(KINDS) as SetName[];

const NFT_SET_MAP = 8;

function addSet(table: string, name: SetName): Message {
	const { key, value, note, what } = KINDS[name];
	const body = new Body(INET)
		.text(1, table)
		.text(2, name)
		.wordOfNetwork(3, value ? NFT_SET_MAP : 0);
	body.wordOfNetwork(4, keyOf(key)).wordOfNetwork(5, sizeOf(key));
	if (value) body.wordOfNetwork(6, keyOf(value)).wordOfNetwork(7, sizeOf(value));
	body.wordOfNetwork(10, SETS[name]).bytesOf(13, Uint8Array.fromHex(NOTES[note]));
	return message(`make its ${value ? "map" : "set"} ${name}: ${what}`, typeOf(NFT_MSG_NEWSET), NLM_F_CREATE, body);
}

/** How many rules each chain has. */
export const RULE_COUNTS: Readonly<Record<string, number>> = Object.fromEntries(
	CHAINS.map(({ name }) => [name, RULES.filter(({ chain }) => chain === name).length]),
);

function addRule(table: string, { chain, rule, what, expressions }: Rule): Message {
	const body = new Body(INET).text(1, table).text(2, chain);
	body.nest(
		4,
		(list) => {
			for (const one of expressions) one(list);
		},
		true,
	);
	return message(`${what}: ${chain} ${rule}`, typeOf(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND, body);
}

/** The whole table; in a transaction of its own, since sets are named by their numbers in it. */
export function tableMessages(table: string): Message[] {
	return [
		addTable(table),
		...CHAINS.map((chain) => addChain(table, chain)),
		...SET_NAMES.map((name) => addSet(table, name)),
		...RULES.map((rule) => addRule(table, rule)),
	];
}

/**
 * The table with these elements, in the place of what there is of it: no packet meets half of it.
 * @param isThere whether there is something of it; nothing is deleted in vain, which would take 15 ms
 */
export function replaceTable(table: string, elements: readonly Element[], isThere: boolean): Message[] {
	return [
		...(isThere ? [addTable(table), deleteTable(table)] : []),
		...tableMessages(table),
		...elements.map((element) => addElement(table, element)),
	];
}

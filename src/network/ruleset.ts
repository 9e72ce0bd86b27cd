/**
 * Our table of nf_tables, whole. Its rules never change: what differs between
 * networks and containers are elements of its sets (elements.ts), so that a
 * start adds a few of these and a look at the table is a count. Pure.
 *
 * Every engine (root) of a host has a table of its own, and judges only what
 * enters or leaves its own bridges.
 */

import { NLM_F_CREATE } from "../../ffi/netlink.ts";
import { encodeText } from "../../ffi/text.ts";
import { Body, type Message, message, nftablesType } from "../kernel/netlink.ts";
import { addChain, addRule, addTable, type Base, deleteTable, type Table } from "../kernel/nftables.ts";
import { addElement, type Element, INET, SETS, type SetName } from "./elements.ts";
import { RULES_VERSION } from "./firewall-note.ts";
import { RULES, type Rule } from "./rules.ts";

const NFT_MSG_NEWSET = 9;

/** What the table's comment says: a table of other rules is not ours, and is made anew. */
export const MARK = `bunker ${RULES_VERSION}`;

/** The table, as messages about it name it. */
const tableOf = (name: string): Table => ({ family: "inet", name });

/** Makes it; its comment tells whose. */
function makeTable(table: string): Message {
	const text = encodeText(MARK);
	return addTable(tableOf(table), Uint8Array.of(0, text.length + 1, ...text, 0));
}

/** Removes the table with all that is in it; it must be there. */
export const removeTable = (table: string): Message => deleteTable(tableOf(table));

interface Chain {
	name: string;
	what: string;
	base?: Base;
}

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

function makeChain(table: string, { name, what, base }: Chain): Message {
	const place = base ? ` (${base.kind}, hook ${base.hook}, priority ${base.priority})` : "";
	return addChain(tableOf(table), name, `make its chain ${name}${place}: ${what}`, base);
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
	return message(
		`make its ${value ? "map" : "set"} ${name}: ${what}`,
		nftablesType(NFT_MSG_NEWSET),
		NLM_F_CREATE,
		body,
	);
}

/** How many rules each chain has. */
export const RULE_COUNTS: Readonly<Record<string, number>> = Object.fromEntries(
	CHAINS.map(({ name }) => [name, RULES.filter(({ chain }) => chain === name).length]),
);

const makeRule = (table: string, { chain, rule, what, expressions }: Rule): Message =>
	addRule(tableOf(table), chain, `${what}: ${chain} ${rule}`, expressions);

/** The whole table; in a transaction of its own, since sets are named by their numbers in it. */
export function tableMessages(table: string): Message[] {
	return [
		makeTable(table),
		...CHAINS.map((chain) => makeChain(table, chain)),
		...SET_NAMES.map((name) => addSet(table, name)),
		...RULES.map((rule) => makeRule(table, rule)),
	];
}

/**
 * The table with these elements, in the place of what there is of it: no packet meets half of it.
 * @param isThere whether there is something of it; nothing is deleted in vain, which would take 15 ms
 */
export function replaceTable(table: string, elements: readonly Element[], isThere: boolean): Message[] {
	return [
		...(isThere ? [makeTable(table), removeTable(table)] : []),
		...tableMessages(table),
		...elements.map((element) => addElement(table, element)),
	];
}

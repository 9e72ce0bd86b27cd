/**
 * Tables of nf_tables, as nft sends them (include/uapi/linux/netfilter/
 * nf_tables.h; the order of attributes is libnftnl's): chains, rules, and the
 * expressions that a rule is made of. An expression loads into a register,
 * compares one, or decides. Pure; a start on a user's network loads this file,
 * so what only the firewall says is in src/network/expression.ts.
 */

import { NLM_F_APPEND, NLM_F_CREATE } from "../../ffi/netlink.ts";
import { Body, type Message, message, nftablesType } from "./netlink.ts";

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NF_ACCEPT = 1;

const FAMILIES = { inet: 1, ip: 2, ip6: 10 } as const;

/** Where a table is: its family, its name, and whether that of the container's network namespace is meant. */
export interface Table {
	family: keyof typeof FAMILIES;
	name: string;
	inside?: boolean;
}

/** A body of a message about a table, which is its first attribute. */
export const bodyOf = ({ family, name }: Table): Body =>
	new Body(Uint8Array.of(FAMILIES[family], 0, 0, 0)).text(1, name);

const tell = ({ inside }: Table, what: string, kind: number, flags: number, body: Body): Message =>
	message(what, nftablesType(kind), flags, body, { inside });

/** @param userdata what nft shows beside it */
export function addTable(table: Table, userdata?: Uint8Array): Message {
	const body = bodyOf(table).wordOfNetwork(2, 0);
	if (userdata) body.bytesOf(6, userdata);
	return tell(table, `make the table ${table.family} ${table.name}`, NFT_MSG_NEWTABLE, 0, body);
}

/** Removes the table with all that is in it; it must be there. */
export const deleteTable = (table: Table): Message =>
	tell(table, `remove the table ${table.family} ${table.name}`, NFT_MSG_DELTABLE, 0, bodyOf(table));

const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** What the kernel calls a chain for. */
export interface Base {
	kind: "nat" | "filter";
	hook: keyof typeof HOOKS;
	priority: number;
}

/**
 * Adds a chain.
 * @param base of one that the kernel calls; others are jumped to
 * @param flags NLM_F_EXCL: EEXIST where there is one
 */
export function addChain(table: Table, name: string, what: string, base?: Base, flags = 0): Message {
	const body = bodyOf(table).text(3, name);
	if (base) {
		body.text(7, base.kind).wordOfNetwork(5, NF_ACCEPT);
		body.nest(4, (hook) => hook.wordOfNetwork(1, HOOKS[base.hook]).wordOfNetwork(2, base.priority), true);
	}
	return tell(table, what, NFT_MSG_NEWCHAIN, NLM_F_CREATE | flags, body);
}

/** Adds a rule to a chain. @param flags NLM_F_APPEND: behind all others, unless said */
export function addRule(
	table: Table,
	chain: string,
	what: string,
	expressions: readonly Expression[],
	flags = NLM_F_APPEND,
): Message {
	const body = bodyOf(table).text(2, chain);
	body.nest(
		4,
		(list) => {
			for (const one of expressions) one(list);
		},
		true,
	);
	return tell(table, what, NFT_MSG_NEWRULE, NLM_F_CREATE | flags, body);
}

/** Writes itself into a rule's list. */
export type Expression = (list: Body) => void;

const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
export const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;

/** An expression by its kernel's name. */
export const expression =
	(name: string, fill: (data: Body) => void): Expression =>
	(list) =>
		list.nest(NFTA_LIST_ELEM, (body) => body.text(NFTA_EXPR_NAME, name).nest(NFTA_EXPR_DATA, fill, true), true);

/** The first register of 16 bytes. */
export const FIRST = 1;

export const META_KEYS = { mark: 3, iif: 4, oif: 5, iifname: 6, oifname: 7, nfproto: 15, l4proto: 16 } as const;

/** What is known of the packet besides its content. */
export const meta = (key: keyof typeof META_KEYS, register = FIRST): Expression =>
	expression("meta", (data) => data.wordOfNetwork(2, META_KEYS[key]).wordOfNetwork(1, register));

const BASES = { network: 1, transport: 2 } as const;

/** Bytes of the packet. */
export const payload = (base: keyof typeof BASES, offset: number, length: number, register = FIRST): Expression =>
	expression("payload", (data) =>
		data.wordOfNetwork(1, register).wordOfNetwork(2, BASES[base]).wordOfNetwork(3, offset).wordOfNetwork(4, length),
	);

const NFT_PAYLOAD_CSUM_INET = 1;

/** Writes the first register into the packet. @param checksum where its header has one of the internet's */
export const write = (base: keyof typeof BASES, offset: number, length: number, checksum: number): Expression =>
	expression("payload", (data) =>
		data
			.wordOfNetwork(5, FIRST)
			.wordOfNetwork(2, BASES[base])
			.wordOfNetwork(3, offset)
			.wordOfNetwork(4, length)
			.wordOfNetwork(6, NFT_PAYLOAD_CSUM_INET)
			.wordOfNetwork(7, checksum),
	);

/** Puts a value into the first register. */
export const put = (value: Uint8Array): Expression =>
	expression("immediate", (data) =>
		data.wordOfNetwork(1, FIRST).nest(2, (inner) => inner.bytesOf(NFTA_DATA_VALUE, value), true),
	);

const OPERATORS = { equal: 0, different: 1 } as const;

/** Goes on only where the first register is, or is not, this. */
export const compare = (operator: keyof typeof OPERATORS, value: Uint8Array): Expression =>
	expression("cmp", (data) =>
		data
			.wordOfNetwork(1, FIRST)
			.wordOfNetwork(2, OPERATORS[operator])
			.nest(3, (inner) => inner.bytesOf(NFTA_DATA_VALUE, value), true),
	);

/** A verdict, by its code and what belongs to it. */
export const verdict = (fill: (data: Body) => void): Expression =>
	expression("immediate", (data) =>
		data.wordOfNetwork(1, 0).nest(2, (value) => value.nest(NFTA_DATA_VERDICT, fill, true), true),
	);

const VERDICTS = { drop: 0, accept: 1 } as const;

/** Ends the chain. */
export const decide = (what: keyof typeof VERDICTS): Expression =>
	verdict((data) => data.wordOfNetwork(1, VERDICTS[what]));

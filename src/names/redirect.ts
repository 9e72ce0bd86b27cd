/**
 * The sockets of 127.0.0.11 in a container's network namespace, and the small
 * nf_tables table there that brings port 53 to the ports they have.
 *
 * The ports are written into the packets and back, without translation of
 * connections: that would have the kernel track every connection of the
 * container. Only what is sent through the loopback is looked at.
 */

import { NLM_F_CREATE, NLM_F_EXCL } from "../../ffi/netlink.ts";
import { Body, type Message, message } from "../kernel/netlink.ts";

/** Where containers ask. */
export const RESOLVER = Uint8Array.of(127, 0, 0, 11);
export const DNS_PORT = 53;
const TABLE = "bunker-names";
const CHAIN = "output";

const NFPROTO_IPV4 = 2;
const NF_INET_LOCAL_OUT = 3;
/** NF_IP_PRI_MANGLE */
const PRIORITY = -150;
const NFT = 10 << 8;
const NFT_MSG_NEWTABLE = NFT;
const NFT_MSG_DELTABLE = NFT | 2;
const NFT_MSG_NEWCHAIN = NFT | 3;
const NFT_MSG_NEWRULE = NFT | 6;
const NLM_F_APPEND = 0x800;

const NFTA_TABLE_NAME = 1;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NF_ACCEPT = 1;
const NFT_META_OIF = 5;
const NFT_META_L4PROTO = 16;
const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;
const CSUM_INET = 1;
/** The loopback is every network namespace's first interface. */
const LOOPBACK = Uint8Array.of(1, 0, 0, 0);
const SOURCE = { address: 12, port: 0 };
const DESTINATION = { address: 16, port: 2 };
/** number, and where its header has the checksum */
const PROTOCOLS = { udp: { number: 17, checksum: 6 }, tcp: { number: 6, checksum: 16 } };

type Expression = (list: Body) => void;

const expression =
	(name: string, fill: (data: Body) => void): Expression =>
	(list) =>
		list.nest(NFTA_LIST_ELEM, (element) => element.text(NFTA_EXPR_NAME, name).nest(NFTA_EXPR_DATA, fill, true), true);

const meta = (key: number) => expression("meta", (data) => data.wordOfNetwork(2, key).wordOfNetwork(1, NFT_REG_1));

const compare = (operation: 0 | 1, value: Uint8Array) =>
	expression("cmp", (data) =>
		data
			.wordOfNetwork(1, NFT_REG_1)
			.wordOfNetwork(2, operation)
			.nest(3, (inner) => inner.bytesOf(NFTA_DATA_VALUE, value), true),
	);

const load = (base: number, offset: number, length: number) =>
	expression("payload", (data) =>
		data.wordOfNetwork(1, NFT_REG_1).wordOfNetwork(2, base).wordOfNetwork(3, offset).wordOfNetwork(4, length),
	);

const immediate = (value: Uint8Array) =>
	expression("immediate", (data) =>
		data.wordOfNetwork(1, NFT_REG_1).nest(2, (inner) => inner.bytesOf(NFTA_DATA_VALUE, value), true),
	);

const accept = expression("immediate", (data) =>
	data
		.wordOfNetwork(1, NFT_REG_VERDICT)
		.nest(
			2,
			(inner) => inner.nest(NFTA_DATA_VERDICT, (verdict) => verdict.wordOfNetwork(NFTA_VERDICT_CODE, NF_ACCEPT), true),
			true,
		),
);

const store = (offset: number, length: number, checksum: number) =>
	expression("payload", (data) =>
		data
			.wordOfNetwork(5, NFT_REG_1)
			.wordOfNetwork(2, TRANSPORT_HEADER)
			.wordOfNetwork(3, offset)
			.wordOfNetwork(4, length)
			.wordOfNetwork(6, CSUM_INET)
			.wordOfNetwork(7, checksum)
			.wordOfNetwork(8, 0),
	);

const family = () => new Body(Uint8Array.of(NFPROTO_IPV4, 0, 0, 0));

const portBytes = (port: number) => Uint8Array.of(port >> 8, port & 255);

function rule(what: string, expressions: readonly Expression[]): Message {
	const body = family().text(NFTA_RULE_TABLE, TABLE).text(NFTA_RULE_CHAIN, CHAIN);
	body.nest(
		NFTA_RULE_EXPRESSIONS,
		(list) => {
			for (const one of expressions) one(list);
		},
		true,
	);
	return message(what, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, body, { inside: true });
}

function rewrite(protocol: "udp" | "tcp", end: typeof SOURCE, from: number, to: number): Message {
	const { number, checksum } = PROTOCOLS[protocol];
	const way = end === SOURCE ? "from" : "to";
	return rule(`what goes ${way} 127.0.0.11, ${protocol} port ${from}, has port ${to}`, [
		load(NETWORK_HEADER, end.address, 4),
		compare(0, RESOLVER),
		meta(NFT_META_L4PROTO),
		compare(0, Uint8Array.of(number)),
		load(TRANSPORT_HEADER, end.port, 2),
		compare(0, portBytes(from)),
		immediate(portBytes(to)),
		store(end.port, 2, checksum),
	]);
}

/** The ports behind 127.0.0.11:53. */
export interface NamePorts {
	udp: number;
	tcp: number;
}

/**
 * Brings 127.0.0.11:53 of a container's network namespace to these ports, and
 * their answers back as if they came from 53. One transaction.
 * @param again there is a table already: it goes; without that, EEXIST where there is one
 */
export function redirectMessages({ udp, tcp }: NamePorts, again: boolean): Message[] {
	const table = () => family().text(NFTA_TABLE_NAME, TABLE);
	const make = message(`make the table ${TABLE}`, NFT_MSG_NEWTABLE, NLM_F_CREATE, table(), { inside: true });
	const remove = message(`remove the table ${TABLE}`, NFT_MSG_DELTABLE, 0, table(), { inside: true });
	const chain = family().text(NFTA_CHAIN_TABLE, TABLE).text(NFTA_CHAIN_NAME, CHAIN);
	chain.nest(
		NFTA_CHAIN_HOOK,
		(hook) => hook.wordOfNetwork(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT).wordOfNetwork(NFTA_HOOK_PRIORITY, PRIORITY),
		true,
	);
	chain.text(NFTA_CHAIN_TYPE, "filter");
	return [
		...(again ? [make, remove] : []),
		make,
		message("look at what is sent", NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, chain, { inside: true }),
		rule("let pass what does not stay in the container", [meta(NFT_META_OIF), compare(1, LOOPBACK), accept]),
		rewrite("udp", DESTINATION, DNS_PORT, udp),
		rewrite("udp", SOURCE, udp, DNS_PORT),
		rewrite("tcp", DESTINATION, DNS_PORT, tcp),
		rewrite("tcp", SOURCE, tcp, DNS_PORT),
	];
}

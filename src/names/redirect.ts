/**
 * The sockets of 127.0.0.11 in a container's network namespace, and the small
 * nf_tables table there that brings port 53 to the ports they have.
 *
 * The ports are written into the packets and back, without translation of
 * connections: that would have the kernel track every connection of the
 * container. Only what is sent through the loopback is looked at.
 */

import { NLM_F_EXCL } from "../../ffi/netlink.ts";
import type { Message } from "../kernel/netlink.ts";
import {
	addChain,
	addRule,
	addTable,
	compare,
	decide,
	deleteTable,
	meta,
	payload,
	put,
	type Table,
	write,
} from "../kernel/nftables.ts";

/** Where containers ask. */
export const RESOLVER = Uint8Array.of(127, 0, 0, 11);
export const DNS_PORT = 53;
const TABLE: Table = { family: "ip", name: "bunker-names", inside: true };
const CHAIN = "output";
/** NF_IP_PRI_MANGLE */
const PRIORITY = -150;
/** The loopback is every network namespace's first interface. */
const LOOPBACK = Uint8Array.of(1, 0, 0, 0);
const SOURCE = { address: 12, port: 0 };
const DESTINATION = { address: 16, port: 2 };
/** number, and where its header has the checksum */
const PROTOCOLS = { udp: { number: 17, checksum: 6 }, tcp: { number: 6, checksum: 16 } };

const portBytes = (port: number) => Uint8Array.of(port >> 8, port & 255);

function rewrite(protocol: "udp" | "tcp", end: typeof SOURCE, from: number, to: number): Message {
	const { number, checksum } = PROTOCOLS[protocol];
	const way = end === SOURCE ? "from" : "to";
	return addRule(TABLE, CHAIN, `what goes ${way} 127.0.0.11, ${protocol} port ${from}, has port ${to}`, [
		payload("network", end.address, 4),
		compare("equal", RESOLVER),
		meta("l4proto"),
		compare("equal", Uint8Array.of(number)),
		payload("transport", end.port, 2),
		compare("equal", portBytes(from)),
		put(portBytes(to)),
		write("transport", end.port, 2, checksum),
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
	const hook = { kind: "filter", hook: "output", priority: PRIORITY } as const;
	const outside = [meta("oif"), compare("different", LOOPBACK), decide("accept")];
	return [
		...(again ? [addTable(TABLE), deleteTable(TABLE)] : []),
		addTable(TABLE),
		addChain(TABLE, CHAIN, "look at what is sent", hook, NLM_F_EXCL),
		addRule(TABLE, CHAIN, "let pass what does not stay in the container", outside),
		rewrite("udp", DESTINATION, DNS_PORT, udp),
		rewrite("udp", SOURCE, udp, DNS_PORT),
		rewrite("tcp", DESTINATION, DNS_PORT, tcp),
		rewrite("tcp", SOURCE, tcp, DNS_PORT),
	];
}

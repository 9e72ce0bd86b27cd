/**
 * Connection tracking: what the kernel remembers of UDP's conversations. One
 * that began before its port was published, or while it was another
 * container's, would go on to where it went until its client has been silent
 * for two minutes (net/netfilter/nf_conntrack_netlink.c; moby forgets them, too).
 */

import { AF_INET, AF_INET6, IPPROTO_UDP } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_DUMP, openNetlink, talk } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { attributesOf, Body, encode, type Message, message } from "../kernel/netlink.ts";

const NFNL_SUBSYS_CTNETLINK_GET = 0x0101;
const NFNL_SUBSYS_CTNETLINK_DELETE = 0x0102;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_DST_PORT = 3;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
/** Which attributes of the tuple count (net/netfilter/nf_internals.h): its protocol and destination port. */
const PROTOCOL_AND_PORT = (1 << 3) | (1 << 5);
/** struct nfgenmsg */
const HEADER = 4;

/** Forgets the UDP conversations that go to these ports, of any of our addresses. */
export function forgetFlows(ports: readonly { protocol: string; hostAddress: string; hostPort: number }[]): void {
	const socket = openNetlink(NETLINK_NETFILTER);
	try {
		for (const { protocol, hostAddress, hostPort } of ports)
			if (protocol === "udp") forget(socket, hostAddress.indexOf(":") < 0 ? AF_INET : AF_INET6, hostPort);
	} finally {
		close(socket);
	}
}

function forget(socket: number, family: number, port: number): void {
	const { what, ...question } = conversations(family, port);
	for (const { body } of ask(what, socket, encode({ ...question, flags: NLM_F_DUMP }, 0))) {
		const tuple = attributesOf(body, HEADER).get(CTA_TUPLE_ORIG);
		// A kernel before 5.8 knows no filter, and shows all there are.
		if (!tuple || !isOf(tuple, port)) continue;
		const one = forgetting(family, port, tuple);
		trace("net", one.what);
		// One that has ended meanwhile is no error.
		talk(socket, encode(one, 0));
	}
}

/** Asks for those with a UDP port, in a dump. */
export function conversations(family: number, port: number): Message {
	const body = new Body(Uint8Array.of(family, 0, 0, 0))
		.nest(CTA_TUPLE_ORIG, (tuple) => tuple.nest(CTA_TUPLE_PROTO, (inner) => describe(inner, port), true), true)
		.nest(
			CTA_FILTER,
			(flags) => flags.word(CTA_FILTER_ORIG_FLAGS, PROTOCOL_AND_PORT).word(CTA_FILTER_REPLY_FLAGS, 0),
			true,
		);
	return message(`look for conversations with UDP port ${port}`, NFNL_SUBSYS_CTNETLINK_GET, 0, body);
}

/** Forgets one. @param tuple the attributes of what its first packet said of itself, as the kernel has shown them */
export function forgetting(family: number, port: number, tuple: Uint8Array): Message {
	const body = new Body(Uint8Array.of(family, 0, 0, 0)).nest(CTA_TUPLE_ORIG, (inner) => inner.raw(tuple), true);
	return message(`forget a conversation with UDP port ${port}`, NFNL_SUBSYS_CTNETLINK_DELETE, 0, body);
}

function isOf(tuple: Uint8Array, port: number): boolean {
	const attributes = attributesOf(attributesOf(tuple, 0).get(CTA_TUPLE_PROTO) ?? new Uint8Array(), 0);
	const [high, low] = attributes.get(CTA_PROTO_DST_PORT) ?? [];
	return attributes.get(CTA_PROTO_NUM)?.[0] === IPPROTO_UDP && high === port >> 8 && low === (port & 0xff);
}

function describe(tuple: Body, port: number): Body {
	const big = Uint8Array.of(port >> 8, port & 0xff);
	return tuple.bytesOf(CTA_PROTO_NUM, Uint8Array.of(IPPROTO_UDP)).bytesOf(CTA_PROTO_DST_PORT, big);
}

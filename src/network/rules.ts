/** The rules of our table of nf_tables, in nft's words and as expressions. Pure. */

import { compare, decide, type Expression, meta, payload } from "../kernel/nftables.ts";
import {
	behind,
	CT,
	destination,
	interfaceName,
	isFamily,
	isLocal,
	isNotFromHere,
	jump,
	lookup,
	mark,
	masquerade,
	tracked,
	translate,
} from "./expression.ts";
import { FROM_INTERNAL } from "./mark.ts";

/** A rule of one of the chains. */
export interface Rule {
	chain: string;
	/** in nft's words */
	rule: string;
	/** what it is for */
	what: string;
	expressions: readonly Expression[];
}

const protocolAndPort = (words: number) => [
	meta("l4proto", behind(words)),
	payload("transport", 2, 2, behind(words + 1)),
];

/** IPv4 and IPv6 headers: where the destination is. */
const DESTINATIONS = { 4: payload("network", 16, 4), 6: payload("network", 24, 16) };
const LOOPBACK_6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const NO_INTERFACE = new Uint8Array(4);
const LOOPBACK_4 = compare("equal", Uint8Array.of(127));

const publishedRules = (family: 4 | 6): Rule[] => {
	const ip = family === 4 ? "ip" : "ip6";
	return [
		{
			chain: "published",
			rule: `dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @published${family}_at`,
			what: `ports published at one IPv${family} address`,
			expressions: [
				isFamily(family),
				DESTINATIONS[family],
				...protocolAndPort(family === 4 ? 1 : 4),
				translate(`published${family}_at`),
				destination(family),
			],
		},
		{
			chain: "published",
			rule: `dnat ${ip} to meta l4proto . th dport map @published${family}`,
			what: `ports published at all IPv${family} addresses`,
			expressions: [...protocolAndPort(0), translate(`published${family}`), destination(family)],
		},
	];
};

/** All of them, in order. */
export const RULES: readonly Rule[] = [
	...publishedRules(4),
	...publishedRules(6),
	{
		chain: "prerouting",
		rule: "fib daddr type local jump published",
		what: "who calls one of our addresses may mean a published port",
		expressions: [isLocal, jump("published")],
	},
	{
		chain: "output",
		rule: "ip6 daddr ::1 accept",
		what: "what is for ::1 cannot be led elsewhere: such a source is never routed",
		expressions: [isFamily(6), DESTINATIONS[6], compare("equal", LOOPBACK_6), decide("accept")],
	},
	{
		chain: "output",
		rule: "fib daddr type local jump published",
		what: "the host itself calls its published ports, by 127.0.0.1 too",
		expressions: [isLocal, jump("published")],
	},
	{
		chain: "postrouting",
		rule: "ip saddr 127.0.0.0/8 oifname @bridges masquerade",
		what: "a container can answer only if 127.0.0.1 called it by another name",
		expressions: [isFamily(4), payload("network", 12, 1), LOOPBACK_4, meta("oifname"), lookup("bridges"), masquerade],
	},
	{
		chain: "postrouting",
		rule: "iifname . oifname @hairpins ct status dnat masquerade",
		what: "the answer to a neighbour's call of a published port has to come back by way of us",
		expressions: [
			meta("iifname"),
			meta("oifname", behind(4)),
			lookup("hairpins"),
			tracked("status", CT.dnat),
			masquerade,
		],
	},
	{
		// br_netfilter hands over no incoming interface there (br_nf_post_routing).
		chain: "postrouting",
		rule: "iif 0 oifname @bridges fib saddr type != local ct status dnat masquerade",
		what: "the same where br_netfilter is on: what has not left the bridge came in nowhere, and is not the host's own",
		expressions: [
			meta("iif"),
			compare("equal", NO_INTERFACE),
			meta("oifname"),
			lookup("bridges"),
			isNotFromHere,
			tracked("status", CT.dnat),
			masquerade,
		],
	},
	{
		chain: "postrouting",
		rule: "iifname @masqueraded oifname != @bridges masquerade",
		what: "the world knows the host's address, not the containers'",
		expressions: [meta("iifname"), lookup("masqueraded"), meta("oifname"), lookup("bridges", false), masquerade],
	},
	{
		chain: "forward",
		rule: "ct state established,related accept",
		what: "answers",
		expressions: [tracked("state", CT.established | CT.related), decide("accept")],
	},
	{
		chain: "forward",
		rule: "iifname . oifname @neighbours accept",
		what: "containers of one network (seen here only with br_netfilter)",
		expressions: [meta("iifname"), meta("oifname", behind(4)), lookup("neighbours"), decide("accept")],
	},
	{
		chain: "forward",
		rule: "iifname @internal drop",
		what: "nothing leaves an internal network",
		expressions: [meta("iifname"), lookup("internal"), decide("drop")],
	},
	{
		chain: "forward",
		rule: "oifname @internal drop",
		what: "nothing enters an internal network",
		expressions: [meta("oifname"), lookup("internal"), decide("drop")],
	},
	{
		chain: "forward",
		rule: "iifname @bridges ct state invalid drop",
		what: "what belongs to no connection would leave with the container's own address",
		expressions: [meta("iifname"), lookup("bridges"), tracked("state", CT.invalid), decide("drop")],
	},
	{
		// Not "drop what is not dnat": of a packet that is not tracked, ct says neither.
		chain: "forward",
		rule: "oifname @bridges ct status dnat accept",
		what: "published ports",
		expressions: [meta("oifname"), lookup("bridges"), tracked("status", CT.dnat), decide("accept")],
	},
	{
		chain: "forward",
		rule: "oifname @bridges drop",
		what: "nothing else enters a network",
		expressions: [meta("oifname"), lookup("bridges"), decide("drop")],
	},
	{
		chain: "forward",
		rule: "meta nfproto . iifname @strangers meta nfproto . oifname @strangers drop",
		what: "that we switched forwarding on makes no router of the host",
		expressions: [
			meta("nfproto"),
			meta("iifname", behind(1)),
			lookup("strangers"),
			meta("nfproto"),
			meta("oifname", behind(1)),
			lookup("strangers"),
			decide("drop"),
		],
	},
	{
		// 127.0.0.1 of a neighbour is no martian any more: our bridges have route_localnet,
		// and what nat leads on from here the check of the source never sees (CVE-2020-8558).
		chain: "raw",
		rule: 'iifname != "lo" ip daddr 127.0.0.0/8 drop',
		what: "127.0.0.1 is for the host alone",
		expressions: [
			meta("iifname"),
			compare("different", interfaceName("lo")),
			isFamily(4),
			payload("network", 16, 1),
			LOOPBACK_4,
			decide("drop"),
		],
	},
	{
		// With route_localnet the check of the source passes all of 127.0.0.0/8 but the host's own addresses in it.
		chain: "raw",
		rule: 'iifname != "lo" ip saddr 127.0.0.0/8 drop',
		what: "nobody but the host calls from 127.0.0.0/8",
		expressions: [
			meta("iifname"),
			compare("different", interfaceName("lo")),
			isFamily(4),
			payload("network", 12, 1),
			LOOPBACK_4,
			decide("drop"),
		],
	},
	{
		// docker 28 leads them elsewhere, and drops them on that way; what its proxy takes instead it lets in.
		// A rule for each port would come when its socket already listens.
		chain: "input",
		rule: `iifname @internal meta mark set 0x${FROM_INTERNAL.toString(16)}`,
		what: "an internal network may ask the host, but not for published ports: their sockets are deaf to this mark",
		expressions: [meta("iifname"), lookup("internal"), mark(FROM_INTERNAL)],
	},
];

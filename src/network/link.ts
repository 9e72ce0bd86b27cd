/**
 * What rtnetlink is told of interfaces, addresses and routes. Pure
 * (rtnetlink(7), include/uapi/linux/if_link.h). Attributes stand in the order in
 * which ip(8) sends them: test/unit/golden/rtnetlink.txt.
 */

import { AF_INET, AF_INET6 } from "../../ffi/constants.ts";
import {
	NLM_F_CREATE,
	NLM_F_EXCL,
	NLM_F_REPLACE,
	RTM_DELLINK,
	RTM_NEWADDR,
	RTM_NEWLINK,
	RTM_NEWROUTE,
} from "../../ffi/netlink.ts";
import { Body, type Message, message } from "../kernel/netlink.ts";
import { addressBytes, parseAddress } from "./address.ts";

const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BRPORT_MODE = 4;
const IFLA_BRPORT_ISOLATED = 33;
const VETH_INFO_PEER = 1;
const IFLA_VLAN_ID = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_F_NODAD = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RT_SCOPE_LINK = 253;

const NEW = NLM_F_CREATE | NLM_F_EXCL;

/** struct ifinfomsg: the flags that are set, of those that are changed. */
function linkHeader(flags = 0): Uint8Array {
	const header = new Uint8Array(16);
	header[8] = flags;
	header[12] = flags;
	return header;
}

const ascii = (text: string) => new TextEncoder().encode(text);

const macBytes = (mac: string): Uint8Array => {
	const bytes = new Uint8Array(6);
	for (let at = 0; at < 6; at++) bytes[at] = Number.parseInt(mac.slice(at * 3, at * 3 + 2), 16);
	return bytes;
};

/** A new interface, in the namespace where it is to be. */
export interface Made {
	name: string;
	/** undefined: the kernel's */
	mac?: string;
	mtu?: number;
}

function described(body: Body, { name, mac, mtu }: Made, parent?: string): Body {
	if (mac !== undefined) body.bytesOf(IFLA_ADDRESS, macBytes(mac));
	if (mtu !== undefined) body.word(IFLA_MTU, mtu);
	if (parent !== undefined) body.index(IFLA_LINK, parent);
	return body.text(IFLA_IFNAME, name);
}

const kindOf = (kind: string) => (info: Body) => {
	info.bytesOf(IFLA_INFO_KIND, ascii(kind));
};

/**
 * Makes a bridge, down. With a MAC address that was given to it, it keeps that:
 * else it has the lowest of its ports' at any time (br_stp_recalculate_bridge_id),
 * and what its neighbours know of it is wrong whenever a container comes or goes.
 */
export function addBridge(made: Made): Message {
	const body = described(new Body(linkHeader()), made);
	body.nest(IFLA_LINKINFO, kindOf("bridge"));
	return message(`make the bridge ${made.name}`, RTM_NEWLINK, NEW, body, { okay: ["EEXIST"] });
}

/**
 * A veth pair, one end on the bridge, the other already in the container's
 * network namespace: a link that moves there later is unregistered and
 * registered again. The inner end cannot be up yet (veth_open wants its peer).
 * @param inner the end in the container
 * @param namespace descriptor of that namespace, as it is when the message is played
 */
export function addVeth(outside: string, bridge: string, inner: Made & { mac: string }, namespace: number): Message {
	const { name, mac, mtu } = inner;
	const body = new Body(linkHeader(IFF_UP)).index(IFLA_MASTER, bridge);
	described(body, { name: outside, mtu });
	body.nest(IFLA_LINKINFO, (info) => {
		info.bytesOf(IFLA_INFO_KIND, ascii("veth"));
		info.nest(IFLA_INFO_DATA, (data) => {
			data.nest(VETH_INFO_PEER, (peer) => {
				described(peer.raw(linkHeader()).word(IFLA_NET_NS_FD, namespace), inner);
			});
		});
	});
	const what = `make a veth pair: ${outside} on the bridge ${bridge}, ${name} (${mac}) in the container`;
	return message(what, RTM_NEWLINK, NEW, body);
}

/** An interface that shares another one's wire: macvlan, ipvlan. */
export interface Shared extends Made {
	kind: "macvlan" | "ipvlan";
	parent: string;
	/** as the sentence names it */
	mode: string;
	/** IFLA_INFO_DATA */
	data: (data: Body) => void;
}

/**
 * Makes an interface on a parent of ours, in the container's network namespace.
 * @param namespace descriptor of that namespace, as it is when the message is played
 */
export function addShared(shared: Shared, namespace: number): Message {
	const { kind, parent, mode, name } = shared;
	const body = described(new Body(linkHeader()).word(IFLA_NET_NS_FD, namespace), shared, parent);
	body.nest(IFLA_LINKINFO, (info) => {
		info.bytesOf(IFLA_INFO_KIND, ascii(kind));
		info.nest(IFLA_INFO_DATA, shared.data);
	});
	const what = `make an interface of ${kind} on ${parent} (${mode}): ${name} in the container`;
	return message(what, RTM_NEWLINK, NEW, body, { module: kind });
}

/** Makes an interface that leads nowhere, up: what containers alone share. */
export function addDummy(name: string): Message {
	const body = described(new Body(linkHeader(IFF_UP)), { name }).nest(IFLA_LINKINFO, kindOf("dummy"));
	return message(`make the dummy interface ${name}`, RTM_NEWLINK, NEW, body, { okay: ["EEXIST"], module: "dummy" });
}

/** Makes the interface of a VLAN, up. @param id its tag (802.1Q) */
export function addVlan(name: string, parent: string, id: number): Message {
	const body = described(new Body(linkHeader(IFF_UP)), { name }, parent).nest(IFLA_LINKINFO, (info) => {
		info.bytesOf(IFLA_INFO_KIND, ascii("vlan"));
		info.nest(IFLA_INFO_DATA, (data) => data.half(IFLA_VLAN_ID, id));
	});
	return message(`make ${name}, the VLAN ${id} of ${parent}`, RTM_NEWLINK, NEW, body, {
		okay: ["EEXIST"],
		module: "8021q",
	});
}

/** Takes an interface up. */
export function raiseLink(name: string, inside: boolean): Message {
	const header = linkHeader(IFF_UP);
	const body = new Body(header.subarray(0, 4)).indexHere(name).raw(header.subarray(8));
	return message(`take ${name} up`, RTM_NEWLINK, 0, body, { inside });
}

/**
 * Gives a bridge its MTU. Not when it is made: one that it is made with, which nobody has
 * set, follows its ports, and is 1500 again when the last is gone (br_mtu_auto_adjust).
 */
export function setMtu(name: string, mtu: number): Message {
	const body = new Body(linkHeader().subarray(0, 4)).indexHere(name).raw(linkHeader().subarray(8)).word(IFLA_MTU, mtu);
	return message(`let the packets of ${name} have ${mtu} bytes`, RTM_NEWLINK, 0, body);
}

/** Lets a port of a bridge talk to no other port that is isolated too: below what a firewall sees without br_netfilter. */
export const isolatePort = (name: string): Message =>
	setPort(name, IFLA_BRPORT_ISOLATED, `let ${name} reach no other container of its network (enable_icc=false)`);

/**
 * Lets a bridge send back by a port what has come in there: where br_netfilter
 * is on (net.bridge.bridge-nf-call-iptables), what is translated to an address
 * behind the same port never leaves the bridge, which would drop it.
 */
export const allowHairpin = (name: string): Message =>
	setPort(name, IFLA_BRPORT_MODE, `let the bridge send back by ${name} what came from there`);

/** Switches something on for a port of a bridge. */
function setPort(name: string, attribute: number, what: string): Message {
	const header = linkHeader();
	const body = new Body(header.subarray(0, 4)).indexHere(name).raw(header.subarray(8));
	body.nest(IFLA_LINKINFO, (info) => {
		info.nest(IFLA_INFO_SLAVE_DATA, (data) => data.bytesOf(attribute, Uint8Array.of(1)));
	});
	return message(what, RTM_NEWLINK, 0, body);
}

/** Puts an interface on a bridge. */
export function setMaster(name: string, bridge: string): Message {
	const header = linkHeader();
	const body = new Body(header.subarray(0, 4)).indexHere(name).raw(header.subarray(8)).index(IFLA_MASTER, bridge);
	return message(`put ${name} on the bridge ${bridge}`, RTM_NEWLINK, 0, body);
}

/** Removes an interface, of a veth pair the other end, too; one that is gone is gone. */
export function deleteLink(name: string, inside = false): Message {
	const header = linkHeader();
	const body = new Body(header.subarray(0, 4)).indexHere(name).raw(header.subarray(8));
	return message(`remove ${name}`, RTM_DELLINK, 0, body, { inside, okay: ["ENODEV"] });
}

/** An address of an interface, and its network's prefix length. */
export interface Given {
	family: 4 | 6;
	address: string;
	prefix: number;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. IPv6 without duplicate address detection: it would take a second. */
export function addAddress(name: string, { family, address, prefix }: Given, inside: boolean): Message {
	const bytes = addressBytes(parsed(address));
	const header = Uint8Array.of(familyOf(family), prefix, family === 4 ? 0 : IFA_F_NODAD, 0);
	const body = new Body(header).indexHere(name).bytesOf(IFA_LOCAL, bytes).bytesOf(IFA_ADDRESS, bytes);
	if (family === 4 && prefix < 31) body.bytesOf(IFA_BROADCAST, broadcastOf(bytes, prefix));
	return message(`give ${name} the address ${address}/${prefix}`, RTM_NEWADDR, NEW, body, {
		inside,
		...(inside ? {} : { okay: ["EEXIST"] }),
	});
}

function broadcastOf(bytes: Uint8Array, prefix: number): Uint8Array {
	const value = new DataView(bytes.buffer).getUint32(0) | (prefix === 0 ? -1 : (1 << (32 - prefix)) - 1);
	const broadcast = new Uint8Array(4);
	new DataView(broadcast.buffer).setUint32(0, value >>> 0);
	return broadcast;
}

/**
 * The container's way to everywhere; what was it before is not any more. struct rtmsg.
 * @param gateway undefined: everything is on the wire itself (ipvlan's l3 modes)
 * @param name of the interface
 */
export function setDefaultRoute(family: 4 | 6, gateway: string | undefined, name: string): Message {
	const header = new Uint8Array(12);
	header[0] = familyOf(family);
	header[4] = RT_TABLE_MAIN;
	header[5] = RTPROT_BOOT;
	header[6] = gateway === undefined && family === 4 ? RT_SCOPE_LINK : 0;
	header[7] = RTN_UNICAST;
	const body = new Body(header);
	if (family === 6) body.bytesOf(RTA_DST, new Uint8Array(16));
	if (gateway !== undefined) body.bytesOf(RTA_GATEWAY, addressBytes(parsed(gateway)));
	body.index(RTA_OIF, name);
	const what = `route everything else by way of ${gateway ?? name}`;
	return message(what, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body, { inside: true });
}

const familyOf = (family: 4 | 6): number => (family === 4 ? AF_INET : AF_INET6);

function parsed(text: string) {
	const address = parseAddress(text);
	if (!address) throw new Error(`${text} is no address`);
	return address;
}

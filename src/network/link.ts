/** What rtnetlink is told of interfaces, addresses and routes. Pure (rtnetlink(7), include/uapi/linux/if_link.h). */

import { AF_INET, AF_INET6 } from "../../ffi/constants.ts";
import { NLM_F_CREATE, NLM_F_EXCL, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE } from "../../ffi/netlink.ts";
import { Body, type Message, message } from "../kernel/netlink.ts";
import { addressBytes, parseAddress } from "./address.ts";
import type { Endpoint, Joined } from "./joining.ts";

const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_F_NODAD = 2;
const RTA_GATEWAY = 5;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;

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

/** Makes a bridge, up. */
export function addBridge(name: string, mtu: number | undefined): Message {
	const body = new Body(linkHeader(IFF_UP)).text(IFLA_IFNAME, name);
	if (mtu !== undefined) body.word(IFLA_MTU, mtu);
	body.nest(IFLA_LINKINFO, (info) => info.bytesOf(IFLA_INFO_KIND, ascii("bridge")));
	return message(`make the bridge ${name}`, RTM_NEWLINK, NEW, body, { okay: ["EEXIST"] });
}

/** Deletes an interface; one that is gone is gone. */
export function deleteLink(name: string): Message {
	const body = new Body(linkHeader()).text(IFLA_IFNAME, name);
	return message(`delete the interface ${name}`, RTM_DELLINK, 0, body, { okay: ["ENODEV"] });
}

/**
 * A veth pair, one end on the bridge, the other already in the container's
 * network namespace: a link that moves there later is unregistered and
 * registered again. The inner end cannot be up yet (veth_open wants its peer).
 * @param namespace descriptor of that namespace, as it is when the message is played
 */
export function addVeth(endpoint: Endpoint, bridge: string, mtu: number | undefined, namespace: number): Message {
	const body = new Body(linkHeader(IFF_UP)).text(IFLA_IFNAME, endpoint.outside).index(IFLA_MASTER, bridge);
	if (mtu !== undefined) body.word(IFLA_MTU, mtu);
	body.nest(IFLA_LINKINFO, (info) => {
		info.bytesOf(IFLA_INFO_KIND, ascii("veth"));
		info.nest(IFLA_INFO_DATA, (data) => {
			data.nest(VETH_INFO_PEER, (peer) => {
				peer.raw(linkHeader()).text(IFLA_IFNAME, endpoint.interface);
				peer.bytesOf(IFLA_ADDRESS, macBytes(endpoint.mac)).word(IFLA_NET_NS_FD, namespace);
				if (mtu !== undefined) peer.word(IFLA_MTU, mtu);
			});
		});
	});
	const what = `make a veth pair: ${endpoint.outside} on the bridge ${bridge}, ${endpoint.interface} (${endpoint.mac}) in the container`;
	return message(what, RTM_NEWLINK, NEW, body);
}

/** Takes an interface up. */
export function raiseLink(name: string, inside: boolean): Message {
	const header = linkHeader(IFF_UP);
	const body = new Body(header.subarray(0, 4)).indexHere(name).raw(header.subarray(8));
	return message(`take ${name} up`, RTM_NEWLINK, 0, body, { inside });
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. IPv6 without duplicate address detection: it would take a second. */
export function addAddress(name: string, { family, address, prefix }: Joined, inside: boolean): Message {
	const bytes = addressBytes(parsed(address));
	const header = Uint8Array.of(family === 4 ? AF_INET : AF_INET6, prefix, family === 4 ? 0 : IFA_F_NODAD, 0);
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

/** The container's way to everywhere. struct rtmsg. */
export function addDefaultRoute(family: 4 | 6, gateway: string): Message {
	const header = new Uint8Array(12);
	header[0] = family === 4 ? AF_INET : AF_INET6;
	header[4] = RT_TABLE_MAIN;
	header[5] = RTPROT_BOOT;
	header[7] = RTN_UNICAST;
	const body = new Body(header).bytesOf(RTA_GATEWAY, addressBytes(parsed(gateway)));
	return message(`route everything else by way of ${gateway}`, RTM_NEWROUTE, NEW, body, { inside: true });
}

function parsed(text: string) {
	const address = parseAddress(text);
	if (!address) throw new Error(`${text} is no address`);
	return address;
}

/** Whether a network's bridge is as it was made: somebody may have removed it, taken it down, or taken its address. */

import { AF_INET, AF_INET6 } from "../../ffi/constants.ts";
import { ask, interfaceFlags, interfaceIndex, NLM_F_ACK, RTM_GETROUTE } from "../../ffi/netlink.ts";
import { attributesOf, Body, encode } from "../kernel/netlink.ts";
import { addressBytes, parseAddress } from "./address.ts";
import type { Subnet } from "./table.ts";

const IFF_UP = 1;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTM_F_FIB_MATCH = 0x2000;
const RTN_LOCAL = 2;
const ROUTE_HEADER = 12;

/**
 * True if a bridge is up and has its addresses. Asked at every start, so in a
 * way that waits for nobody: neither flags nor routes need the kernel's lock of
 * all interfaces, which whoever removes one holds for milliseconds.
 * @param socket of rtnetlink
 */
export function isIntact(socket: number, name: string, subnets: readonly Subnet[]): boolean {
	const flags = interfaceFlags(socket, name);
	if (flags === undefined || (flags & IFF_UP) === 0) return false;
	for (const { gateway } of subnets) if (gateway !== null && !hasAddress(socket, name, gateway)) return false;
	return true;
}

/** Asks for the route to the address itself: it is the interface's own. */
function hasAddress(socket: number, name: string, text: string): boolean {
	const address = parseAddress(text);
	if (!address) return false;
	const header = new Uint8Array(ROUTE_HEADER);
	header[0] = address.family === 4 ? AF_INET : AF_INET6;
	header[1] = address.family === 4 ? 32 : 128;
	new DataView(header.buffer).setUint32(8, RTM_F_FIB_MATCH, true);
	const { content } = new Body(header).bytesOf(RTA_DST, addressBytes(address));
	try {
		const request = encode({ type: RTM_GETROUTE, flags: NLM_F_ACK, body: content }, 0);
		const body = ask("look for the route to an address", socket, request)[0]?.body;
		if (body?.[7] !== RTN_LOCAL) return false;
		const output = attributesOf(body, ROUTE_HEADER).get(RTA_OIF);
		if (!output) return false;
		return new DataView(output.buffer, output.byteOffset).getInt32(0, true) === interfaceIndex(socket, name);
	} catch {
		// ENETUNREACH and its like: there is no such route, so no such address.
		return false;
	}
}

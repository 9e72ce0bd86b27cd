/** A container that asks for its own published port at the host's address. */

import { RTM_SETLINK } from "../../ffi/netlink.ts";
import { Body, type Message, message } from "../kernel/netlink.ts";

const AF_BRIDGE = 7;
const IFLA_PROTINFO = 12;
const IFLA_BRPORT_MODE = 4;

/**
 * Lets the bridge send back by a port what has come in there: where br_netfilter
 * is on (net.bridge.bridge-nf-call-iptables), what is translated to an address
 * behind the same port never leaves the bridge, which would drop it.
 * @param outside the host's end of the container's veth pair
 */
export function allowHairpin(outside: string): Message {
	// struct ifinfomsg
	const header = new Uint8Array(16);
	header[0] = AF_BRIDGE;
	const body = new Body(header.subarray(0, 4)).indexHere(outside).raw(header.subarray(8));
	body.nest(IFLA_PROTINFO, (port) => port.bytesOf(IFLA_BRPORT_MODE, Uint8Array.of(1)), true);
	return message(`let the bridge send back by ${outside} what came from there`, RTM_SETLINK, 0, body);
}

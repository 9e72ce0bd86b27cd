/** What the host has of interfaces, asked of the kernel: of our namespace, which /sys may not show. */

import { RTM_GETLINK } from "../../ffi/netlink.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { attributesOf, query } from "../kernel/netlink.ts";

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
/** struct ifinfomsg */
const LINK_HEADER = 16;

export interface Link {
	index: number;
	name: string;
	/** of a virtual one: bridge, veth, macvlan …; else empty */
	kind: string;
	/** `02:42:…`; empty where it has none */
	mac: string;
}

/** All interfaces. */
export function hostLinks(): Link[] {
	const request = { type: RTM_GETLINK, flags: 0, body: new Uint8Array(LINK_HEADER) };
	return query("list the host's interfaces", request, true).map((body) => {
		const attributes = attributesOf(body, LINK_HEADER);
		const info = attributes.get(IFLA_LINKINFO);
		return {
			index: new DataView(body.buffer, body.byteOffset).getInt32(4, true),
			name: textOf(attributes.get(IFLA_IFNAME)),
			kind: textOf(info && attributesOf(info, 0).get(IFLA_INFO_KIND)),
			mac: (attributes.get(IFLA_ADDRESS)?.toHex() ?? "").replace(/(..)(?!$)/g, "$1:"),
		};
	});
}

const textOf = (bytes: Uint8Array | undefined): string => (bytes ? decodeText(bytes).replace(/\0.*$/s, "") : "");

/**
 * Makes sure that what has a bridge's name is one, and ours.
 * @param mac that ours has
 * @throws Failure where it is something else
 */
export function requireBridge(name: string, mac: string): void {
	const link = hostLinks().find((one) => one.name === name);
	if (!link || (link.kind === "bridge" && link.mac === mac)) return;
	const what = link.kind === "bridge" ? `it is not ours (its MAC address is not ${mac})` : "it is no bridge";
	throw new Failure(`make the bridge ${name}: there is an interface of that name, and ${what}`);
}

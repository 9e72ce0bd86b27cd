/** A container's part in a network while it runs: the types. */

import type { Shared } from "./link.ts";
import type { EndpointRow, Network } from "./table.ts";

/** An address of a joined endpoint. */
export interface Joined {
	family: 4 | 6;
	address: string;
	prefix: number;
	/** of the network; undefined: there is no way out */
	gateway?: string;
	/** there is a way to everywhere: by the gateway, or all is on the wire */
	leads: boolean;
	/** it is the container's way to everywhere */
	isDefault: boolean;
}

/** A container's part in one network, as it is made. */
export interface Endpoint {
	network: Network;
	/** 64 hex digits */
	id: string;
	/** the name inside: eth0 */
	interface: string;
	/** the name of the other end, in our namespace */
	outside: string;
	mac: string;
	addresses: Joined[];
	asked: EndpointRow["options"];
	/** what is made on a parent, of macvlan and ipvlan; known once that is there (prepare) */
	shared?: Shared;
}

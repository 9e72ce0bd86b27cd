/** What is asked of networks: by `network create`, by `--network`, and by `-p`. As stored, in docker's terms. */

/** A subnet of a network. */
export interface SubnetOption {
	/** CIDR; undefined: one that collides with nothing is picked */
	subnet?: string;
	gateway?: string;
	/** `--ip-range`: CIDR that addresses are picked from */
	range?: string;
	/** `--aux-address NAME=IP` */
	reserved?: Record<string, string>;
}

/** What the row of a network keeps as JSON; the standard networks' rows say nothing. */
export interface NetworkOptions {
	/** name of its bridge */
	interface?: string;
	/** no way out, and no way in */
	internal?: boolean;
	/** --ipv4=false */
	noIpv4?: boolean;
	ipv6?: boolean;
	/** containers that run may be connected by hand (swarm's; kept for inspect) */
	attachable?: boolean;
	labels?: Record<string, string>;
	/** `-o KEY=VALUE`, as typed */
	driverOptions?: Record<string, string>;
	/** its parent, a VLAN, was not there when it was made: it goes with the last network that is on it */
	madeParent?: boolean;
	/** `--ipam-opt`, as typed: docker's allocator knows none either */
	ipamOptions?: Record<string, string>;
}

/** What a container asks of one network: `--network name=x,alias=y,ip=z,…` or `network connect`. */
export interface EndpointOption {
	/** name or id, as typed */
	network: string;
	aliases?: string[];
	/** `CONTAINER[:ALIAS]` as typed; on the default network, of a container that was made, `ID:ALIAS` */
	links?: string[];
	address?: string;
	address6?: string;
	/** `--link-local-ip` */
	linkLocal?: string[];
	mac?: string;
	driverOptions?: Record<string, string>;
	/** which network's gateway the default route takes: the highest */
	gatewayPriority?: number;
}

export type Protocol = "tcp" | "udp" | "sctp";

/** One published port: a range of `-p` is several of these. */
export interface PublishOption {
	protocol: Protocol;
	/** the container's */
	port: number;
	/** of the host; undefined: all of them, IPv4 and IPv6 */
	address?: string;
	/** of the host; undefined: the kernel picks one; two numbers: one of these */
	host?: number | [first: number, last: number];
}

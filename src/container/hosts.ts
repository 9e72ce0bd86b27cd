/**
 * /etc/hosts of a container, by docker's rules (moby: libnetwork/etchosts,
 * sandbox_dns_unix.go): the loopback's names, then what --add-host says and
 * links, then its own addresses. Pure.
 */

const LOOPBACK = "127.0.0.1\tlocalhost\n";

const LOOPBACK6 = `::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
ff00::	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`;

/** What --add-host takes for "the host, as containers reach it". */
const HOST_GATEWAY = "host-gateway";

/** What /etc/hosts is made of. */
export interface HostsContent {
	/** `HOST:IP` of --add-host, `HOST:host-gateway` included; a HOST of several names is one line */
	extra: readonly string[];
	/** the host as containers reach it, IPv4 and IPv6 */
	gateways: readonly string[];
	/** of the container, in the order of its networks */
	addresses: readonly string[];
	hostname: string;
	domainname?: string | undefined;
	/** there is no IPv6 in it: lines of such addresses are left out */
	noIpv6: boolean;
}

/** Makes the file's text. */
export function hostsText(content: HostsContent): string {
	const { extra, gateways, noIpv6 } = content;
	let text = noIpv6 ? LOOPBACK : LOOPBACK + LOOPBACK6;
	for (const line of extra) {
		const colon = line.indexOf(":");
		const names = line.slice(0, colon);
		const address = line.slice(colon + 1);
		for (const each of address === HOST_GATEWAY ? gateways : [address]) text += hostsLine(each, names, noIpv6);
	}
	return text + ownLines(content);
}

/** The lines of its own addresses: `10.0.0.2	box.example box`. */
export function ownLines({
	addresses,
	hostname,
	domainname,
	noIpv6,
}: Omit<HostsContent, "extra" | "gateways">): string {
	const full = domainname === undefined ? hostname : `${hostname}.${domainname}`;
	const dot = full.indexOf(".");
	const names = dot < 0 ? full : `${full} ${full.slice(0, dot)}`;
	let text = "";
	for (const address of addresses) text += hostsLine(address, names, noIpv6);
	return text;
}

const hostsLine = (address: string, names: string, noIpv6: boolean) =>
	noIpv6 && address.indexOf(":") >= 0 ? "" : `${address}\t${names}\n`;

/** True if somebody asks for the host's address. */
export function asksForGateway(extra: readonly string[] = []): boolean {
	for (const line of extra) if (line.endsWith(`:${HOST_GATEWAY}`)) return true;
	return false;
}

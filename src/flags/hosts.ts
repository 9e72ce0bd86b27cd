/** How a container is called, and what it calls others: --hostname, --domainname, --add-host, --network, --expose. */

import type { RunOptions } from "../container/options.ts";
import { list, string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const hostFlags = {
	"add-host": list("", "add a line to /etc/hosts: HOST:IP or HOST=IP"),
	domainname: string("", "the container's NIS domain name"),
	expose: list("", "a port, or a range of ports, that it listens on: 80, 8000-8010/udp"),
	hostname: string("h", "the container's host name"),
	network: string("", "connect it to a network", {
		standard: "bridge",
		synonyms: ["net"],
		completes: ["none", "host"],
	}),
};

type Hosts = Pick<RunOptions, "extraHosts" | "domainname" | "expose" | "hostname" | "network">;

/** @throws Failure (125) */
export function parseHosts(values: Values<typeof hostFlags>): Hosts {
	const given = (texts: string[]) => (texts.length > 0 ? texts : undefined);
	return {
		extraHosts: given(values["add-host"].map(parseExtraHost)),
		domainname: parseName("domainname", values.domainname),
		expose: values.expose.length > 0 ? [...new Set(values.expose.flatMap(parsePorts))] : undefined,
		hostname: parseName("hostname", values.hostname),
		network: parseNetwork(values.network),
	};
}

function parseNetwork(network: string | undefined): RunOptions["network"] {
	return network || "bridge";
}

/** The longest name the kernel takes, in bytes (uts.h, __NEW_UTS_LEN). */
const NAME_MAX = 64;

function parseName(what: string, name: string | undefined): string | undefined {
	if (!name) return undefined;
	if (Buffer.byteLength(name) <= NAME_MAX) return name;
	throw malformed(`invalid ${what} "${name}": more than ${NAME_MAX} bytes`);
}

/** @returns `HOST:IP`, without the brackets of an IPv6 address (docker/cli, opts.ValidateExtraHost) */
function parseExtraHost(text: string): string {
	const [, host, typed] = /^([^:=\s]+)[:=](.*)$/s.exec(text) ?? [];
	if (host === undefined || typed === undefined) throw malformed(`bad format for add-host: "${text}"`);
	if (typed === "host-gateway") throw malformed(`--add-host ${text}: host-gateway is not supported yet (networks)`);
	const address = /^\[(.+)\]$/.exec(typed)?.[1] ?? typed;
	if (isAddress(address)) return `${host}:${address}`;
	throw malformed(`invalid IP address in add-host: "${address}"`);
}

function isAddress(text: string): boolean {
	if (text.includes(":")) return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
	return /^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(?!$)|$)){4}$/.test(text);
}

/** `8000-8001/udp` → `8000/udp`, `8001/udp` */
function parsePorts(text: string): string[] {
	if (text.includes(":")) throw malformed(`invalid port format for --expose: ${text}`);
	const [, first, last = first, protocol = "tcp"] =
		/^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
	const [from, to] = [Number(first), Number(last)];
	if (first === undefined || to < from || to > 65535)
		throw malformed(`invalid range format for --expose: ${text}: PORT[-PORT][/tcp|udp|sctp] is expected`);
	return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`);
}

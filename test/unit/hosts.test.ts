/** /etc/hosts and /etc/resolv.conf, by docker 28's rules (moby: libnetwork/etchosts, libnetwork/internal/resolvconf). */

import { describe, expect, test } from "bun:test";
import { type HostsContent, hostsText, ownLines } from "../../src/container/hosts.ts";
import {
	type Asked,
	isStub,
	type Kind,
	parseResolvers,
	resolversText,
	upstreamsOf,
} from "../../src/container/resolvers.ts";

describe("/etc/hosts", () => {
	const content = (change: Partial<HostsContent>): HostsContent => ({
		extra: [],
		gateways: [],
		addresses: ["10.0.0.2"],
		hostname: "box",
		noIpv6: false,
		...change,
	});

	test("has the loopback's names, then --add-host's, then the container's own, a line for each address", () => {
		const text = hostsText(content({ extra: ["db:10.0.0.9"], addresses: ["10.0.0.2", "fd00::2", "10.1.0.2"] }));
		expect(text).toBe(`127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
ff00::	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
10.0.0.9	db
10.0.0.2	box
fd00::2	box
10.1.0.2	box
`);
	});

	test("has no line of IPv6 where the container has none", () => {
		const text = hostsText(
			content({ noIpv6: true, extra: ["six:fd00::9", "four:10.0.0.9"], addresses: ["10.0.0.2", "fd00::2"] }),
		);
		expect(text).toBe("127.0.0.1\tlocalhost\n10.0.0.9\tfour\n10.0.0.2\tbox\n");
	});

	test("a name with a domain stands beside its first part", () => {
		expect(ownLines(content({ domainname: "example.org" }))).toBe("10.0.0.2\tbox.example.org box\n");
		expect(ownLines(content({ hostname: "box.example.org" }))).toBe("10.0.0.2\tbox.example.org box\n");
	});

	test("host-gateway is a line for each of the gateway's addresses", () => {
		const text = hostsText(content({ extra: ["up:host-gateway"], gateways: ["172.30.0.1", "fd00::1"], addresses: [] }));
		expect(text).toEndWith("ip6-allrouters\n172.30.0.1\tup\nfd00::1\tup\n");
	});
});

describe("/etc/resolv.conf", () => {
	const made = (host: string, kind: Kind, asked: Asked = {}, ipv6 = false) =>
		resolversText(parseResolvers("/etc/resolv.conf", host), asked, kind, ipv6).split("\n").slice(2).join("\n");
	const HOST = `# a comment
nameserver 127.0.0.1
nameserver 10.0.0.53
nameserver fd00::53
domain old
search corp.example example.org
options edns0 trust-ad
sortlist 10.0.0.0
`;

	test("on the default network the host's servers stay, those of loopback and IPv6 go; all the rest stays", () => {
		expect(made(HOST, "bridge")).toBe(`nameserver 10.0.0.53
search corp.example example.org
options edns0 trust-ad
sortlist 10.0.0.0

# Based on host file: '/etc/resolv.conf' (legacy)
# Overrides: []
`);
	});

	test("servers with IPv6 addresses stay where the container has IPv6", () => {
		expect(made(HOST, "bridge", {}, true)).toStartWith("nameserver 10.0.0.53\nnameserver fd00::53\nsearch");
	});

	test("where none is left there are docker's, and it says so", () => {
		expect(made("nameserver ::1\n", "bridge")).toBe(`nameserver 8.8.8.8
nameserver 8.8.4.4

# Based on host file: '/etc/resolv.conf' (legacy)
# Used default nameservers.
# Overrides: []
`);
		expect(made("", "bridge", {}, true)).toContain("nameserver 2001:4860:4860::8844\n");
	});

	test("--dns, --dns-search and --dns-option replace the host's, loopback ones too", () => {
		const asked = { dns: ["127.0.0.1", "fd00::1"], dnsSearch: ["one", "two"], dnsOptions: ["ndots:3"] };
		expect(made(HOST, "bridge", asked)).toBe(`nameserver 127.0.0.1
nameserver fd00::1
search one two
options ndots:3
sortlist 10.0.0.0

# Based on host file: '/etc/resolv.conf' (legacy)
# Overrides: [nameservers search options]
# Option ndots from: override
`);
	});

	test("--dns-search . leaves none", () => {
		expect(made(HOST, "bridge", { dnsSearch: ["."] })).not.toContain("search ");
	});

	test("on a user's network ours is the only one, and the comment says whom it asks", () => {
		expect(made(HOST, "user")).toBe(`nameserver 127.0.0.11
search corp.example example.org
options edns0 trust-ad ndots:0
sortlist 10.0.0.0

# Based on host file: '/etc/resolv.conf' (internal resolver)
# ExtServers: [host(127.0.0.1) host(10.0.0.53) host(fd00::53)]
# Overrides: []
# Option ndots from: internal
`);
		expect(made("", "user", { dns: ["9.9.9.9"] })).toContain("# ExtServers: [9.9.9.9]\n# Overrides: [nameservers]");
	});

	test("on a user's network ndots stays as it is said, unless it is no number", () => {
		expect(made("options ndots:2\n", "user")).toContain("options ndots:2\n");
		expect(made("options ndots:2\n", "user")).toContain("# Option ndots from: host\n");
		expect(made("options ndots:x\n", "user")).toContain("options ndots:0\n");
	});

	test("with the host's network the host's servers stay, loopback's too", () => {
		expect(made("nameserver 127.0.0.53\n", "host")).toBe(`nameserver 127.0.0.53

# Based on host file: '/etc/resolv.conf'
# Overrides: []
`);
	});

	test("systemd-resolved's stub is known where it is the only server", () => {
		const stub = (text: string) => isStub(parseResolvers("", text));
		expect(stub("nameserver 127.0.0.53\noptions edns0\n")).toBe(true);
		expect(stub("nameserver 127.0.0.53\nnameserver 10.0.0.1\n")).toBe(false);
		expect(stub("nameserver 127.0.0.1\n")).toBe(false);
	});

	test("names that no container has are asked of the host's servers, from the host, or of --dns's", () => {
		const host = parseResolvers("", "nameserver 127.0.0.53\nnameserver fe80::1%eth0\nnameserver nonsense\n");
		expect(upstreamsOf(host, {})).toEqual([
			{ address: "127.0.0.53", fromHost: true },
			{ address: "fe80::1%eth0", fromHost: true },
		]);
		expect(upstreamsOf(host, { dns: ["10.0.0.1"] })).toEqual([{ address: "10.0.0.1", fromHost: false }]);
	});
});

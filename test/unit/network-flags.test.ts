/** The flags of networks and ports → RunOptions. The tables are those of docker's own tests, and what stands beside them. */

import { describe, expect, test } from "bun:test";
import { parse } from "../../src/flags/grammar.ts";
import { runFlags, runOptions } from "../../src/flags/options.ts";
import { parsePublished } from "../../src/flags/publishing.ts";
import type { PublishOption } from "../../src/network/network.ts";
import { csvFields } from "../../src/text/csv.ts";

async function options(...args: string[]) {
	const { values, operands } = parse("run", { flags: runFlags, stopAtFirst: true }, [...args, "busybox"]);
	return runOptions("run", values, operands, { dns: ["9.9.9.9"] });
}

async function networks(...args: string[]) {
	const { network, networks } = await options(...args);
	return { network, networks };
}

const tcp = (port: number, rest: Partial<PublishOption> = {}): PublishOption => ({ protocol: "tcp", port, ...rest });

// docker/go-connections, nat_test.go; docker/cli, opts_test.go (TestConvertToStandardNotation)
describe("-p", () => {
	test.each<[string, PublishOption[]]>([
		["80", [tcp(80)]],
		["1234/tcp", [tcp(1234)]],
		["2345/UDP", [tcp(2345, { protocol: "udp" })]],
		["3456/sctp", [tcp(3456, { protocol: "sctp" })]],
		["1234/", [tcp(1234)]],
		["0123", [tcp(123)]],
		["8080:80", [tcp(80, { host: 8080 })]],
		["8080:80/udp", [tcp(80, { protocol: "udp", host: 8080 })]],
		[":80", [tcp(80)]],
		["0:80", [tcp(80)]],
		["::80", [tcp(80)]],
		["0.0.0.0:1234:1234/tcp", [tcp(1234, { address: "0.0.0.0", host: 1234 })]],
		["192.168.1.100:8080:80", [tcp(80, { address: "192.168.1.100", host: 8080 })]],
		["192.168.1.100::6000/udp", [tcp(6000, { protocol: "udp", address: "192.168.1.100" })]],
		["1234-1236/tcp", [tcp(1234), tcp(1235), tcp(1236)]],
		["1234-1234:80-80", [tcp(80, { host: 1234 })]],
		["2345-2346:1-2", [tcp(1, { host: 2345 }), tcp(2, { host: 2346 })]],
		[
			"0.0.0.0:1234-1235:3333-3334/tcp",
			[tcp(3333, { address: "0.0.0.0", host: 1234 }), tcp(3334, { address: "0.0.0.0", host: 1235 })],
		],
		["8000-8080:80", [tcp(80, { host: [8000, 8080] })]],
		["[2001:4860:0:2001::68]::333", [tcp(333, { address: "2001:4860:0:2001::68" })]],
		["2001:4860:0:2001::68::333", [tcp(333, { address: "2001:4860:0:2001::68" })]],
		["[::1]:80:80", [tcp(80, { address: "::1", host: 80 })]],
		["::1:80:80", [tcp(80, { address: "::1", host: 80 })]],
		["[0:0:0:0:0:0:0:1]:80:80", [tcp(80, { address: "::1", host: 80 })]],
		["::::80", [tcp(80, { address: "::" })]],
		["target=10,published=20", [tcp(10, { host: 20 })]],
		["published=1500,target=200,protocol=udp,mode=host", [tcp(200, { protocol: "udp", host: 1500 })]],
		["target=80,mode=ingress", [tcp(80)]],
		["target=80-81,published=90-91", [tcp(80, { host: 90 }), tcp(81, { host: 91 })]],
	])("%s", (text, published) => {
		expect(parsePublished([text])).toEqual(published);
	});

	test.each([
		["localhost:1234:1234/tcp", "invalid IP address: localhost"],
		["[::1:80:80", "invalid IP address: [::1"],
		["[::1]:80", "invalid IP address: [:"],
		["1.2.3:1:1", "invalid IP address: 1.2.3"],
		["192.168.1.100", "invalid containerPort: 192.168.1.100"],
		["192.168.1.100:-1:-1", "invalid containerPort: -1"],
		["99999:1", "invalid hostPort: 99999"],
		["-1:1", "invalid hostPort: -1"],
		["x:1", "invalid hostPort: x"],
		["1:99999", "invalid containerPort: 99999"],
		["1:0", "invalid containerPort: 0"],
		["80-70", "invalid containerPort: 80-70"],
		["80/nosuch", "invalid proto: nosuch"],
		["", "no port specified: <empty>"],
		["8080:", "no port specified: 8080:<empty>"],
		["8080:/tcp", "no port specified: 8080:/tcp<empty>"],
		["1000-1002:80-81", "invalid ranges specified for container and host Ports: 80-81 and 1000-1002"],
		["1000:80-81", "invalid ranges specified for container and host Ports: 80-81 and 1000"],
		["published=1500,target:444", "invalid publish opts format (should be name=value but got 'target:444')"],
		["published=1500,444", "invalid publish opts format (should be name=value but got '444')"],
		["published=1500", "no port specified: 1500:/tcp<empty>"],
		["target=80,host_ip=1.2.3.4", "invalid field key: host_ip"],
		["target=80,mode=none", "invalid publish mode value (none): host or ingress is expected"],
	])("%s is refused", async (text, message) => {
		await expect(options("-p", text)).rejects.toMatchObject({ message, exitCode: 125 });
	});

	test("several, and -P beside them", async () => {
		expect(await options("-p", "80", "--publish=90:90", "-P")).toMatchObject({
			network: "bridge",
			publish: [tcp(80), tcp(90, { host: 90 })],
			publishAll: true,
		});
		expect((await options("--publish-all=false")).publishAll).toBeUndefined();
	});
});

// docker/cli, opts_test.go (TestParseWithExpose)
describe("--expose", () => {
	test.each([
		["8080", ["8080/tcp"]],
		["8080/udp", ["8080/udp"]],
		["8080-8080/UDP", ["8080/udp"]],
		["8080-8082/tcp", ["8080/tcp", "8081/tcp", "8082/tcp"]],
	])("%s", async (text, expose) => {
		expect((await options("--expose", text, "--expose", text)).expose).toEqual(expose);
	});

	test.each([
		["8080:9090", "invalid port format for --expose: 8080:9090"],
		["/tcp", "invalid range format for --expose: /tcp: PORT[-PORT][/tcp|udp|sctp] is expected"],
		["8080-NaN/tcp", "invalid range format for --expose: 8080-NaN/tcp: PORT[-PORT][/tcp|udp|sctp] is expected"],
		[
			"1234567890-8080/tcp",
			"invalid range format for --expose: 1234567890-8080/tcp: PORT[-PORT][/tcp|udp|sctp] is expected",
		],
		["8080/ncp", "invalid proto: ncp"],
	])("%s is refused", async (text, message) => {
		await expect(options("--expose", text)).rejects.toMatchObject({ message, exitCode: 125 });
	});
});

// docker/cli, opts/network_test.go and opts_test.go (TestParseNetworkConfig)
describe("--network", () => {
	test("a name alone asks for nothing but to be there", async () => {
		expect(await networks()).toEqual({ network: "bridge", networks: undefined });
		expect(await networks("--network", "net1")).toEqual({ network: "net1", networks: undefined });
		expect(await networks("--net", "name=net1")).toEqual({ network: "net1", networks: undefined });
		expect(await networks("--network", "default")).toEqual({ network: "bridge", networks: undefined });
		expect(await networks("--network", "container:web")).toEqual({ network: "container:web", networks: undefined });
	});

	test.each([
		["name=Net1,alias=web", { network: "Net1", aliases: ["web"] }],
		[
			"name=n,alias=web1, alias=web2 ,driver-opt=field1=value1,driver-opt=FIELD2=value2",
			{ network: "n", aliases: ["web1", "web2"], driverOptions: { field1: "value1", field2: "value2" } },
		],
		[
			"name=n,ip=172.20.88.22,ip6=2001:db8:0::8822",
			{ network: "n", address: "172.20.88.22", address6: "2001:db8::8822" },
		],
		["name=n,mac-address=52-0F-f3-dc-50-10", { network: "n", mac: "52:0f:f3:dc:50:10" }],
		["name=n,mac-address=520f.f3dc.5010", { network: "n", mac: "52:0f:f3:dc:50:10" }],
		[
			"name=n,link-local-ip=169.254.169.254,link-local-ip=169.254.10.10",
			{ network: "n", linkLocal: ["169.254.169.254", "169.254.10.10"] },
		],
		["name=n,gw-priority=-10", { network: "n", gatewayPriority: -10 }],
		[
			'name=n,"driver-opt=com.docker.network.endpoint.sysctls=net.ipv6.conf.IFNAME.accept_ra=2,net.ipv6.conf.IFNAME.forwarding=1"',
			{
				network: "n",
				driverOptions: {
					"com.docker.network.endpoint.sysctls": "net.ipv6.conf.IFNAME.accept_ra=2,net.ipv6.conf.IFNAME.forwarding=1",
				},
			},
		],
	])("%s", async (text, option) => {
		expect(await networks("--network", text)).toEqual({ network: option.network, networks: [option] });
	});

	test("several; the flags of one network are of the first", async () => {
		const flags = ["--ip", "172.20.88.22", "--ip6", "2001:db8::8822", "--mac-address", "52:0f:f3:dc:50:10"];
		const more = ["--link", "foo:bar", "--link", "baz", "--link-local-ip", "169.254.2.2", "--net-alias", "web1"];
		expect(
			await networks(
				...flags,
				...more,
				"--network-alias",
				"web2",
				"--network",
				"name=net1,driver-opt=field1=value1",
				"--network=net2",
				"--net=name=net3,alias=web3,ip=10.0.0.3",
			),
		).toEqual({
			network: "net1",
			networks: [
				{
					network: "net1",
					driverOptions: { field1: "value1" },
					aliases: ["web1", "web2"],
					address: "172.20.88.22",
					address6: "2001:db8::8822",
					mac: "52:0f:f3:dc:50:10",
					linkLocal: ["169.254.2.2"],
					links: ["foo:bar", "baz"],
				},
				{ network: "net2" },
				{ network: "net3", aliases: ["web3"], address: "10.0.0.3" },
			],
		});
	});

	test("on the default network a MAC address and a link can be asked for", async () => {
		expect(await networks("--mac-address", "92:d0:c6:0a:29:33", "--link", "web:db")).toEqual({
			network: "bridge",
			networks: [{ network: "bridge", mac: "92:d0:c6:0a:29:33", links: ["web:db"] }],
		});
	});

	const conflict = "conflicting options: ";
	const ipOnUsers = "user specified IP address is supported on user defined networks only";
	const mixed = `${conflict}cannot attach both user-defined and non-user-defined network-modes`;
	test.each<[string[], string]>([
		[["--network", ""], "no name set for network"],
		[["--network", "invalidField=net1"], "invalid field key invalidfield"],
		[["--network", "name=net1,invalid=web"], "invalid field key invalid"],
		[["--network", "name=net1,invalid"], "invalid field invalid"],
		[["--network", 'name=net1,"alias=x'], 'invalid --network name=net1,"alias=x: a quotation mark is out of place'],
		[["--network", "driver-opt=field1=value1"], "network name/id is not specified"],
		[["--network", "name=n,driver-opt=field1"], "invalid key value pair format in driver options"],
		[["--network", "gw-priority=x"], "invalid gw-priority (x): a whole number is expected"],
		[["--network", "name=net1,mac-address=foobar"], "foobar is not a valid mac address"],
		[["--network", "name=net1,ip=2001:db8::1"], "invalid IPv4 address: 2001:db8::1"],
		[["--network", "net1", "--ip6", "10.0.0.1"], "invalid IPv6 address: 10.0.0.1"],
		[["--network", "net1", "--link-local-ip", "x"], "invalid link-local IP address: x"],
		[["--network", "net1", "--network", "name=net1"], 'network "net1" is specified multiple times'],
		[
			["--network", "name=net1,alias=web1", "--network-alias", "web1"],
			`${conflict}cannot specify both --network-alias and per-network alias`,
		],
		[
			["--network", "name=net1,ip=172.20.88.22", "--ip", "172.20.88.22"],
			`${conflict}cannot specify both --ip and per-network IPv4 address`,
		],
		[
			["--network", "name=net1,ip6=2001:db8::8822", "--ip6", "2001:db8::8822"],
			`${conflict}cannot specify both --ip6 and per-network IPv6 address`,
		],
		[
			["--network", "name=net1,link-local-ip=169.254.169.254", "--link-local-ip", "169.254.10.8"],
			`${conflict}cannot specify both --link-local-ip and per-network link-local IP addresses`,
		],
		[
			["--network", "name=net1,mac-address=02:32:1c:23:00:04", "--mac-address", "02:32:1c:23:00:04"],
			`${conflict}cannot specify both --mac-address and per-network MAC address`,
		],
		[["--mac-address", "invalidMacAddress"], "invalidMacAddress is not a valid mac address"],
		[["--network", "name=host", "--network", "net1"], mixed],
		[["--network", "net1", "--network", "bridge"], mixed],
		[
			["--network", "host", "--network", "none"],
			"container cannot be connected to multiple networks with one of the networks in private (none) mode",
		],
		[
			["--network", "host", "--network", "bridge"],
			"container sharing network namespace with another container or host cannot be connected to any other network",
		],
		[["--ip", "10.0.0.1"], ipOnUsers],
		[["--network", "none", "--ip6", "fd00::1"], ipOnUsers],
		[["--network-alias", "web"], "network-scoped aliases are only supported for user-defined networks"],
		[["--link", ""], "empty string specified for links"],
		[["--link", "a:b:c"], "bad format for links: a:b:c"],
	])("%j is refused", async (args, message) => {
		await expect(options(...args)).rejects.toMatchObject({ message, exitCode: 125 });
	});

	// moby 28, runconfig/errors.go
	const links = "can't be used with links. This would result in undefined behavior";
	test.each<[string[], string]>([
		[["-h", "name"], "hostname and the network mode"],
		[["--link", "web"], `container type network ${links}`],
		[["--dns", "1.1.1.1"], "dns and the network mode"],
		[["--add-host", "a:1.1.1.1"], "custom host-to-IP mapping and the network mode"],
		[["--mac-address", "92:d0:c6:0a:29:33"], "mac-address and the network mode"],
		[["-p", "80"], "port publishing and the container type network mode"],
		[["-P"], "port publishing and the container type network mode"],
		[["--expose", "80"], "port exposing and the container type network mode"],
	])("container:web and %j do not go together", async (args, message) => {
		await expect(options("--network", "container:web", ...args)).rejects.toMatchObject({
			message: conflict + message,
			exitCode: 125,
		});
	});

	test("host and --link do not go together, and a container has to be named", async () => {
		await expect(options("--network", "host", "--link", "web")).rejects.toThrow(
			`${conflict}host type networking ${links}`,
		);
		await expect(options("--network", "container:")).rejects.toThrow("invalid container format container:<name|id>");
	});

	test("what a container shares of another's is not touched by name servers of the configuration", async () => {
		expect((await options("--network", "container:web")).network).toBe("container:web");
	});
});

describe("names", () => {
	test("--dns over the configuration's, --dns-search, --dns-option and its synonym", async () => {
		expect((await options()).dns).toEqual(["9.9.9.9"]);
		const flags = ["--dns", " 1.1.1.1", "--dns=2001:db8:0::1", "--dns-search=example.com.", "--dns-search", "."];
		expect(await options(...flags, "--dns-opt", "ndots:1", "--dns-option=rotate")).toMatchObject({
			dns: ["1.1.1.1", "2001:db8::1"],
			dnsSearch: ["example.com", "."],
			dnsOptions: ["ndots:1", "rotate"],
		});
	});

	test("--add-host, host-gateway too", async () => {
		const flags = ["a:1.2.3.4", "b=[::1]", "c:fd00::1", "d=host-gateway"];
		expect((await options(...flags.flatMap((flag) => ["--add-host", flag]))).extraHosts).toEqual([
			"a:1.2.3.4",
			"b:::1",
			"c:fd00::1",
			"d:host-gateway",
		]);
	});

	test.each<[string[], string]>([
		[["--dns", "example.com"], "IP address is not correctly formatted: example.com"],
		[["--dns-search", "1.2.3"], "1.2.3 is not a valid domain"],
		[["--dns-search", "-a.com"], "-a.com is not a valid domain"],
		[["--dns-search", "a..com"], "a..com is not a valid domain"],
		[["--dns-search", `${"a".repeat(60)}.`.repeat(5)], `${"a".repeat(60)}.`.repeat(5)],
		[["--add-host", "a"], 'bad format for add-host: "a"'],
		[["--add-host", "a:b"], 'invalid IP address in add-host: "b"'],
	])("%j is refused", async (args, message) => {
		const refused = await options(...args).catch((error) => error);
		expect(refused.exitCode).toBe(125);
		expect(refused.message).toStartWith(message);
	});
});

test.each<[string, string[] | undefined]>([
	["", [""]],
	["a=b,c", ["a=b", "c"]],
	["a,", ["a", ""]],
	['"a,b",c', ["a,b", "c"]],
	['"say ""yes"""', ['say "yes"']],
	['a"b', undefined],
	['"a', undefined],
	['"a"b', undefined],
])("comma-separated values: %s", (line, fields) => {
	expect(csvFields(line)).toEqual(fields as string[]);
});

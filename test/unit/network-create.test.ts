/** What `network create` asks for: subnets, gateways, ranges, options of drivers, and pools; pure. */

import { describe, expect, test } from "bun:test";
import { parseCidr } from "../../src/network/address.ts";
import { checkDriver, checkDriverOptions, isInterfaceName } from "../../src/network/driver-options.ts";
import { truthOf } from "../../src/network/option-names.ts";
import type { SubnetOption } from "../../src/network/options.ts";
import { pick } from "../../src/network/pool.ts";
import { pairSubnets, settleSubnet } from "../../src/network/subnets.ts";

const message = (work: () => unknown): string => {
	try {
		return JSON.stringify(work());
	} catch (error) {
		return (error as Error).message;
	}
};

const flags = (given: Partial<Parameters<typeof pairSubnets>[0]>) => ({
	subnets: [],
	gateways: [],
	ranges: [],
	reserved: {},
	...given,
});

describe("the subnets of flags", () => {
	test("gateways, ranges and reserved addresses go to the subnet that they are in, whatever their order", () => {
		const given = flags({
			subnets: ["10.1.0.0/16", "10.2.0.0/24", "fd00:1::/64"],
			gateways: ["fd00:1::9", "10.2.0.254"],
			ranges: ["10.2.0.0/25", "10.1.128.0/17"],
			reserved: { a: "10.1.0.5", b: "fd00:1::5", c: "10.1.0.6" },
		});
		expect(pairSubnets(given)).toEqual([
			{ subnet: "10.1.0.0/16", range: "10.1.128.0/17", reserved: { a: "10.1.0.5", c: "10.1.0.6" } },
			{ subnet: "10.2.0.0/24", gateway: "10.2.0.254", range: "10.2.0.0/25" },
			{ subnet: "fd00:1::/64", gateway: "fd00:1::9", reserved: { b: "fd00:1::5" } },
		]);
	});

	// Cases of docker/cli, command/network/create_test.go.
	test.each<[string, Partial<Parameters<typeof pairSubnets>[0]>, string]>([
		[
			"a range in no subnet",
			{ subnets: ["10.1.0.0/24"], ranges: ["10.2.0.0/25"] },
			"no subnet for the ip-range 10.2.0.0/25: --subnet names the one that it is in",
		],
		[
			"two ranges of one subnet",
			{ subnets: ["10.1.0.0/24"], ranges: ["10.1.0.0/25", "10.1.0.128/25"] },
			"10.1.0.0/25 and 10.1.0.128/25 are both the ip-range of the subnet 10.1.0.0/24: it has one",
		],
		[
			"a gateway in no subnet",
			{ subnets: ["10.1.0.0/24"], gateways: ["10.2.0.1"] },
			"no subnet for the gateway 10.2.0.1: --subnet names the one that it is in",
		],
		[
			"a gateway without any subnet",
			{ gateways: ["10.2.0.1"] },
			"no subnet for the gateway 10.2.0.1: --subnet names the one that it is in",
		],
		[
			"two gateways of one subnet",
			{ subnets: ["10.1.0.0/24"], gateways: ["10.1.0.1", "10.1.0.2"] },
			"10.1.0.1 and 10.1.0.2 are both the gateway of the subnet 10.1.0.0/24: it has one",
		],
		[
			"an auxiliary address in no subnet",
			{ subnets: ["10.1.0.0/24"], reserved: { a: "10.2.0.1" } },
			"no subnet for the auxiliary address 10.2.0.1: --subnet names the one that it is in",
		],
		[
			"subnets that overlap",
			{ subnets: ["10.1.0.0/16", "10.1.7.0/24"] },
			"the subnets 10.1.0.0/16 and 10.1.7.0/24 overlap",
		],
		[
			"a subnet with bits of a host",
			{ subnets: ["10.1.0.1/24"] },
			"invalid subnet 10.1.0.1/24: it should be 10.1.0.0/24",
		],
		[
			"a subnet without a length",
			{ subnets: ["10.1.0.0"] },
			"invalid subnet 10.1.0.0: an address and a length are expected, as in 10.1.2.0/24",
		],
		[
			"a subnet that is none",
			{ subnets: ["10.1.0.256/24"] },
			"invalid subnet 10.1.0.256/24: an address and a length are expected, as in 10.1.2.0/24",
		],
		[
			"a gateway that is none",
			{ subnets: ["10.1.0.0/24"], gateways: ["x"] },
			"invalid gateway x: an IP address is expected",
		],
		[
			"a range with bits of a host",
			{ subnets: ["10.1.0.0/24"], ranges: ["10.1.0.1/25"] },
			"invalid ip-range 10.1.0.1/25: it should be 10.1.0.0/25",
		],
	])("%s: an error that names it", (_, given, expected) => {
		expect(message(() => pairSubnets(flags(given)))).toBe(expected);
	});
});

describe("a subnet that is stored", () => {
	const settled = (option: SubnetOption) => settleSubnet(option, { hasGateway: true });

	test.each<[SubnetOption, string | null]>([
		[{ subnet: "10.1.2.0/24" }, "10.1.2.1"],
		[{ subnet: "10.1.2.0/24", gateway: "10.1.2.254" }, "10.1.2.254"],
		// As docker: the first of the range.
		[{ subnet: "172.28.0.0/16", range: "172.28.5.0/24" }, "172.28.5.0"],
		[{ subnet: "10.1.2.0/24", reserved: { a: "10.1.2.1" } }, "10.1.2.2"],
		[{ subnet: "10.1.2.0/31" }, "10.1.2.0"],
		[{ subnet: "fd00:1::/64" }, "fd00:1::1"],
		[{ subnet: "FD00:0001:0::/64", gateway: "fd00:1::00ff" }, "fd00:1::ff"],
	])("%j has the gateway %s", (option, gateway) => {
		expect(settled(option).gateway).toBe(gateway);
	});

	test("addresses and ranges are canonical", () => {
		const option = { subnet: "fd00:0:0::/48", range: "fd00:0:0:1::/64", reserved: { r: "fd00:0:0:0::A" } };
		expect(settled(option)).toEqual({
			cidr: "fd00::/48",
			gateway: "fd00:0:0:1::",
			range: "fd00:0:0:1::/64",
			reserved: { r: "fd00::a" },
		});
	});

	test("without a gateway has none", () => {
		expect(settleSubnet({ subnet: "10.1.2.0/24" }, { hasGateway: false }).gateway).toBeNull();
	});

	test.each<[SubnetOption, string]>([
		[{ subnet: "10.1.2.0/24", gateway: "10.1.2.0" }, "invalid gateway 10.1.2.0: no host can have it in 10.1.2.0/24"],
		[
			{ subnet: "10.1.2.0/24", gateway: "10.1.2.255" },
			"invalid gateway 10.1.2.255: no host can have it in 10.1.2.0/24",
		],
		[{ subnet: "10.1.2.0/24", range: "10.1.0.0/16" }, "invalid ip-range 10.1.0.0/16: it is not within 10.1.2.0/24"],
		[
			{ subnet: "10.1.2.0/24", gateway: "10.1.2.1", reserved: { a: "10.1.2.1" } },
			"the auxiliary address a=10.1.2.1 is the gateway's",
		],
		[{ subnet: "127.1.0.0/16" }, "invalid subnet 127.1.0.0/16: 127.0.0.0/8 is not for hosts"],
		[{ subnet: "224.0.0.0/24" }, "invalid subnet 224.0.0.0/24: 224.0.0.0/4 is not for hosts"],
		[{ subnet: "ff02::/64" }, "invalid subnet ff02::/64: ff00::/8 is not for hosts"],
		[{ subnet: "fe80::/80" }, "invalid subnet fe80::/80: link-local addresses are every link's own"],
	])("%j is refused", (option, expected) => {
		expect(message(() => settled(option))).toBe(expected);
	});
});

describe("options of drivers", () => {
	const check = (driver: string, options: Record<string, string>, internal = false) =>
		message(() => checkDriverOptions(checkDriver(driver), options, { internal }) ?? "fine");
	const bridge = "com.docker.network.bridge.";

	test.each([
		["bridge", { [`${bridge}name`]: "br0", [`${bridge}enable_icc`]: "false", "com.docker.network.driver.mtu": "0" }],
		["bridge", { [`${bridge}enable_ip_masquerade`]: "F", [`${bridge}host_binding_ipv4`]: "127.0.0.1" }],
		["bridge", { [`${bridge}gateway_mode_ipv4`]: "nat", "com.docker.network.container_iface_prefix": "net" }],
		["macvlan", { parent: "eth0", macvlan_mode: "private" }],
		["ipvlan", { parent: "eth0.10", ipvlan_mode: "l3s", ipvlan_flag: "vepa" }],
	])("%s takes %j", (driver, options) => {
		expect(check(driver, options as Record<string, string>)).toBe('"fine"');
	});

	test.each([
		["bridge", `${bridge}name`, "sixteen-letters-", /name has 1 to 15 bytes/],
		["bridge", `${bridge}enable_icc`, "yes", /true or false is expected/],
		["bridge", `${bridge}gateway_mode_ipv4`, "routed", /routed is not supported yet/],
		["bridge", `${bridge}gateway_mode_ipv6`, "isolated", /isolated is for an --internal network only/],
		["bridge", `${bridge}gateway_mode_ipv6`, "x", /one of nat, isolated is expected/],
		["bridge", `${bridge}inhibit_ipv4`, "true", /not supported yet/],
		["bridge", `${bridge}host_binding_ipv4`, "::1", /an IPv4 address is expected/],
		["bridge", "com.docker.network.driver.mtu", "-1", /a number up to 65535 is expected/],
		["bridge", "com.docker.network.driver.mtu", "67", /no frame is smaller than 68/],
		["bridge", "com.docker.network.container_iface_prefix", "a/b", /letters and digits are expected/],
		["bridge", "parent", "eth0", /^the driver bridge has no option "parent"$/],
		["bridge", "toString", "x", /^the driver bridge has no option "toString"$/],
		["macvlan", "parent", "lo", /the loopback interface cannot be a parent/],
		["macvlan", "macvlan_mode", "l2", /one of bridge, private, passthru, vepa is expected/],
		["ipvlan", "ipvlan_mode", "bridge", /one of l2, l3, l3s is expected/],
	])("%s does not take %s=%s", (driver, name, value, expected) => {
		expect(check(driver, { [name]: value })).toMatch(expected);
	});

	test("an internal network may be isolated", () => {
		expect(check("bridge", { [`${bridge}gateway_mode_ipv4`]: "isolated" }, true)).toBe('"fine"');
	});

	test.each([
		["overlay", "the driver overlay is not supported (bunker runs on one host)"],
		["host", "there is only one network of the driver host, and it is there"],
		["nosuch", 'unknown network driver "nosuch": bridge, macvlan and ipvlan are known'],
		["constructor", 'unknown network driver "constructor": bridge, macvlan and ipvlan are known'],
	])("the driver %s is refused", (driver, expected) => {
		expect(message(() => checkDriver(driver))).toBe(expected);
	});

	test("names of interfaces are the kernel's", () => {
		for (const name of ["br0", "a.b-c_d", "ünet"]) expect([name, isInterfaceName(name)]).toEqual([name, true]);
		for (const name of ["", ".", "..", "a/b", "a b", "a:b", "br%d", "üüüüüüüü"])
			expect([name, isInterfaceName(name)]).toEqual([name, false]);
	});

	test("yes and no are Go's", () => {
		expect(["1", "t", "TRUE", "0", "False", "yes", ""].map(truthOf)).toEqual([
			true,
			true,
			true,
			false,
			false,
			undefined,
			undefined,
		]);
	});
});

describe("a subnet that is picked", () => {
	const cidrs = (...texts: string[]) =>
		texts.map((text) => parseCidr(text) as NonNullable<ReturnType<typeof parseCidr>>);
	const picked = (pools: { base: string; size: number }[], taken: string[], size?: number) => {
		const found = pick(pools, cidrs(...taken), size);
		return found && `${found.value.toString(16)}/${found.prefix}`;
	};

	test("is the first that nothing overlaps, large and small", () => {
		const pools = [{ base: "10.0.0.0/22", size: 24 }];
		expect(picked(pools, [])).toBe("a000000/24");
		expect(picked(pools, ["10.0.0.128/25", "10.0.2.7/32"])).toBe("a000100/24");
		expect(picked(pools, ["10.0.0.0/23"])).toBe("a000200/24");
		expect(picked(pools, ["10.0.0.0/8"])).toBeUndefined();
	});

	test("is of the next pool where one is used up, or too small for it", () => {
		const pools = [
			{ base: "10.0.0.0/24", size: 24 },
			{ base: "10.9.0.0/16", size: 26 },
		];
		expect(picked(pools, ["10.0.0.1/32"])).toBe("a090000/26");
		expect(picked(pools, [], 20)).toBe("a090000/20");
	});

	test("of IPv6 is found at once, although a route covers nearly all of the pool", () => {
		expect(picked([{ base: "fd00::/8", size: 64 }], ["fd00::/9", "fd80::/10", "fdc0::/64"])).toBe(
			`${(0xfdc00000000000010000000000000000n).toString(16)}/64`,
		);
		expect(picked([{ base: "fd00::/8", size: 64 }], ["fc00::/7"])).toBeUndefined();
	});
});

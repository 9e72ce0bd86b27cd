/** The lists of networks, played in fresh network namespaces and read back with ip(8). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { interfaceIndex, NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import { playMessages } from "../../src/kernel/netlink.ts";
import { attach, detach, route, wiringOf } from "../../src/network/attach.ts";
import { bridgeMac, bridgeMessage, bridgeName } from "../../src/network/bridge.ts";
import type { Endpoint } from "../../src/network/endpoint.ts";
import { chooseGateways } from "../../src/network/gateway.ts";
import { requireBridge } from "../../src/network/host.ts";
import { isIntact } from "../../src/network/intact.ts";
import { ipvlanOf } from "../../src/network/ipvlan.ts";
import { deleteLink } from "../../src/network/link.ts";
import { macvlanOf } from "../../src/network/macvlan.ts";
import { makeBridge } from "../../src/network/prepare.ts";
import type { Subnet } from "../../src/network/table.ts";
import { requires } from "../requires.ts";
import { endpointOn, NETWORK_ID, networkOf } from "../unit/networks.ts";

const subnet = (cidr: string, gateway: string): Subnet => ({
	id: 1,
	network: NETWORK_ID,
	cidr,
	gateway,
	range: null,
	reserved: {},
});
const SUBNETS = [subnet("10.1.2.0/24", "10.1.2.1"), subnet("fd00::/64", "fd00::1")];

describe.skipIf(!requires("root", "ip", "unshare"))("links", () => {
	// Bridges are made in the namespace of this process, which test/own-network.sh has made.
	const bridge = bridgeName(networkOf());
	let keeper: ReturnType<typeof Bun.spawn>;
	let namespace = -1;

	const ip = async (inside: boolean, ...words: string[]) => {
		const enter = inside ? ["nsenter", "-t", String(keeper.pid), "-n"] : [];
		const shown = Bun.spawnSync([...enter, "ip", "-j", ...words]);
		if (!shown.success) throw new Error(`ip ${words.join(" ")}: ${shown.stderr}`);
		const text = shown.stdout.toString().trim();
		return text === "" ? [] : JSON.parse(text);
	};
	const links = async () => (await ip(true, "link")).map(({ ifname }: { ifname: string }) => ifname).sort();
	const socket = () => openNetlink(NETLINK_ROUTE);
	const asks = <T>(question: (socket: number) => T): T => {
		const fd = socket();
		try {
			return question(fd);
		} finally {
			closeSync(fd);
		}
	};
	const make = () => makeBridge(networkOf({ options: { ipv6: true } }), SUBNETS);
	const setting = (file: string) => readFileSync(`/proc/sys/net/${file}`, "utf8").trim();
	const dropBridge = () => {
		if (asks((fd) => interfaceIndex(fd, bridge)) !== undefined) playMessages([deleteLink(bridge, false)]);
	};

	beforeAll(async () => {
		keeper = Bun.spawn(["unshare", "--net", "sh", "-c", "echo; exec sleep 1000"], { stdout: "pipe" });
		await (keeper.stdout as ReadableStream).getReader().read();
		namespace = openSync(`/proc/${keeper.pid}/ns/net`, "r");
	});
	afterAll(() => {
		keeper?.kill();
		if (namespace >= 0) closeSync(namespace);
		dropBridge();
	});

	test("a bridge is up, has its addresses and a MAC address that no port changes", async () => {
		make();
		const [shown] = await ip(false, "-d", "addr", "show", "dev", bridge);
		expect(shown.linkinfo.info_kind).toBe("bridge");
		expect(shown.flags).toContain("UP");
		expect(shown.address).toBe("02:01:23:45:67:89");
		const global = shown.addr_info.filter(({ scope }: { scope: string }) => scope === "global");
		expect(global.map(({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`)).toEqual(
			["10.1.2.1/24", "fd00::1/64"],
		);
		attach(wiringOf([endpointOn()], namespace), namespace);
		expect((await ip(false, "link", "show", "dev", bridge))[0].address).toBe("02:01:23:45:67:89");
		detach({ driver: "bridge", outside: "vethfedcba9", interface: "eth0" }, namespace);
	});

	test("a bridge lets no container configure the host, and has no IPv6 where its network has none", async () => {
		make();
		expect(setting(`ipv6/conf/${bridge}/accept_ra`)).toBe("0");
		expect(setting(`ipv4/conf/${bridge}/route_localnet`)).toBe("1");
		dropBridge();
		makeBridge(networkOf(), SUBNETS.slice(0, 1));
		const [{ addr_info }] = await ip(false, "addr", "show", "dev", bridge);
		expect(addr_info.map(({ family }: { family: string }) => family)).toEqual(["inet"]);
		dropBridge();
	});

	test("a bridge whose maker was killed before its settings were written is not intact", () => {
		dropBridge();
		playMessages([bridgeMessage(networkOf())]);
		expect(asks((fd) => isIntact(fd, bridge, []))).toBe(false);
		makeBridge(networkOf(), []);
		expect(asks((fd) => isIntact(fd, bridge, []))).toBe(true);
		dropBridge();
	});

	test("a container's interface has its name, MAC, addresses, routes and settings", async () => {
		make();
		attach(wiringOf([endpointOn()], namespace), namespace);
		const [shown] = await ip(true, "-d", "addr", "show", "dev", "eth0");
		expect(shown.address).toBe("02:42:0a:01:02:03");
		expect(shown.flags).toContain("UP");
		expect(shown.linkinfo.info_kind).toBe("veth");
		const [four, ...six] = shown.addr_info;
		expect(four).toMatchObject({ local: "10.1.2.3", prefixlen: 24, broadcast: "10.1.2.255" });
		const global = six.filter(({ scope }: { scope: string }) => scope === "global");
		expect(global).toMatchObject([{ local: "fd00::3", prefixlen: 64 }]);
		expect(global[0].tentative).toBeUndefined();
		expect(await ip(true, "route", "show", "default")).toMatchObject([{ gateway: "10.1.2.1", dev: "eth0" }]);
		expect(await ip(true, "-6", "route", "show", "default")).toMatchObject([{ gateway: "fd00::1", dev: "eth0" }]);
		const [outside] = await ip(false, "link", "show", "dev", "vethfedcba9");
		expect(outside.master).toBe(bridge);
		detach({ driver: "bridge", outside: "vethfedcba9", interface: "eth0" }, namespace);
		expect(await links()).toEqual(["lo"]);
	});

	test("without an IPv6 address an interface has no IPv6 at all", async () => {
		make();
		attach(wiringOf([endpointOn({}, { addresses: endpointOn().addresses.slice(0, 1) })], namespace), namespace);
		const [shown] = await ip(true, "addr", "show", "dev", "eth0");
		expect(shown.addr_info.map(({ family }: { family: string }) => family)).toEqual(["inet"]);
		detach({ driver: "bridge", outside: "vethfedcba9", interface: "eth0" }, namespace);
	});

	test("the default route moves to another interface, and back", async () => {
		make();
		const one = endpointOn();
		const base = { prefix: 24, leads: true, isDefault: false } as const;
		const other: Endpoint = endpointOn(
			{ name: "m" },
			{
				interface: "eth1",
				outside: "vethother00",
				mac: "02:42:0a:01:03:03",
				addresses: [{ ...base, family: 4, address: "10.1.3.3", gateway: "10.1.3.1" }],
				asked: { network: "m", gatewayPriority: 1 },
			},
		);
		const gateway = async () => (await ip(true, "route", "show", "default")).map((each: { dev: string }) => each.dev);
		chooseGateways([one]);
		attach(wiringOf([one], namespace), namespace);
		chooseGateways([one, other]);
		attach(wiringOf([other], namespace), namespace);
		expect(await gateway()).toEqual(["eth1"]);
		detach({ driver: "bridge", outside: "vethother00", interface: "eth1" }, namespace);
		expect(await gateway()).toEqual([]);
		chooseGateways([one]);
		route([one], namespace);
		expect(await gateway()).toEqual(["eth0"]);
		detach({ driver: "bridge", outside: "vethfedcba9", interface: "eth0" }, namespace);
	});

	test("a bridge that is down, has lost an address or is gone is not intact, until it is made again", async () => {
		const intact = () => asks((fd) => isIntact(fd, bridge, SUBNETS));
		// The route of an IPv6 address is made by a worker of the kernel's, a little later (addrconf_dad_work).
		const becomesIntact = async () => {
			for (let tries = 0; tries < 500 && !intact(); tries++) await Bun.sleep(10);
			return intact();
		};
		const damage = (...words: string[]) => expect(Bun.spawnSync(["ip", ...words]).success).toBe(true);
		dropBridge();
		expect(intact()).toBe(false);
		make();
		expect(await becomesIntact()).toBe(true);
		for (const words of [
			["link", "set", bridge, "down"],
			["address", "del", "10.1.2.1/24", "dev", bridge],
			["address", "del", "fd00::1/64", "dev", bridge],
			["link", "del", bridge],
		]) {
			damage(...words);
			expect(intact()).toBe(false);
			make();
			expect(await becomesIntact()).toBe(true);
		}
	});

	test("an address that is another interface's does not count", () => {
		dropBridge();
		makeBridge(networkOf({ options: { ipv6: true, interface: "other" } }), SUBNETS);
		makeBridge(networkOf(), []);
		expect(asks((fd) => isIntact(fd, bridge, SUBNETS))).toBe(false);
		playMessages([deleteLink("other", false)]);
	});

	test("what has a bridge's name and is none, or not ours, is not touched", () => {
		dropBridge();
		expect(Bun.spawnSync(["ip", "link", "add", bridge, "type", "veth", "peer", "name", "peer0"]).success).toBe(true);
		const mac = bridgeMac(networkOf());
		expect(() => requireBridge(bridge, mac)).toThrow("there is an interface of that name, and it is no bridge");
		dropBridge();
		expect(Bun.spawnSync(["ip", "link", "add", bridge, "type", "bridge"]).success).toBe(true);
		expect(() => requireBridge(bridge, mac)).toThrow("there is an interface of that name, and it is not ours");
		dropBridge();
		make();
		requireBridge(bridge, mac);
	});

	for (const mode of ["bridge", "private", "vepa", "passthru"])
		test(`a macvlan interface of mode ${mode} is made in the namespace`, async () => {
			make();
			const endpoint = endpointOn({
				driver: "macvlan",
				options: { driverOptions: { parent: bridge, macvlan_mode: mode } },
			});
			endpoint.shared = macvlanOf(endpoint);
			attach(wiringOf([endpoint], namespace), namespace);
			const [link] = await ip(true, "-d", "link", "show", "dev", "eth0");
			expect(link.linkinfo).toMatchObject({ info_kind: "macvlan", info_data: { mode } });
			// The only one on its wire has the parent's (macvlan_common_newlink).
			expect(link.address).toBe(mode === "passthru" ? "02:01:23:45:67:89" : "02:42:0a:01:02:03");
			detach({ ...endpoint, driver: "macvlan" }, namespace);
			expect(await links()).toEqual(["lo"]);
		});

	describe.skipIf(!requires("ipvlan"))("ipvlan", () => {
		for (const mode of ["l2", "l3", "l3s"])
			test(`an interface of mode ${mode} is made in the namespace`, async () => {
				make();
				const endpoint = endpointOn({
					driver: "ipvlan",
					options: { driverOptions: { parent: bridge, ipvlan_mode: mode } },
				});
				endpoint.shared = ipvlanOf(endpoint);
				attach(wiringOf([endpoint], namespace), namespace);
				const [link] = await ip(true, "-d", "link", "show", "dev", "eth0");
				expect(link.linkinfo).toMatchObject({ info_kind: "ipvlan", info_data: { mode } });
				detach({ ...endpoint, driver: "ipvlan" }, namespace);
				expect(await links()).toEqual(["lo"]);
			});
	});

	test.skipIf(requires("ipvlan"))("a kernel without ipvlan is told by the name of its module", () => {
		make();
		const endpoint = endpointOn({ driver: "ipvlan", options: { driverOptions: { parent: bridge } } });
		endpoint.shared = ipvlanOf(endpoint);
		expect(() => attach(wiringOf([endpoint], namespace), namespace)).toThrow(
			/^make an interface of ipvlan on .*EOPNOTSUPP/,
		);
	});
});

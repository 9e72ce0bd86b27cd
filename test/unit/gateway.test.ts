/** Which network is a container's way to everywhere, how interfaces are called, and what they are set to. */

import { describe, expect, test } from "bun:test";
import { addressesFor } from "../../src/network/claim.ts";
import type { Endpoint } from "../../src/network/endpoint.ts";
import { chooseGateways, type Outlet, outletOf } from "../../src/network/gateway.ts";
import { interfaceSettings } from "../../src/network/interfaces.ts";
import { interfaceName } from "../../src/network/joining.ts";
import type { EndpointRow } from "../../src/network/table.ts";
import { endpointOn, networkOf } from "./networks.ts";

const four = {
	family: 4,
	address: "10.1.2.3",
	prefix: 24,
	gateway: "10.1.2.1",
	leads: true,
	isDefault: false,
} as const;
const six = { family: 6, address: "fd00::3", prefix: 64, gateway: "fd00::1", leads: true, isDefault: false } as const;

describe("the default route", () => {
	const on = (name: string, addresses: (typeof four | typeof six)[], priority?: number, internal?: boolean): Endpoint =>
		endpointOn(
			{ name, options: { internal } },
			{
				addresses: addresses.map((one) => ({ ...one, ...(internal && { gateway: undefined, leads: false }) })),
				asked: { network: name, gatewayPriority: priority },
			},
		);
	const chosen = (...endpoints: Endpoint[]) => {
		chooseGateways(endpoints);
		const by = (family: number) =>
			endpoints.filter(({ addresses }) => addresses.some((one) => one.family === family && one.isDefault));
		return [by(4), by(6)].map((found) => found.map(({ network }) => network.name).join());
	};

	test("is the first network's by name, whatever the order in which they were asked for", () => {
		expect(chosen(on("b", [four]), on("a", [four]))).toEqual(["a", ""]);
	});

	test("is that of the highest gw-priority, a negative one included", () => {
		expect(chosen(on("a", [four]), on("b", [four], 1))).toEqual(["b", ""]);
		expect(chosen(on("a", [four], -1), on("b", [four]))).toEqual(["b", ""]);
	});

	test("is chosen for IPv4 and IPv6 apart: one network may have but one of them", () => {
		expect(chosen(on("a", [four]), on("b", [six]))).toEqual(["a", "b"]);
	});

	test("prefers the network that has both", () => {
		expect(chosen(on("a", [four]), on("b", [four, six]))).toEqual(["b", "b"]);
		expect(chosen(on("a", [four, six]), on("b", [four], 1))).toEqual(["b", "a"]);
	});

	test("is where published ports lead: IPv4's and IPv6's apart, by no other driver than bridge", () => {
		const outlet = (...endpoints: Endpoint[]) => {
			chooseGateways(endpoints);
			const found = outletOf(endpoints);
			return found?.parts.map(({ family, endpoint }) => `${endpoint.network.name} ${family}`).join();
		};
		const wire = (...addresses: (typeof four | typeof six)[]) => {
			const made = on("a", addresses);
			made.network.driver = "macvlan";
			return made;
		};
		expect(outlet(on("a", [four, six]), on("b", [four], 1))).toBe("b 4,a 6");
		expect(outlet(on("a", [six]), on("b", [four]))).toBe("b 4,a 6");
		// What comes by IPv6 is copied to where IPv4's leads, if IPv6 has no way of its own.
		expect(outlet(on("a", [four]), on("b", [four]))).toBe("a 4,a 6");
		expect(outlet(on("a", [six]), on("b", [four], 0, true))).toBe("a 6");
		expect(outlet(on("a", [four], 0, true))).toBeUndefined();
		expect(outlet(wire(four), on("b", [four]))).toBeUndefined();
		expect(outlet(wire(four), on("b", [six]))).toBe("b 6");
		expect(outlet(wire(six), on("b", [four]))).toBe("b 4");
	});

	test("gives published ports the address of the host that its network says, each family its own", () => {
		const places = (one: string | undefined, other: string | undefined) => {
			const endpoints = [on("a", [four, six]), on("b", [four], 1)];
			for (const [at, binding] of [one, other].entries())
				if (binding && endpoints[at])
					endpoints[at].network.options.driverOptions = { "com.docker.network.bridge.host_binding_ipv4": binding };
			chooseGateways(endpoints);
			return addressesFor({ protocol: "tcp", port: 80 }, outletOf(endpoints) as Outlet);
		};
		expect(places(undefined, undefined)).toEqual(["0.0.0.0", "::"]);
		expect(places("::1", undefined)).toEqual(["0.0.0.0", "::1"]);
		expect(places("127.0.0.1", "127.0.0.2")).toEqual(["127.0.0.2"]);
		expect(places(undefined, "127.0.0.2")).toEqual(["127.0.0.2", "::"]);
		expect(places("127.0.0.1", "::1")).toEqual(["127.0.0.1"]);
	});

	test("is none of an internal network's", () => {
		expect(chosen(on("a", [four], 5, true), on("b", [four]))).toEqual(["b", ""]);
		expect(chosen(on("a", [four], 0, true))).toEqual(["", ""]);
	});
});

describe("an interface's name", () => {
	const row = (driverOptions?: Record<string, string>) => ({ options: { network: "n", driverOptions } }) as EndpointRow;
	const others = (...names: string[]) => names.map((name) => ({ interface: name }));

	test("is the first ethN that is free", () => {
		expect(interfaceName(row(), networkOf(), [])).toBe("eth0");
		expect(interfaceName(row(), networkOf(), others("eth0", "eth2"))).toBe("eth1");
	});

	test("has the network's prefix, counted apart", () => {
		const network = networkOf({ options: { driverOptions: { "com.docker.network.container_iface_prefix": "net" } } });
		expect(interfaceName(row(), network, others("eth0"))).toBe("net0");
	});

	test("is the one that was asked for", () => {
		const named = row({ "com.docker.network.endpoint.ifname": "wan" });
		expect(interfaceName(named, networkOf(), others("eth0"))).toBe("wan");
	});
});

describe("an interface's settings", () => {
	const written = (endpoint: Endpoint) => interfaceSettings(endpoint).map(({ file, value }) => `${file}=${value}`);
	const conf = "/proc/sys/net/ipv6/conf/eth0";
	const asking = (sysctls: string) =>
		endpointOn(
			{},
			{ asked: { network: "n", driverOptions: { "com.docker.network.endpoint.sysctls": sysctls } }, addresses: [four] },
		);

	test("switch IPv6 off where it has no IPv6 address", () => {
		expect(written(endpointOn({}, { addresses: [four] }))).toEqual([`${conf}/disable_ipv6=1`]);
	});

	test("take no router advertisements on a bridge; on a wire of the host's they are its business", () => {
		expect(written(endpointOn())).toEqual([`${conf}/disable_ipv6=0`, `${conf}/accept_ra=0`]);
		expect(written(endpointOn({ driver: "macvlan" }))).toEqual([`${conf}/disable_ipv6=0`]);
	});

	test("are those of com.docker.network.endpoint.sysctls, with its name for IFNAME", () => {
		const sysctls = "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.neigh.IFNAME.ucast_solicit=5";
		expect(written(asking(sysctls)).slice(1)).toEqual([
			"/proc/sys/net/ipv4/conf/eth0/log_martians=1",
			"/proc/sys/net/ipv4/neigh/eth0/ucast_solicit=5",
		]);
	});

	test("are refused where they are another interface's", () => {
		for (const bad of ["net.ipv4.conf.all.log_martians=1", "net.ipv4.conf.IFNAME=1", "kernel.a.b.IFNAME.c=1", "x"])
			expect(() => interfaceSettings(asking(bad))).toThrow("is not of the form net.X.Y.IFNAME.Z=VALUE");
		expect(() => interfaceSettings(asking("net.ipv4.conf/../x.IFNAME.y=1"))).toThrow("is not of the form");
	});
});

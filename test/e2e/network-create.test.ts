/** `network create` and what `network inspect` says then: docker's JSON (test/reference), and what is refused. podman keeps its networks below /etc, whatever its roots: none of this is asked of it. */

import { afterEach, describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import reference from "../reference/inspect-network-bridge.json";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

/** Of network inspect. */
interface Inspected {
	Id: string;
	IPAM: { Config: { Subnet: string; Gateway?: string; IPRange?: string }[] };
	Options: Record<string, string>;
	Labels: Record<string, string>;
	Containers: Record<string, { Name: string; IPv4Address: string; IPv6Address: string; MacAddress: string }>;
}

const ip = (...words: string[]): string => {
	const run = Bun.spawnSync(["busybox", "ip", ...words]);
	if (run.exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${run.stderr}`);
	return run.stdout.toString();
};

describe.skipIf(!ready)("network create", () => {
	const engine = useEngine("network-create");
	const inspect = async (name: string): Promise<Inspected> =>
		JSON.parse(await engine.ok("network", "inspect", name))[0];
	const subnetsOf = async (name: string) => (await inspect(name)).IPAM.Config.map(({ Subnet }) => Subnet);
	const refusal = async (...words: string[]) => {
		const { code, stdout, stderr } = await engine.run("network", "create", ...words);
		expect(stdout).toBe("");
		return [code, stderr.split("\n")[0]?.replace("bunker: ", "")];
	};
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("network", "prune", "-f");
	});

	ours("prints the id, and inspect finds the network by name, by id and by the beginning of it", async () => {
		const id = await engine.ok("network", "create", "found");
		expect(id).toMatch(/^[0-9a-f]{64}$/);
		for (const name of ["found", id, id.slice(0, 12)])
			expect(await engine.ok("network", "inspect", "-f", "{{.Name}}", name)).toBe("found");
	});

	ours("inspect has docker's fields in docker's order, those of a container on it too", async () => {
		await engine.ok("run", "-d", "--name", "on", "--network", "bridge", IMAGE, "sleep", "1000");
		const [docker] = reference as unknown as [Inspected];
		const here = await inspect("bridge");
		expect(Object.keys(here)).toEqual(Object.keys(docker));
		expect(Object.keys(here.Options)).toEqual(Object.keys(docker.Options));
		const [container] = Object.values(here.Containers);
		expect(Object.keys(container ?? {})).toEqual(Object.keys(Object.values(docker.Containers)[0] ?? {}));
		const [subnet] = here.IPAM.Config;
		expect(Object.keys(subnet ?? {})).toEqual(["Subnet", "Gateway"]);
		expect(container).toMatchObject({ Name: "on", IPv6Address: "" });
		expect(container?.IPv4Address).toEndWith(subnet?.Subnet.replace(/^.*\//, "/") as string);
		const address = await engine.ok("exec", "on", "ip", "-4", "-o", "addr", "show", "eth0");
		expect(address).toContain(` ${container?.IPv4Address} `);
		const link = await engine.ok("exec", "on", "cat", "/sys/class/net/eth0/address");
		expect(link).toBe(container?.MacAddress as string);
		await engine.ok("rm", "-f", "on");
		expect((await inspect("bridge")).Containers).toEqual({});
	});

	ours("what was asked for is what inspect says", async () => {
		await engine.ok(
			...["network", "create", "--subnet", "10.91.0.0/16", "--ip-range", "10.91.5.0/24", "--gateway", "10.91.0.9"],
			...["--aux-address", "router=10.91.5.7", "--subnet", "fd00:91::/64", "--ipv6", "--internal", "--attachable"],
			...["--label", "team=web", "--label", "bare", "-o", "com.docker.network.driver.mtu=1400", "asked"],
		);
		expect(await inspect("asked")).toMatchObject({
			Driver: "bridge",
			EnableIPv4: true,
			EnableIPv6: true,
			IPAM: {
				Driver: "default",
				Options: {},
				Config: [
					{
						Subnet: "10.91.0.0/16",
						IPRange: "10.91.5.0/24",
						Gateway: "10.91.0.9",
						AuxiliaryAddresses: { router: "10.91.5.7" },
					},
					{ Subnet: "fd00:91::/64", Gateway: "fd00:91::1" },
				],
			},
			Internal: true,
			Attachable: true,
			Options: { "com.docker.network.driver.mtu": "1400" },
			Labels: { team: "web", bare: "" },
		} as object);
	});

	ours("templates know docker's fields, and none besides", async () => {
		await engine.ok("network", "create", "--subnet", "10.92.0.0/24", "--label", "a=b", "shaped");
		const print = (format: string) => engine.run("network", "inspect", "-f", format, "shaped");
		expect((await print("{{(index .IPAM.Config 0).Gateway}} {{.Labels.a}} {{.Labels.c}}")).stdout).toBe(
			"10.92.0.1 b <no value>\n",
		);
		expect((await print("{{range .IPAM.Config}}{{.}}{{end}} {{len .Containers}}")).stdout).toBe(
			"{10.92.0.0/24  10.92.0.1 map[]} 0\n",
		);
		const wrong = await print("{{.Nosuch}}");
		expect(wrong.code).not.toBe(0);
		expect(wrong.stderr).toContain("Nosuch");
	});

	ours("a name is taken once, and predefined names never", async () => {
		await engine.ok("network", "create", "once");
		for (const name of ["once", "bridge", "host", "none", " "]) {
			const { code, stdout } = await engine.run("network", "create", name);
			expect([name, code === 0, stdout]).toEqual([name, false, ""]);
		}
	});

	ours("the errors name what is wrong; 1, and 125 for a flag's value that is none", async () => {
		expect(await refusal("bridge")).toEqual([1, "operation is not permitted on predefined bridge network"]);
		expect(await refusal("default")).toEqual([1, "operation is not permitted on predefined default network"]);
		expect(await refusal("--gateway", "x", "n")).toEqual([125, "invalid gateway x: an IP address is expected"]);
		expect(await refusal("--subnet", "10.1.2.3/24", "n")).toEqual([
			1,
			"invalid subnet 10.1.2.3/24: it should be 10.1.2.0/24",
		]);
		expect(await refusal("--ipv4=false", "n")).toEqual([1, "IPv4 or IPv6 must be enabled"]);
		expect(await refusal("--subnet", "fd00::/64", "n")).toEqual([
			1,
			"the subnet fd00::/64 is one of IPv6: --ipv6 is needed",
		]);
		expect(await refusal("--ipam-driver", "x", "n")).toEqual([1, 'unknown IPAM driver "x": default is the only one']);
		expect(await refusal("-d", "nosuch", "n")).toEqual([
			1,
			'unknown network driver "nosuch": bridge, macvlan and ipvlan are known',
		]);
		expect(await refusal("-o", "nosuch=1", "n")).toEqual([1, 'the driver bridge has no option "nosuch"']);
		expect(await refusal("--ingress", "n")).toEqual([125, "--ingress is not supported (bunker runs on one host)"]);
		expect(await refusal("a,b")).toEqual([1, expect.stringContaining('invalid network name "a,b"')]);
		expect(await refusal("-d", "macvlan", "-o", "parent=nosuch0", "n")).toEqual([
			1,
			"-o parent=nosuch0: the host has no such interface",
		]);
		expect((await engine.run("network", "create")).code).toBe(1);
		expect(await engine.ok("network", "ls", "-q", "--filter", "type=custom")).toBe("");
	});

	ours("a subnet that collides is refused with what it collides with", async () => {
		await engine.ok("network", "create", "--subnet", "10.93.0.0/24", "there");
		expect(await refusal("--subnet", "10.93.0.128/25", "n")).toEqual([
			1,
			"the subnet 10.93.0.128/25 collides with 10.93.0.0/24 of the network there",
		]);
		ip("link", "add", "foreign0", "type", "bridge");
		ip("addr", "add", "10.94.7.1/24", "dev", "foreign0");
		ip("link", "set", "foreign0", "up");
		try {
			expect(await refusal("--subnet", "10.94.0.0/16", "n")).toEqual([
				1,
				expect.stringMatching(
					/^the subnet 10\.94\.0\.0\/16 collides with the host's route to 10\.94\.7\.\S+ by way of foreign0$/,
				),
			]);
			expect(await refusal("-o", "com.docker.network.bridge.name=foreign0", "n")).toEqual([
				1,
				"the host has an interface foreign0 already, a bridge",
			]);
			// The subnet of its parent is what a macvlan's containers get addresses of.
			await engine.ok("network", "create", "-d", "macvlan", "-o", "parent=foreign0", "--subnet", "10.94.7.0/24", "lan");
		} finally {
			ip("link", "del", "foreign0");
		}
	});

	ours("subnets are picked beside the host's routes, but for those that lead nearly everywhere", async () => {
		ip("link", "add", "vpn0", "type", "bridge");
		ip("link", "set", "vpn0", "up");
		try {
			ip("route", "add", "0.0.0.0/1", "dev", "vpn0");
			ip("route", "add", "128.0.0.0/1", "dev", "vpn0");
			ip("route", "add", "172.16.0.0/12", "dev", "vpn0");
			await engine.ok("network", "create", "beside");
			expect(await subnetsOf("beside")).toEqual(["10.201.0.0/24"]);
		} finally {
			ip("link", "del", "vpn0");
		}
	});

	ours("--ipv6 picks subnets of one random /48, which the engine keeps", async () => {
		for (const name of ["six1", "six2"]) await engine.ok("network", "create", "--ipv6", "--ipv4=false", name);
		const [[one = ""], [two = ""]] = [await subnetsOf("six1"), await subnetsOf("six2")] as [string[], string[]];
		expect(one).toMatch(/^fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::\/64$/);
		expect(two).toBe(one.replace("::", ":1::"));
	});

	ours("of many made at once every one has a subnet of its own, and a name is taken once", async () => {
		const names = Array.from({ length: 8 }, (_, index) => `many${index}`);
		await Promise.all(names.map((name) => engine.ok("network", "create", "--ipv6", name)));
		const subnets = (await Promise.all(names.map(subnetsOf))).flat();
		expect(new Set(subnets).size).toBe(16);
		const outcomes = await Promise.all(names.map(() => engine.run("network", "create", "one")));
		expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
	});

	ours(
		"default-address-pools are where subnets are picked from; used up, the error names networks that nobody uses",
		async () => {
			const home = engine.scratch();
			const pools = [
				{ base: "10.95.0.0/25", size: 26 },
				{ base: "fd95::/56", size: 64 },
			];
			await Bun.write(`${home}/bunker/config.json`, JSON.stringify({ "default-address-pools": pools }));
			const options = { env: { XDG_CONFIG_HOME: home } };
			await engine.ok("network", "create", "--ipv6", "pool1", options);
			expect(await subnetsOf("pool1")).toEqual(["10.95.0.0/26", "fd95::/64"]);
			await engine.ok("run", "-d", "--network", "pool1", IMAGE, "sleep", "1000", options);
			await engine.ok("network", "create", "pool2", options);
			const outcome = await engine.run("network", "create", "pool3", options);
			expect(outcome).toMatchObject({
				code: 1,
				stderr:
					"bunker: no free IPv4 subnet is left in the pools\nnobody uses pool2: 'bunker network prune' removes it; or give --subnet\n",
			});
			expect(await engine.ok("info", options)).toContain(` default-address-pools: ${JSON.stringify(pools)}`);
			expect(await engine.ok("info", "-f", "{{(index .DefaultAddressPools 1).Base}}", options)).toBe("fd95::/56");
			await Bun.write(
				`${home}/bunker/config.json`,
				'{"default-address-pools": [{"base": "10.95.0.1/16", "size": 24}]}',
			);
			expect(await engine.run("network", "ls", options)).toMatchObject({
				code: 125,
				stderr:
					'bunker: default-address-pools: {"base": "10.95.0.1/16", "size": 24}: the base should be 10.95.0.0/16\n',
			});
		},
	);

	ours("options of the bridge hold: its name, the MTU, and what interfaces in containers are called", async () => {
		await engine.ok(
			...[
				"network",
				"create",
				"-o",
				"com.docker.network.bridge.name=named0",
				"-o",
				"com.docker.network.driver.mtu=1400",
			],
			...["-o", "com.docker.network.container_iface_prefix=net", "--subnet", "10.96.0.0/24", "optioned"],
		);
		expect(ip("link")).not.toContain("named0");
		expect(await refusal("-o", "com.docker.network.bridge.name=named0", "n")).toEqual([
			1,
			"the bridge named0 is that of the network optioned",
		]);
		const shown = await engine.ok("run", "--network", "optioned", IMAGE, "cat", "/sys/class/net/net0/mtu");
		expect(shown).toBe("1400");
		expect(ip("addr", "show", "named0")).toContain("10.96.0.1/24");
		await engine.ok("network", "rm", "optioned");
		expect(ip("link")).not.toContain("named0");
	});

	ours("an isolated network's bridge has no address", async () => {
		await engine.ok(
			...["network", "create", "--internal", "-o", "com.docker.network.bridge.gateway_mode_ipv4=isolated"],
			...["-o", "com.docker.network.bridge.name=alone0", "alone"],
		);
		await engine.ok("run", "--network", "alone", IMAGE, "true");
		expect(ip("-4", "addr", "show", "alone0")).not.toContain("inet ");
		expect(Object.keys((await inspect("alone")).IPAM.Config[0] ?? {})).toEqual(["Subnet"]);
	});

	ours("several subnets of a family: a container gets an address of the first that has one", async () => {
		await engine.ok("network", "create", "--subnet", "10.97.0.0/30,10.98.0.0/24", "several");
		const address = async () => {
			const id = await engine.ok("run", "-d", "--network", "several", IMAGE, "sleep", "1000");
			return (await inspect("several")).Containers[id]?.IPv4Address;
		};
		expect(await address()).toBe("10.97.0.2/30");
		expect(await address()).toBe("10.98.0.2/24");
	});

	ours("nothing is made on the host before the first container", async () => {
		const interfaces = () => [...readFileSync("/proc/net/dev", "utf8").matchAll(/^ *(\S+):/gm)].map(([, name]) => name);
		const before = interfaces();
		await engine.ok("network", "create", "quiet");
		// Those of an earlier test may still be going.
		expect(interfaces().filter((name) => !before.includes(name))).toEqual([]);
	});
});

/** Networks of the drivers macvlan and ipvlan, on an interface of this suite's own network namespace. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const DRIVERS = [
	{ driver: "macvlan", prefix: "dm" },
	{ driver: "ipvlan", prefix: "di" },
] as const;
const ip = (...words: string[]) => Bun.spawnSync(["ip", ...words]);

describe.skipIf(!ready || !requires("ip"))("macvlan and ipvlan", () => {
	const engine = useEngine("macvlan");
	// A pair of interfaces stands for the wire: its other end is a neighbour with 10.20.90.1.
	const parent = `wire${process.pid % 10000}`;
	const far = `far${process.pid % 10000}`;
	beforeAll(() => {
		for (const line of [
			`link add ${parent} type veth peer name ${far}`,
			`link set ${parent} up`,
			`link set ${far} up`,
			`address add 10.20.90.1/24 dev ${far}`,
		])
			expect(ip(...line.split(" ")).exitCode).toBe(0);
	});
	afterAll(() => {
		ip("link", "del", parent);
	});
	afterEach(async () => {
		await engine.removeAll();
		await engine.run("network", "rm", "mac");
	});

	const create = (driver: string, ...options: string[]) =>
		engine.ok("network", "create", "-d", driver, "--subnet", "10.20.90.0/24", ...options, "mac");
	const sleeper = (name: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--name", name, "--network", "mac", ...flags, IMAGE, "sleep", "1000");
	const inside = (name: string, script: string) => engine.ok("exec", name, "sh", "-c", script);

	test("a container is on the wire of the parent, with addresses of its own", async () => {
		await create("macvlan", "--gateway", "10.20.90.1", "-o", `parent=${parent}`);
		await sleeper("one", "--ip", "10.20.90.7", "--mac-address", "92:d0:c6:0a:29:33");
		const shown = await inside("one", "ip addr show eth0; ip route");
		expect(shown).toContain("link/ether 92:d0:c6:0a:29:33");
		expect(shown).toContain("inet 10.20.90.7/24");
		expect(shown).toContain("default via 10.20.90.1");
		await inside("one", "ping -c 1 -w 5 10.20.90.1");
	});

	test("two containers reach each other in mode bridge, by name too", async () => {
		await create("macvlan", "-o", `parent=${parent}`);
		await sleeper("one");
		await sleeper("two");
		await inside("one", "ping -c 1 -w 5 two");
	});

	test("in mode private they do not", async () => {
		await create("macvlan", "-o", `parent=${parent}`, "-o", "macvlan_mode=private");
		await sleeper("one", "--ip", "10.20.90.7");
		await sleeper("two", "--ip", "10.20.90.8");
		expect((await engine.run("exec", "two", "ping", "-c", "1", "-W", "1", "10.20.90.7")).code).not.toBe(0);
		await inside("two", "ping -c 1 -w 5 10.20.90.1");
	});

	ours("connect and disconnect work there, too", async () => {
		await create("macvlan", "-o", `parent=${parent}`);
		await engine.ok("run", "-d", "--name", "one", IMAGE, "sleep", "1000");
		await engine.ok("network", "connect", "--ip", "10.20.90.9", "mac", "one");
		expect(await inside("one", "ip addr show eth1")).toContain("inet 10.20.90.9/24");
		await inside("one", "ping -c 1 -w 5 10.20.90.1");
		await engine.ok("network", "disconnect", "mac", "one");
		expect(await inside("one", "ls /sys/class/net")).not.toContain("eth1");
	});

	ours("a parent that is not there is an error: 125, and nothing is left", async () => {
		expect(ip("link", "add", "gone0", "type", "veth", "peer", "name", "gone1").exitCode).toBe(0);
		await create("macvlan", "-o", "parent=gone0");
		expect(ip("link", "del", "gone0").exitCode).toBe(0);
		const outcome = await engine.run("run", "--rm", "--network", "mac", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toBe("bunker: the network mac has no parent: there is no interface gone0\n");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	ours("the interface is gone with its container", async () => {
		await create("macvlan", "-o", `parent=${parent}`, "-o", "macvlan_mode=passthru");
		for (let round = 0; round < 3; round++) {
			// Only one can be there in this mode; the kernel takes a namespace apart a little after its last process.
			const words = ["-d", "--name", "one", "--network", "mac", IMAGE, "sleep", "1000"];
			await until("the wire is free", async () => {
				if ((await engine.run("run", ...words)).code === 0) return true;
				await engine.ok("rm", "-f", "one");
				return false;
			});
			await engine.ok("rm", "-f", "one");
		}
	});

	test.skipIf(requires("ipvlan"))("a kernel without ipvlan says so by the name of its module", async () => {
		await create("ipvlan", "-o", `parent=${parent}`);
		const outcome = await engine.run("run", "--rm", "--network", "mac", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("EOPNOTSUPP");
		expect(outcome.stderr).toContain("the module ipvlan is neither built in nor can it be loaded");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	test.skipIf(!requires("vlan"))(
		"a parent with a number behind a dot is a VLAN, made and removed with the network",
		async () => {
			const [near, other] = [`${parent}.5`, `${far}.5`];
			for (const line of [
				`link add link ${far} name ${other} type vlan id 5`,
				`address add 10.20.95.1/24 dev ${other}`,
			])
				expect(ip(...line.split(" ")).exitCode).toBe(0);
			expect(ip("link", "set", other, "up").exitCode).toBe(0);
			await engine.ok("network", "create", "-d", "macvlan", "--subnet", "10.20.95.0/24", "-o", `parent=${near}`, "mac");
			expect(ip("link", "show", near).exitCode).toBe(1);
			await sleeper("one");
			expect(ip("-d", "link", "show", near).stdout.toString()).toContain("vlan protocol 802.1Q id 5");
			await inside("one", "ping -c 1 -w 5 10.20.95.1");
			// What comes without the tag is not heard there.
			expect(ip("neighbour", "show", "dev", other).stdout.toString()).toContain("10.20.95.");
			await engine.removeAll();
			await engine.ok("network", "rm", "mac");
			expect(ip("link", "show", near).exitCode).toBe(1);
			expect(ip("link", "show", parent).exitCode).toBe(0);
			ip("link", "del", other);
		},
	);

	for (const { driver, prefix } of DRIVERS)
		test.skipIf(!requires("dummy", driver))(
			`without a parent containers on ${driver} have a wire of their own, gone with the network`,
			async () => {
				const id = await create(driver);
				const dummy = `${prefix}-${id.slice(0, 12)}`;
				await sleeper("one");
				await sleeper("two", "--ip", "10.20.90.9");
				expect(ip("-d", "link", "show", dummy).stdout.toString()).toMatch(/^ +dummy/m);
				await inside("one", "ping -c 1 -w 5 two");
				await inside("one", "ping -c 1 -w 5 10.20.90.9");
				// That address is on the other wire, too, and nothing leads there.
				expect((await engine.run("exec", "one", "ping", "-c", "1", "-W", "1", "10.20.90.1")).code).not.toBe(0);
				await engine.removeAll();
				await engine.ok("network", "rm", "mac");
				expect(ip("link", "show", dummy).exitCode).toBe(1);
			},
		);

	describe.skipIf(!requires("ipvlan"))("ipvlan", () => {
		test("a container has the MAC address of the parent, and an address of its own", async () => {
			await create("ipvlan", "-o", `parent=${parent}`);
			await sleeper("one");
			await sleeper("two");
			const mac = /link\/ether (\S+)/.exec(ip("link", "show", parent).stdout.toString())?.[1];
			expect(await inside("one", "ip addr show eth0")).toContain(`link/ether ${mac}`);
			await inside("one", "ping -c 1 -w 5 two");
			await inside("one", "ping -c 1 -w 5 10.20.90.1");
		});

		test("in mode l3 everything is on the wire", async () => {
			await create("ipvlan", "-o", `parent=${parent}`, "-o", "ipvlan_mode=l3");
			await sleeper("one");
			expect(await inside("one", "ip route")).toMatch(/^default dev eth0/m);
		});
	});
});

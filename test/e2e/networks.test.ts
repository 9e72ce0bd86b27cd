/** A container on several networks: interfaces, routes, IPv6, and what is left when a start fails in between. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("several networks", () => {
	const engine = useEngine("several");
	beforeAll(async () => {
		if (!ready) return;
		await engine.ok("network", "create", "--subnet", "10.20.70.0/24", "alpha");
		await engine.ok("network", "create", "--subnet", "10.20.71.0/24", "beta");
		await engine.ok("network", "create", "--subnet", "10.20.72.0/24", "--ipv6", "--subnet", "fd00:72::/64", "dual");
		await engine.ok("network", "create", "--subnet", "10.20.73.0/24", "--internal", "closed");
	});
	afterAll(async () => {
		for (const name of ["alpha", "beta", "dual", "closed"]) await engine.run("network", "rm", name);
	});
	afterEach(() => engine.removeAll());

	/** Runs a script on networks, and gives its output. */
	const on = (networks: string[], script: string, ...flags: string[]) =>
		engine.ok(
			"run",
			"--rm",
			...networks.flatMap((network) => ["--network", network]),
			...flags,
			IMAGE,
			"sh",
			"-c",
			script,
		);
	const links = () => Bun.spawnSync(["ip", "-o", "link"]).stdout.toString();
	const bridgeOf = async (name: string) =>
		`br-${(await engine.ok("network", "inspect", "-f", "{{.Id}}", name)).slice(0, 12)}`;

	ours("interfaces are numbered in the order in which the networks are asked for", async () => {
		const out = await on(
			["beta", "alpha"],
			"ip -o -4 addr | sed -n 's/.*\\(eth[0-9]\\) *inet \\([^ ]*\\).*/\\1 \\2/p'",
		);
		expect(out).toBe("eth0 10.20.71.2/24\neth1 10.20.70.2/24");
	});

	ours("the default route is the first's by name, or that of the highest gw-priority", async () => {
		const route = "ip route | sed -n 's/^default via \\([^ ]*\\) dev \\([^ ]*\\).*/\\1 \\2/p'";
		expect(await on(["beta", "alpha"], route)).toBe("10.20.70.1 eth1");
		expect(await on(["alpha", "name=beta,gw-priority=1"], route)).toBe("10.20.71.1 eth1");
		expect(await on(["closed", "beta"], route)).toBe("10.20.71.1 eth1");
		expect(await on(["closed"], route)).toBe("");
	});

	ours("for IPv6 it is that of the network that has it", async () => {
		const script = "ip route | grep ^default; ip -6 route | grep ^default";
		const out = await on(["name=alpha,gw-priority=5", "dual"], script);
		expect(out).toContain("default via 10.20.70.1 dev eth0");
		expect(out).toContain("default via fd00:72::1 dev eth1");
	});

	test("IPv6 is there on a network that has it: an address that can be used at once, and the gateway answers", async () => {
		const out = await on(["dual"], "ip -6 addr show eth0; ping -6 -c 1 -w 5 fd00:72::1");
		expect(out).toMatch(/inet6 fd00:72::2\/64 scope global/);
		expect(out).not.toContain("tentative fd00");
		expect(out).toContain("1 packets received");
	});

	ours("on one that has none there is no IPv6 but on the loopback interface", async () => {
		const script = "ip -6 addr; cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6";
		const out = await on(["alpha"], script);
		expect(out).not.toContain("fe80");
		expect(out).toContain("::1/128");
		expect(out.endsWith("\n1")).toBe(true);
	});

	ours("router advertisements are not taken on a bridge", async () => {
		expect(await on(["dual"], "cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).toBe("0");
	});

	ours("--sysctl of all interfaces is written before the interfaces are made: what these need comes last", async () => {
		const all = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=1", "--sysctl", "net.ipv4.conf.all.log_martians=1"];
		const script = "cat /proc/sys/net/ipv4/conf/all/log_martians; ip -6 addr show eth0";
		const out = await on(["dual"], script, ...all);
		expect(out).toMatch(/^1\n/);
		expect(out).toContain("fd00:72::2/64");
		const none = await on(
			["alpha"],
			"cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6",
			"--sysctl",
			"net.ipv6.conf.all.disable_ipv6=0",
		);
		expect(none).toBe("1");
	});

	ours("--sysctl of one interface is refused: that is an option of its network", async () => {
		const outcome = await engine.run("run", "--rm", "--sysctl", "net.ipv4.conf.eth0.log_martians=1", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("must be supplied using driver option 'com.docker.network.endpoint.sysctls'");
		const sysctls = "driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1";
		const read = "cat /proc/sys/net/ipv4/conf/lan0/log_martians";
		const name = "driver-opt=com.docker.network.endpoint.ifname=lan0";
		expect(await on([`name=alpha,${name},${sysctls}`], read)).toBe("1");
	});

	ours("container_iface_prefix and mtu are the network's", async () => {
		const options = ["-o", "com.docker.network.container_iface_prefix=net", "-o", "com.docker.network.driver.mtu=1400"];
		await engine.ok("network", "create", ...options, "--subnet", "10.20.74.0/24", "named");
		expect(await on(["alpha", "named"], "ls /sys/class/net | xargs; cat /sys/class/net/net0/mtu")).toBe(
			"eth0 lo net0\n1400",
		);
		expect(links()).toMatch(new RegExp(`${await bridgeOf("named")}:.* mtu 1400 `));
		await engine.ok("network", "rm", "named");
	});

	ours("the bridge keeps its MAC address whoever comes and goes", async () => {
		const bridge = await bridgeOf("alpha");
		const mac = () =>
			/link\/ether (\S+)/.exec(
				links()
					.split("\n")
					.find((line) => line.includes(`${bridge}:`)) ?? "",
			)?.[1];
		await on(["alpha"], "true");
		const first = mac();
		expect(first).toMatch(/^02:/);
		await engine.ok("run", "-d", "--network", "name=alpha,mac-address=00:00:01:02:03:04", IMAGE, "sleep", "1000");
		expect(mac()).toBe(first);
	});

	for (const [what, damage] of Object.entries({
		"is gone": (bridge: string) => [["link", "del", bridge]],
		"is down": (bridge: string) => [["link", "set", bridge, "down"]],
		"has lost its addresses": (bridge: string) => [["address", "flush", "dev", bridge]],
	}))
		ours(`a bridge that ${what} is whole again with the next start`, async () => {
			const bridge = await bridgeOf("dual");
			await on(["dual"], "true");
			for (const words of damage(bridge)) expect(Bun.spawnSync(["ip", ...words]).exitCode).toBe(0);
			const out = await on(["dual"], "ping -c 1 -w 5 10.20.72.1 && ping -6 -c 1 -w 5 fd00:72::1");
			expect(out.match(/1 packets received/g)?.length).toBe(2);
		});

	ours("a bridge that somebody has deleted comes back with the containers that run", async () => {
		const bridge = await bridgeOf("alpha");
		await engine.ok("run", "-d", "--name", "stays", "--network", "alpha", IMAGE, "sleep", "1000");
		expect(Bun.spawnSync(["ip", "link", "del", bridge]).exitCode).toBe(0);
		expect(await on(["alpha"], "ping -c 1 -w 5 stays")).toContain("1 packets received");
		await engine.ok("rm", "-f", "stays");
	});

	ours("a bridge whose name was taken by something else is an error that says so, and nothing is left", async () => {
		const bridge = await bridgeOf("beta");
		Bun.spawnSync(["ip", "link", "del", bridge]);
		const other = ["link", "add", bridge, "type", "veth", "peer", "name", "other0"];
		expect(Bun.spawnSync(["ip", ...other]).exitCode).toBe(0);
		const outcome = await engine.run("run", "--rm", "--network", "alpha", "--network", "beta", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("there is an interface of that name, and it is no bridge");
		expect(Bun.spawnSync(["ip", "link", "del", bridge]).exitCode).toBe(0);
		expect(await on(["beta"], "echo well")).toBe("well");
	});

	ours("a start that fails in between leaves nothing: no interface, no address, no container", async () => {
		const before = links().match(/veth/g)?.length ?? 0;
		const same = "driver-opt=com.docker.network.endpoint.ifname=eth0";
		for (const flags of [
			["--network", "alpha", "--network", `name=beta,${same}`],
			["--network", "alpha", "--network", "name=beta,driver-opt=com.docker.network.endpoint.sysctls=nonsense"],
			["--network", "alpha", "--network", "name=beta,mac-address=ff:ff:ff:ff:ff:ff"],
		]) {
			const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "true");
			expect(outcome.code).toBe(125);
			expect(await engine.ok("ps", "-a", "-q")).toBe("");
			for (const name of ["alpha", "beta"])
				expect(await engine.ok("network", "inspect", "-f", "{{len .Containers}}", name)).toBe("0");
		}
		// They go with the namespace, which the kernel takes its time for.
		await until("no interface is left", () => (links().match(/veth/g)?.length ?? 0) <= before);
		expect(await on(["alpha", "beta"], "ip -o -4 addr | grep -c 'inet 10.20.7[01].2/24'")).toBe("2");
	});

	ours("an address that another has is refused, and the others that were asked for are free", async () => {
		await engine.ok("run", "-d", "--network", "beta", "--ip", "10.20.71.9", IMAGE, "sleep", "1000");
		const words = ["--network", "name=alpha,ip=10.20.70.9", "--network", "name=beta,ip=10.20.71.9"];
		const outcome = await engine.run("run", "--rm", ...words, IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("10.20.71.9 is already in use");
		expect(await on(["name=alpha,ip=10.20.70.9"], "echo free")).toBe("free");
	});
});

/** network connect and disconnect. */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { Place } from "./outside.ts";

describe.skipIf(!ready)("network connect and disconnect", () => {
	const engine = useEngine("connect");
	const networks = ["n1", "n2"];
	beforeEach(async () => {
		for (const [at, name] of networks.entries())
			await engine.ok("network", "create", "--subnet", `10.20.8${at}.0/24`, name);
	});
	afterEach(async () => {
		await engine.removeAll();
		for (const name of networks) await engine.run("network", "rm", name);
	});

	const sleeper = (name: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--name", name, ...flags, IMAGE, "sleep", "1000");
	const inside = (name: string, script: string) => engine.ok("exec", name, "sh", "-c", script);
	const interfaces = async (name: string) => (await inside(name, "ls /sys/class/net")).split(/\s+/).sort().join(" ");
	const gateway = (name: string) => inside(name, "ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'");
	const fails = async (...words: string[]) => {
		const outcome = await engine.run("network", ...words);
		expect(outcome.code).toBe(1);
		expect(outcome.stdout).toBe("");
		return outcome.stderr.split("\n")[0] ?? "";
	};
	const veths = () => Bun.spawnSync(["ip", "-br", "link"]).stdout.toString().match(/^veth/gm)?.length ?? 0;

	test("a running container gets an interface, and loses it again", async () => {
		await sleeper("one", "--network", "n1");
		expect(await engine.ok("network", "connect", "n2", "one")).toBe("");
		expect(await interfaces("one")).toBe("eth0 eth1 lo");
		expect(await inside("one", "ip addr show eth1")).toContain("inet 10.20.81.2/24");
		await inside("one", "ping -c 1 -w 5 10.20.81.1");
		expect(await engine.ok("network", "disconnect", "n2", "one")).toBe("");
		expect(await interfaces("one")).toBe("eth0 lo");
	});

	ours("the kernel has one pair of interfaces for each network, and none that was removed", async () => {
		await sleeper("one", "--network", "n1");
		expect(veths()).toBe(1);
		await engine.ok("network", "connect", "n2", "one");
		expect(veths()).toBe(2);
		await engine.ok("network", "disconnect", "n1", "one");
		expect(veths()).toBe(1);
	});

	test("--ip is the address; it is free again after the disconnect", async () => {
		await sleeper("two", "--network", "n1");
		await sleeper("three", "--network", "n1");
		await engine.ok("network", "connect", "--ip", "10.20.81.77", "n2", "two");
		expect(await inside("two", "ip addr show eth1")).toContain("inet 10.20.81.77/24");
		expect((await engine.run("network", "connect", "--ip", "10.20.81.77", "n2", "three")).code).toBe(1);
		await engine.ok("network", "disconnect", "n2", "two");
		await engine.ok("network", "connect", "--ip", "10.20.81.77", "n2", "three");
		expect(await inside("three", "ip addr show eth1")).toContain("inet 10.20.81.77/24");
	});

	ours("the default route goes by priority, then by the network's name", async () => {
		await sleeper("one", "--network", "n2");
		expect(await gateway("one")).toBe("10.20.81.1");
		await engine.ok("network", "connect", "n1", "one");
		expect(await gateway("one")).toBe("10.20.80.1");
		await engine.ok("network", "disconnect", "n1", "one");
		expect(await gateway("one")).toBe("10.20.81.1");
		await engine.ok("network", "connect", "--gw-priority", "-1", "n1", "one");
		expect(await gateway("one")).toBe("10.20.81.1");
		await engine.ok("network", "disconnect", "n2", "one");
		expect(await gateway("one")).toBe("10.20.80.1");
		await engine.ok("network", "disconnect", "n1", "one");
		expect(await interfaces("one")).toBe("lo");
	});

	test("what was connected stays so when the container starts again", async () => {
		await sleeper("one", "--network", "n1");
		await engine.ok("network", "connect", "n2", "one");
		await engine.ok("restart", "-t", "0", "one");
		expect(await interfaces("one")).toBe("eth0 eth1 lo");
		await engine.ok("network", "disconnect", "n1", "one");
		await engine.ok("restart", "-t", "0", "one");
		expect(await interfaces("one")).toBe("eth0 lo");
		expect(await inside("one", "ip addr show eth0")).toContain("inet 10.20.81.");
	});

	test("a container that does not run is connected when it starts", async () => {
		await engine.ok("create", "--name", "one", "--network", "n1", IMAGE, "sleep", "1000");
		await engine.ok("network", "connect", "--ip", "10.20.81.9", "n2", "one");
		await engine.ok("network", "disconnect", "n1", "one");
		await engine.ok("start", "one");
		expect(await inside("one", "ip addr")).toContain("inet 10.20.81.9/24");
		expect(await interfaces("one")).toBe("eth0 lo");
	});

	ours("inspect shows both networks, with what was asked of them", async () => {
		await sleeper("one", "--network", "n1");
		await engine.ok("network", "connect", "--alias", "db", "--alias", "store,old", "--ip", "10.20.81.9", "n2", "one");
		const [shown] = JSON.parse(await engine.ok("inspect", "one"));
		expect(Object.keys(shown.NetworkSettings.Networks)).toEqual(["n1", "n2"]);
		expect(shown.NetworkSettings.Networks.n2).toMatchObject({
			IPAddress: "10.20.81.9",
			Aliases: ["db", "store", "old"],
			IPAMConfig: { IPv4Address: "10.20.81.9" },
		});
	});

	ours("the interface has the name, and the settings, that are asked for", async () => {
		await sleeper("one", "--network", "n1");
		const sysctl = "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1";
		const name = "com.docker.network.endpoint.ifname=lan0";
		await engine.ok("network", "connect", "--driver-opt", name, "--driver-opt", sysctl, "n2", "one");
		expect(await interfaces("one")).toBe("eth0 lan0 lo");
		expect(await inside("one", "cat /proc/sys/net/ipv4/conf/lan0/log_martians")).toBe("1");
	});

	ours("link-local addresses are added", async () => {
		await sleeper("one", "--network", "n1");
		await engine.ok("network", "connect", "--link-local-ip", "169.254.7.7", "n2", "one");
		expect(await inside("one", "ip addr show eth1")).toContain("inet 169.254.7.7/16");
	});

	test("a container that is on the network already is an error", async () => {
		await sleeper("one", "--network", "n1");
		const said = await fails("connect", "n1", "one");
		if (said.includes("already exists"))
			expect(said).toBe("bunker: endpoint with name one already exists in network n1");
	});

	ours("what does not run may be told again: the last word counts", async () => {
		await engine.ok("create", "--name", "one", "--network", "n1", IMAGE, "sleep", "1000");
		await engine.ok("network", "connect", "--ip", "10.20.80.9", "n1", "one");
		await engine.ok("start", "one");
		expect(await inside("one", "ip addr")).toContain("inet 10.20.80.9/24");
	});

	ours("names that are unknown, and a network that it is not on, are errors", async () => {
		await sleeper("one", "--network", "n1");
		expect(await fails("connect", "nosuch", "one")).toBe("bunker: network nosuch not found");
		expect(await fails("connect", "n1", "nosuch")).toBe("bunker: No such container: nosuch");
		expect(await fails("disconnect", "nosuch", "one")).toBe("bunker: network nosuch not found");
		expect(await fails("disconnect", "n2", "one")).toBe("bunker: container one is not connected to network n2");
		expect((await engine.run("network", "connect", "n1")).stderr).toContain("requires 2 arguments");
	});

	ours("the host's network and none cannot be joined, or left for others", async () => {
		const shared =
			"bunker: container sharing network namespace with another container or host cannot be connected to any other network";
		const none =
			"bunker: container cannot be connected to multiple networks with one of the networks in private (none) mode";
		const host = "bunker: container cannot be disconnected from host network or connected to host network";
		await sleeper("one", "--network", "n1");
		await sleeper("hosts", "--network", "host");
		await sleeper("nones", "--network", "none");
		await sleeper("guest", "--network", "container:one");
		expect(await fails("connect", "host", "one")).toBe(host);
		expect(await fails("connect", "none", "one")).toBe(none);
		expect(await fails("connect", "n1", "hosts")).toBe(shared);
		expect(await fails("connect", "n1", "nones")).toBe(none);
		expect(await fails("connect", "n2", "guest")).toBe(shared);
		expect(await fails("disconnect", "host", "hosts")).toBe(host);
		expect(await interfaces("one")).toBe("eth0 lo");
	});

	ours("a connect that fails leaves nothing: no interface, no address, no row", async () => {
		await sleeper("one", "--network", "n1");
		const same = "com.docker.network.endpoint.ifname=eth0";
		expect(await fails("connect", "--driver-opt", same, "n2", "one")).toContain("EEXIST");
		const bad = "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.nosuch=1";
		expect(await fails("connect", "--driver-opt", bad, "n2", "one")).toContain("nosuch");
		expect(await fails("connect", "--ip", "192.0.2.1", "n2", "one")).toContain("192.0.2.1");
		expect(await interfaces("one")).toBe("eth0 lo");
		expect(veths()).toBe(1);
		expect(await gateway("one")).toBe("10.20.80.1");
		expect(await engine.ok("inspect", "-f", "{{json .NetworkSettings.Networks}}", "one")).not.toContain("n2");
		await engine.ok("network", "connect", "n2", "one");
		expect(await inside("one", "ip addr show eth1")).toContain("inet 10.20.81.2/24");
	});

	ours("-f disconnects from a network that is gone", async () => {
		await engine.ok("create", "--name", "one", "--network", "n1", IMAGE, "sleep", "1000");
		await engine.ok("network", "rm", "n1");
		expect(await fails("disconnect", "n1", "one")).toBe("bunker: network n1 not found");
		await engine.ok("network", "disconnect", "-f", "n1", "one");
		await engine.ok("start", "one");
		expect(await interfaces("one")).toBe("lo");
	});

	ours("on a user's network it finds others by name from then on, and they find it", async () => {
		await sleeper("one");
		await sleeper("two", "--network", "n1");
		await engine.ok("network", "connect", "--alias", "first", "n1", "one");
		expect(await inside("one", "ping -c 1 -w 5 two")).toContain("10.20.80.2");
		expect(await inside("two", "ping -c 1 -w 5 first")).toContain("10.20.80.3");
		await engine.ok("network", "disconnect", "n1", "one");
		expect((await engine.run("exec", "two", "ping", "-c", "1", "-W", "1", "first")).code).not.toBe(0);
	});

	ours("/etc/hosts has its address there while it has it", async () => {
		await sleeper("one", "--network", "n1", "-h", "box");
		const lines = () => inside("one", "grep box /etc/hosts");
		await engine.ok("network", "connect", "n2", "one");
		expect(await lines()).toBe("10.20.80.2\tbox\n10.20.81.2\tbox");
		await engine.ok("network", "disconnect", "n2", "one");
		expect(await lines()).toBe("10.20.80.2\tbox");
	});

	ours("/etc/hosts that it has made larger than memory is left as it is", async () => {
		await sleeper("one", "--network", "n1");
		await inside("one", "truncate -s 1T /etc/hosts 2>/dev/null || dd if=/dev/zero of=/etc/hosts bs=1 count=1 seek=1G");
		const size = await inside("one", "stat -c %s /etc/hosts");
		await engine.ok("network", "connect", "n2", "one");
		await engine.ok("network", "disconnect", "n2", "one");
		expect(await inside("one", "stat -c %s /etc/hosts")).toBe(size);
	});

	ours("published ports follow the default route, and lead nowhere without one", async () => {
		const serve = "while :; do echo hello | nc -l -p 80; done";
		await engine.ok(
			"run",
			"-d",
			"--name",
			"one",
			"--network",
			"n2",
			"-p",
			"127.0.0.1:8042:80",
			"-p",
			"[::1]:8043:80",
			IMAGE,
			"sh",
			"-c",
			serve,
		);
		const ruleset = () => Bun.spawnSync(["nft", "list", "ruleset"]).stdout.toString();
		const leads = () => /: (10\.20\.8[01]\.\d+) \. 80/.exec(ruleset())?.[1];
		expect(leads()).toBe("10.20.81.2");
		await engine.ok("network", "connect", "n1", "one");
		expect(leads()).toBe("10.20.80.2");
		// Between two clients nobody listens for a moment.
		const answers = (address: string, port: string) =>
			until("it answers", () => {
				const { stdout } = Bun.spawnSync(["busybox", "nc", "-w", "5", address, port]);
				return stdout.toString() === "hello\n";
			});
		await answers("127.0.0.1", "8042");
		// What the firewall cannot lead, the forwarder copies: to where the container is now.
		await answers("::1", "8043");
		// Who is killed between the rows and the rules leaves it to the next start, so that looks.
		const looks = async () =>
			(
				await engine.run("run", "--rm", "--network", "n2", IMAGE, "true", { env: { BUNKER_TRACE: "time" } })
			).stderr.includes("firewall looked at");
		await looks();
		expect(await looks()).toBe(false);
		await engine.ok("network", "disconnect", "n1", "one");
		await answers("::1", "8043");
		expect(leads()).toBe("10.20.81.2");
		expect([await looks(), await looks()]).toEqual([true, false]);
		await engine.ok("network", "disconnect", "n2", "one");
		expect(leads()).toBeUndefined();
		await engine.ok("network", "connect", "n2", "one");
		expect(leads()).toBe("10.20.81.2");
		await engine.ok("rm", "-f", "one");
		expect(ruleset()).not.toContain("8042");
	});

	ours(
		"port, ps and inspect show what is published while there is a way out, and what is exposed on a bridge",
		async () => {
			await engine.ok("network", "create", "--internal", "--subnet", "10.20.82.0/24", "n3");
			const ports = ["-p", "8044:80", "--expose", "90"];
			await engine.ok("run", "-d", "--name", "one", "--network", "n1", ...ports, IMAGE, "sleep", "1000");
			const shown = async () => [
				await engine.ok("port", "one"),
				await engine.ok("ps", "--format", "{{.Ports}}"),
				await engine.ok("inspect", "-f", "{{json .NetworkSettings.Ports}}", "one"),
				await engine.ok("ps", "-q", "--filter", "publish=8044", "--format", "{{.Names}}"),
			];
			const published = await shown();
			expect(published[0]).toBe("80/tcp -> 0.0.0.0:8044\n80/tcp -> [::]:8044");
			await engine.ok("network", "connect", "n3", "one");
			expect(await shown()).toEqual(published);
			await engine.ok("network", "disconnect", "n1", "one");
			expect(await shown()).toEqual(["", "80/tcp, 90/tcp", '{"80/tcp":null,"90/tcp":null}', ""]);
			await engine.ok("network", "disconnect", "n3", "one");
			expect(await shown()).toEqual(["", "", "{}", ""]);
			expect(await engine.run("port", "one", "80")).toMatchObject({
				code: 1,
				stderr: "bunker: no public port '80' published for one\n",
			});
			await engine.ok("network", "connect", "n1", "one");
			expect(await shown()).toEqual(published);
			await engine.ok("rm", "-f", "one");
			await engine.ok("network", "rm", "n3");
		},
	);

	ours("a conversation with a published UDP port goes on at the new address", async () => {
		await engine.ok("run", "-d", "--name", "one", "--network", "n1", "-p", "5301:53/udp", IMAGE, "sleep", "1000");
		await engine.ok("network", "connect", "n2", "one");
		const place = new Place(Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", "one")));
		await place.tellClients(53, "udp", "0.0.0.0");
		const ask = [process.execPath, "test/e2e/datagram.ts", "127.0.0.1", "5301", "40002"];
		expect(Bun.spawnSync(ask).stdout.toString()).toBe("10.20.80.1\n");
		await engine.ok("network", "disconnect", "n1", "one");
		expect(Bun.spawnSync(ask).stdout.toString()).toBe("10.20.81.1\n");
		await place.close();
	});

	ours("what comes by ::1 never goes to who has the address next", async () => {
		const serve = (word: string) => ["sh", "-c", `while :; do echo ${word} | nc -l -p 80; done`];
		const fetched = () => Bun.spawnSync(["curl", "-s", "--http0.9", "-m", "3", "http://[::1]:8043"]).stdout.toString();
		await engine.ok("run", "-d", "--name", "one", "--network", "n1", "-p", "8043:80", IMAGE, ...serve("one"));
		expect(fetched()).toBe("one\n");
		await engine.ok("network", "connect", "n2", "one");
		await engine.ok("network", "disconnect", "n1", "one");
		await engine.ok("run", "-d", "--network", "n1", "--ip", "10.20.80.2", IMAGE, ...serve("another"));
		expect(fetched()).toBe("one\n");
		await engine.ok("network", "disconnect", "n2", "one");
		expect(fetched()).toBe("");
		await engine.ok("network", "connect", "n2", "one");
		expect(fetched()).toBe("one\n");
	});

	ours("events tell of both", async () => {
		await sleeper("one", "--network", "n1");
		const since = String(Date.now() / 1000);
		await engine.ok("network", "connect", "n2", "one");
		await engine.ok("network", "disconnect", "n2", "one");
		const until = String(Date.now() / 1000 + 1);
		const format = "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}";
		const told = await engine.ok("events", "--since", since, "--until", until, "--format", format);
		expect(told).toBe("network connect n2\nnetwork disconnect n2");
	});

	ours("containers that are killed while they are connected leave nothing", async () => {
		for (let round = 0; round < 8; round++) {
			await sleeper("one", "--network", "n1");
			const connecting = engine.run("network", "connect", "n2", "one");
			await engine.ok("kill", "one");
			const { code, stderr } = await connecting;
			if (code !== 0) expect(stderr).toMatch(/^bunker: /);
			await engine.ok("rm", "-f", "one");
		}
		const [shown] = JSON.parse(await engine.ok("network", "inspect", "n2"));
		expect(shown.Containers).toEqual({});
		await sleeper("one", "--network", "n2", "--ip", "10.20.81.2");
	});

	ours("a connect that was killed is begun anew by the next", async () => {
		await sleeper("one", "--network", "n1");
		for (let delay = 4; delay < 40; delay += 4) {
			const connecting = engine.spawn("network", "connect", "n2", "one");
			await Bun.sleep(delay);
			connecting.kill("SIGKILL");
			await connecting.ended(30_000);
			const { code, stderr } = await engine.run("network", "connect", "n2", "one");
			if (code !== 0) expect(stderr).toContain("already exists in network n2");
			expect(await interfaces("one")).toBe("eth0 eth1 lo");
			expect(veths()).toBe(2);
			await inside("one", "ping -c 1 -w 5 10.20.81.1");
			await engine.ok("network", "disconnect", "n2", "one");
			expect(await interfaces("one")).toBe("eth0 lo");
		}
	});
});

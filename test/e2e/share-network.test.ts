/** --network container:NAME: the network of another container, with its names. */

import { describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("--network container:NAME", () => {
	const engine = useEngine("share-network");
	const donor = async (...flags: string[]) =>
		engine.ok("run", "-d", "--name", "donor", ...flags, IMAGE, "sleep", "1000");
	const guest = async (...words: string[]) => engine.ok("run", "--rm", "--network", "container:donor", IMAGE, ...words);

	test("has the donor's interfaces and addresses, found by name and by id", async () => {
		const id = await donor("--network", "bridge");
		const shown = await engine.ok("exec", "donor", "ip", "addr");
		expect(shown).toContain("eth0");
		expect(await guest("ip", "addr")).toBe(shown);
		const words = ["--network", `container:${id.slice(0, 12)}`, IMAGE, "readlink", "/proc/self/ns/net"];
		expect(await engine.ok("run", "--rm", ...words)).toBe(
			await engine.ok("exec", "donor", "readlink", "/proc/self/ns/net"),
		);
		await engine.removeAll();
	});

	ours("has its host name, and the very files of its /etc", async () => {
		await donor("--network", "bridge", "-h", "box", "--add-host", "elsewhere:192.0.2.7");
		expect(await guest("hostname")).toBe("box");
		for (const name of ["hosts", "resolv.conf", "hostname"]) {
			const shown = await engine.ok("exec", "donor", "stat", "-c", "%d:%i", `/etc/${name}`);
			expect(await guest("stat", "-c", "%d:%i", `/etc/${name}`)).toBe(shown);
		}
		await engine.ok("exec", "donor", "sh", "-c", "echo 192.0.2.8 later >> /etc/hosts");
		expect(await guest("cat", "/etc/hosts")).toContain("192.0.2.8 later");
		await engine.removeAll();
	});

	test("reaches the donor through the loopback interface", async () => {
		await engine.ok("run", "-d", "--name", "donor", IMAGE, "nc", "-ll", "-p", "7", "-e", "echo", "hello");
		const out = await guest("sh", "-c", "until nc 127.0.0.1 7 </dev/null 2>/dev/null; do sleep 0.05; done");
		expect(out).toBe("hello");
		await engine.removeAll();
	});

	ours("a guest's guest has the first one's network, and its names", async () => {
		await donor("-h", "box");
		await engine.ok("run", "-d", "--name", "middle", "--network", "container:donor", IMAGE, "sleep", "1000");
		const words = ["--network", "container:middle", IMAGE, "sh", "-c", "hostname; readlink /proc/self/ns/net"];
		const network = await engine.ok("exec", "donor", "readlink", "/proc/self/ns/net");
		expect(await engine.ok("run", "--rm", ...words)).toBe(`box\n${network}`);
		await engine.removeAll();
	});

	ours("inspect shows the donor's id, name and files", async () => {
		const id = await donor("-h", "box");
		await engine.ok("run", "-d", "--name", "guest", "--network", "container:donor", IMAGE, "sleep", "1000");
		const format = "{{.HostConfig.NetworkMode}} {{.Config.Hostname}} {{.HostsPath}}";
		expect(await engine.ok("inspect", "-f", format, "guest")).toBe(
			`container:${id} box ${engine.runRoot}/containers/${id}/hosts`,
		);
		await engine.removeAll();
	});

	ours("a donor that does not run, or is not there, is an error: 125, and 1 for start", async () => {
		const nobody = await engine.run("run", "--rm", "--network", "container:nobody", IMAGE, "true");
		expect(nobody.code).toBe(125);
		expect(nobody.stderr).toContain("No such container: nobody");
		await engine.ok("create", "--name", "donor", IMAGE, "true");
		const still = await engine.run("run", "--rm", "--network", "container:donor", IMAGE, "true");
		expect(still.code).toBe(125);
		expect(still.stderr).toContain("container donor is not running");
		await engine.ok("create", "--name", "guest", "--network", "container:donor", IMAGE, "true");
		await engine.ok("rm", "donor");
		const gone = await engine.run("start", "guest");
		expect(gone.code).toBe(1);
		expect(gone.stderr).toContain("it has been removed");
		await engine.removeAll();
	});

	ours("a guest outlives its donor; started anew it is in the network of the donor's next run", async () => {
		await donor();
		await engine.ok("run", "-d", "--name", "guest", "--network", "container:donor", IMAGE, "sleep", "1000");
		const network = async (name: string) => engine.ok("exec", name, "readlink", "/proc/self/ns/net");
		const first = await network("donor");
		await engine.ok("restart", "-t", "0", "donor");
		expect(await network("guest")).toBe(first);
		await engine.ok("restart", "-t", "0", "guest");
		expect(await network("guest")).toBe(await network("donor"));
		await engine.removeAll();
	});

	ours("a donor that is being restarted is not joined", async () => {
		await engine.ok("run", "-d", "--name", "donor", "--restart", "always", IMAGE, "false");
		let outcome = await engine.run("run", "--rm", "--network", "container:donor", IMAGE, "true");
		while (outcome.code === 0) outcome = await engine.run("run", "--rm", "--network", "container:donor", IMAGE, "true");
		expect(outcome.stderr).toMatch(/container donor is (restarting, wait until it is running|not running)/);
		await engine.removeAll();
	});

	test("a sysctl of the network is the donor's, too", async () => {
		await donor();
		const set = ["--sysctl", "net.ipv4.ip_default_ttl=33"];
		const words = ["--rm", "--network", "container:donor", ...set, IMAGE, "cat", "/proc/sys/net/ipv4/ip_default_ttl"];
		expect(await engine.ok("run", ...words)).toBe("33");
		await engine.removeAll();
	});

	ours("but not where the donor's network is the host's", async () => {
		await donor("--network", "host");
		const set = ["--sysctl", "net.ipv4.ip_default_ttl=33"];
		const outcome = await engine.run("run", "--rm", "--network", "container:donor", ...set, IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("is not allowed in the host's network namespace");
		await engine.removeAll();
	});
});

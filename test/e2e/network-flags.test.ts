/** The flags of networks on `run` and `create`: what the container has of them, and what is refused, in docker's words. */

import { beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready || TARGET === "podman")("network flags", () => {
	const engine = useEngine("network-flags");

	beforeAll(async () => {
		await engine.ok("network", "create", "--subnet", "10.20.80.0/24", "--ipv6", "--subnet", "fd00:20:80::/64", "net");
		await engine.ok("network", "create", "--subnet", "10.20.81.0/24", "second");
	});

	const inside = (flags: string[], ...command: string[]) => engine.ok("run", "--rm", ...flags, IMAGE, ...command);
	const addresses = async (...flags: string[]) => {
		const lines = (await inside(flags, "ip", "-o", "addr")).split("\n");
		const found = lines.map((line) => /^\d+: (\S+) +inet6? (\S+) /.exec(line)).filter((match) => match !== null);
		return found
			.map(([, name, address]) => `${name} ${address}`)
			.filter((text) => !text.startsWith("lo ") && !text.includes("fe80:"));
	};

	describe("give the container", () => {
		test("an address of the default network without any", async () => {
			expect(await addresses()).toEqual([expect.stringMatching(/^eth0 172\.\d+\.\d+\.\d+\/\d+$/)]);
		});

		test("the addresses that it asks for", async () => {
			expect(await addresses("--network", "net", "--ip", "10.20.80.9", "--ip6", "fd00:20:80:0::9")).toEqual([
				"eth0 10.20.80.9/24",
				"eth0 fd00:20:80::9/64",
			]);
			expect(await addresses("--net", "name=net,ip=10.20.80.10")).toContain("eth0 10.20.80.10/24");
		});

		test("an interface for each network, in the order in which they are named", async () => {
			const both = await addresses("--network", "second", "--network", "name=net,ip=10.20.80.11");
			expect(both).toContainEqual(expect.stringMatching(/^eth0 10\.20\.81\.\d+\/24$/));
			expect(both).toContain("eth1 10.20.80.11/24");
		});

		test("further addresses of its link", async () => {
			expect(await addresses("--network", "net", "--link-local-ip", "169.254.7.7")).toContain("eth0 169.254.7.7/16");
		});

		test("the MAC address that it asks for, also on the default network", async () => {
			const read = ["cat", "/sys/class/net/eth0/address"];
			expect(await inside(["--mac-address", "92-D0-C6-0A-29-33"], ...read)).toBe("92:d0:c6:0a:29:33");
			expect(await inside(["--network", "name=net,mac-address=92:d0:c6:0a:29:34"], ...read)).toBe("92:d0:c6:0a:29:34");
		});

		test("its name servers, domains and options", async () => {
			const flags = [
				"--dns",
				"192.0.2.53",
				"--dns-search",
				"example.com",
				"--dns-option",
				"ndots:2",
				"--dns-opt=rotate",
			];
			const file = await inside(flags, "cat", "/etc/resolv.conf");
			expect(file).toContain("nameserver 192.0.2.53\n");
			expect(file).toMatch(/^search example\.com$/m);
			expect(file).toMatch(/^options ndots:2 rotate$/m);
		});
	});

	describe("are refused with 125, and nothing is made:", () => {
		const onUsers = "user specified IP address is supported on user defined networks only";
		const cases: [string[], string][] = [
			[["--network", "nosuch"], "network nosuch not found"],
			[["--network", "net", "--network", "nosuch"], "network nosuch not found"],
			[["--network", "net", "--network", "net"], 'network "net" is specified multiple times'],
			[["--network", "net", "--network", "host"], "conflicting options: cannot attach both"],
			[["--ip", "10.20.80.9"], onUsers],
			[["--network", "none", "--ip", "10.20.80.9"], onUsers],
			[
				["--network", "net", "--ip", "10.20.81.9"],
				"no configured subnet or ip-range contain the IP address 10.20.81.9",
			],
			[["--network", "second", "--ip6", "fd00::9"], "user specified IP address is supported only when connecting"],
			[["--network-alias", "web"], "network-scoped aliases are only supported for user-defined networks"],
			[["--mac-address", "foobar"], "foobar is not a valid mac address"],
			[["-p", "99999:1"], "invalid hostPort: 99999"],
			[["-p", "1:2:3:4"], "invalid IP address: 1:2"],
			[["--dns", "example.com"], "IP address is not correctly formatted: example.com"],
			[["--network", "container:nosuch"], "nosuch"],
			[["--network", "container:nosuch", "-p", "80"], "port publishing and the container type network mode"],
		];
		for (const [flags, sentence] of cases)
			test(flags.join(" "), async () => {
				const { code, stdout, stderr } = await engine.run("run", ...flags, IMAGE, "true");
				expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
				expect(stderr).toStartWith("bunker: ");
				expect(stderr.split("\n")[0]).toContain(sentence);
				expect(await engine.ok("ps", "-aq", "--filter", "status=created")).toBe("");
			});

		test("one network by its name and by its id", async () => {
			const id = await engine.ok("network", "inspect", "-f", "{{.Id}}", "net");
			const { code, stderr } = await engine.run("run", "--network", "net", "--network", id, IMAGE, "true");
			expect(code).toBe(125);
			expect(stderr).toMatch(/^bunker: endpoint with name \w+ already exists in network net\n$/);
			expect(await engine.ok("ps", "-aq")).toBe("");
		});

		test("an address that is taken, when it starts", async () => {
			const flags = ["--rm", "--network", "net", "--ip"];
			await engine.ok("run", "-d", "--name", "first", ...flags, "10.20.80.9", IMAGE, "sleep", "1000");
			for (const address of ["10.20.80.1", "10.20.80.9"]) {
				const { code, stderr } = await engine.run("run", ...flags, address, IMAGE, "true");
				expect({ code, stderr }).toEqual({
					code: 125,
					stderr: `bunker: the address ${address} is already in use\n`,
				});
			}
			await engine.ok("rm", "-f", "first");
		});
	});

	test("ports with the host's network are dropped with docker's warning", async () => {
		const { code, stderr } = await engine.run("run", "--rm", "--network", "host", "-p", "80:80", IMAGE, "true");
		expect({ code, stderr }).toEqual({
			code: 0,
			stderr: "WARNING: Published ports are discarded when using host network mode\n",
		});
	});

	test("--network none has but a loopback", async () => {
		expect(await inside(["--network", "none"], "ls", "/sys/class/net")).toBe("lo");
	});

	test("stats counts what goes over all networks of a container", async () => {
		await engine.ok("run", "-d", "--name", "busy", "--network", "net", "--network", "second", IMAGE, "sleep", "1000");
		await engine.ok("exec", "busy", "ping", "-c", "2", "-i", "0.1", "10.20.80.1");
		await engine.ok("exec", "busy", "ping", "-c", "2", "-i", "0.1", "10.20.81.1");
		const [received, sent] = (await engine.ok("stats", "--no-stream", "--format", "{{.NetIO}}", "busy")).split(" / ");
		for (const amount of [received, sent]) expect(amount).toMatch(/^(\d{3,}B|[\d.]+kB)$/);
		await engine.ok("rm", "-f", "busy");
	});

	test("names of networks are completed, and the help has docker's defaults", async () => {
		const complete = async (...words: string[]) => (await engine.ok("__complete", "bash", ...words)).split("\n");
		expect(await complete("run", "--network", "")).toEqual(["bridge", "host", "net", "none", "second"]);
		expect(await complete("create", "--network=se")).toEqual(["--network=second"]);
		const help = await engine.ok("run", "--help");
		expect(help).toMatch(/--network list .*default bridge/);
		expect(help).toMatch(/-P, --publish-all/);
	});
});

/** What a user sees of the firewall: it is there, it comes back, and it lives beside others'. */

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { generation } from "../../src/network/generation.ts";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";
import { HOST, HOST6, OUTSIDE, OUTSIDE6, Outside, onHost, WIRE } from "./outside.ts";

describe.skipIf(!(ready && requires("outside", "nft", "curl")))("the firewall", () => {
	const engine = useEngine("firewall");
	let outside: Outside;
	/** inet bunker-12345678 */
	let table = "";

	beforeAll(async () => {
		outside = await Outside.open();
		writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
		await engine.ok("network", "create", "other");
		await engine.ok("network", "create", "--internal", "inner");
		await engine.ok("network", "create", "-o", "com.docker.network.bridge.enable_icc=false", "quiet");
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "httpd", "-f", "-p", "80", "-h", "/bin");
		table = onHost("nft list tables").match(/inet bunker-\w+/)?.[0] as string;
	});
	afterEach(() => {
		for (const name of ["ip filter", "ip6 filter"]) Bun.spawnSync(["nft", "delete", "table", ...name.split(" ")]);
	});
	afterAll(() => outside?.close());

	const listed = () => onHost(`nft list table ${table}`);
	const next = () => engine.ok("run", "--rm", IMAGE, "true");
	/** The HTTP status of the published port, as another host sees it; 000: not reached. */
	const seen = async () =>
		(await outside.run("curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", `http://${HOST}:8080/sh`))
			.stdout;
	const addressOf = async (name: string) => (await engine.ok("exec", name, "hostname", "-i")).split(" ")[0] as string;

	ours("names the container of a published port", () => {
		expect(listed()).toMatch(/tcp \. 8080 comment "web" : 172\.\d+\.\d+\.\d+ \. 80/);
	});

	for (const [what, breaking] of [
		["the whole ruleset was flushed", () => "flush ruleset"],
		["its table was deleted", () => `delete table ${table}`],
		["its table was flushed", () => `flush table ${table}`],
		["one chain was emptied", () => `flush chain ${table} forward`],
		["one chain was deleted", () => `flush chain ${table} raw ; nft delete chain ${table} raw`],
		["one rule too many is there", () => `insert rule ${table} forward drop`],
		["one element is gone", () => `delete element ${table} published4 { tcp . 8080 }`],
		[
			"one element leads elsewhere",
			() =>
				`delete element ${table} published4 { tcp . 8080 } ; nft add element ${table} published4 { tcp . 8080 : 192.0.2.9 . 80 }`,
		],
		["an element that nobody knows is there", () => `add element ${table} published4 { tcp . 9 : 192.0.2.9 . 9 }`],
	] as const)
		ours(`is whole again, ports of running containers included, with the next run after ${what}`, async () => {
			const before = listed();
			for (const command of breaking().split(" ; nft ")) onHost(`nft ${command}`);
			await next();
			expect(listed()).toBe(before);
			expect(await seen()).toBe("200");
		});

	ours("is made anew by a bunker with other rules, although nobody has touched it since", async () => {
		const before = listed();
		const note = `${engine.runRoot}/firewall`;
		// As an older one has left it: the comment tells whose rules they are, and the note has no number of theirs.
		writeFileSync(`${engine.directory}/old.nft`, before.replace(/"bunker \d+"/, '"bunker 1"'));
		onHost(`nft delete table ${table}`);
		onHost(`nft -f ${engine.directory}/old.nft`);
		onHost(`nft flush chain ${table} input`);
		onHost(`nft delete chain ${table} input`);
		const { namespace, count } = generation();
		const lines = readFileSync(note, "utf8").split("\n");
		const [, , , ...bridges] = (lines[0] as string).split(" ");
		writeFileSync(note, [[namespace, count, ...bridges].join(" "), ...lines.slice(1)].join("\n"));
		await next();
		expect(listed()).toBe(before);
		expect(await seen()).toBe("200");
	});

	ours("is not touched by a run that finds it whole, nor after one that has published a port", async () => {
		for (const ports of [[], ["-p", "8090:80"]]) {
			const run = (env = {}) => engine.run("run", "--rm", ...ports, IMAGE, "true", { env });
			await run();
			await run();
			const { code, stderr } = await run({ BUNKER_TRACE: "net,time" });
			expect(code).toBe(0);
			expect(stderr).not.toContain("firewall looked at");
		}
	});

	ours("is made once by many that start at the same time after a flush", async () => {
		const before = listed();
		onHost("nft flush ruleset");
		await Promise.all(Array.from({ length: 8 }, next));
		expect(listed()).toBe(before);
	});

	ours("switches forwarding on, again if somebody has switched it off", async () => {
		expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe("1\n");
		writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
		await next();
		expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe("1\n");
		expect(listed()).toContain(`ipv4 . "${WIRE}"`);
	});

	ours("forwards IPv6 for a network that has it, and lets the host go on listening to its routers", async () => {
		for (const name of ["all", "default", WIRE]) writeFileSync(`/proc/sys/net/ipv6/conf/${name}/forwarding`, "0");
		writeFileSync(`/proc/sys/net/ipv6/conf/${WIRE}/accept_ra`, "1");
		await engine.ok("network", "create", "--ipv6", "six");
		await outside.tellClients(8006);
		const { stdout } = await engine.run(
			"run",
			"--rm",
			"--network",
			"six",
			IMAGE,
			"wget",
			"-qO-",
			`http://[${OUTSIDE6}]:8006/`,
		);
		expect(stdout).toBe(HOST6);
		expect(readFileSync(`/proc/sys/net/ipv6/conf/${WIRE}/accept_ra`, "utf8")).toBe("2\n");
		expect(listed()).toContain(`ipv6 . "${WIRE}"`);
	});

	ours("keeps networks apart", async () => {
		const web = await addressOf("web");
		const call = (network: string) => engine.run("run", "--rm", "--network", network, IMAGE, "nc", "-w1", web, "80");
		expect((await call("other")).code).toBe(1);
		expect((await call("bridge")).code).toBe(0);
	});

	ours("lets nothing out of an internal network", async () => {
		await outside.tellClients(8000);
		const ask = (network: string) =>
			engine.run("run", "--rm", "--network", network, IMAGE, "wget", "-qO-", `http://${OUTSIDE}:8000/`);
		expect((await ask("inner")).code).toBe(1);
		expect((await ask("other")).stdout).toBe(HOST);
	});

	ours("lets the world know containers by their own addresses with enable_ip_masquerade=false", async () => {
		await engine.ok(
			"network",
			"create",
			"--ipv6",
			"-o",
			"com.docker.network.bridge.enable_ip_masquerade=false",
			"bare",
		);
		await outside.tellClients(8009);
		const subnets = await engine.ok("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", "bare");
		// The other host has to know the way back, which is what such a network is for.
		for (const subnet of subnets.split(" ").filter(Boolean)) await outside.routes(subnet);
		const ask = async (network: string, address: string) => {
			const script = `ip -o address show dev eth0; wget -qO- http://${address}:8009/`;
			const lines = (await engine.ok("run", "--rm", "--network", network, IMAGE, "sh", "-c", script)).split("\n");
			return { seen: lines.pop(), own: lines.map((line) => /inet6? ([^/]+)/.exec(line)?.[1]) };
		};
		for (const address of [OUTSIDE, `[${OUTSIDE6}]`]) {
			const { seen, own } = await ask("bare", address);
			expect(own).toContain(seen);
		}
		expect((await ask("other", OUTSIDE)).seen).toBe(HOST);
	});

	ours("keeps containers apart on a network with enable_icc=false, and lets them out", async () => {
		await engine.ok("run", "-d", "--name", "alone", "--network", "quiet", IMAGE, "sleep", "1000");
		const ping = (address: string) =>
			engine.run("run", "--rm", "--network", "quiet", IMAGE, "ping", "-c1", "-W1", address);
		expect((await ping(await addressOf("alone"))).code).toBe(1);
		expect((await ping(OUTSIDE)).code).toBe(0);
	});

	ours("passes docker's, and keeps to it once", async () => {
		onHost("nft -f test/unit/golden/firewall-docker-before.nft");
		expect(await seen()).toBe("000");
		await next();
		await next();
		expect(await seen()).toBe("200");
		expect(onHost("nft list chain ip filter DOCKER-USER").match(/jump BUNKER-/g)).toHaveLength(1);
		expect((await engine.run("info")).stderr).not.toContain("FORWARD");
	});

	ours("says what another that drops what is forwarded has to be told", async () => {
		onHost("nft add table ip filter");
		Bun.spawnSync(["nft", "add chain ip filter FORWARD { type filter hook forward priority 0 ; policy drop ; }"]);
		expect((await engine.run("info")).stderr).toMatch(
			/WARNING: the chain FORWARD of the table ip filter drops what containers send and get: iptables -I FORWARD -i \S+ -j ACCEPT/,
		);
	});

	ours("has no more of a container that has ended, nor of a network that was removed", async () => {
		await engine.ok("run", "-d", "--name", "brief", "--network", "other", "-p", "8099:80", IMAGE, "sleep", "1000");
		expect(listed()).toContain('"brief"');
		await engine.ok("rm", "-f", "brief");
		expect(listed()).not.toContain("brief");
		const bridge = `br-${(await engine.ok("network", "inspect", "-f", "{{.ID}}", "other")).slice(0, 12)}`;
		expect(listed()).toContain(bridge);
		await engine.ok("network", "rm", "other");
		expect(listed()).not.toContain(bridge);
	});
});

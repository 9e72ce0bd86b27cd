/** -p: who reaches a published port by which way, and whom the server sees (docker's documentation, Port publishing). */

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { type Engine, IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { HOST, HOST6, OUTSIDE, OUTSIDE6, Outside, onHost, Place, setting } from "./outside.ts";

const able = ready && requires("outside", "curl");

/** The address of the default network's gateway, and a container's network namespace. */
const gatewayOf = async (engine: Engine, name: string) =>
	/via (\S+)/.exec(await engine.ok("exec", name, "ip", "route", "show", "default"))?.[1] as string;
const addressOf = (engine: Engine, name: string) =>
	engine.ok("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.GlobalIPv6Address}}{{end}}", name);
const placeOf = async (engine: Engine, name: string) =>
	new Place(Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", name)));

/** br_netfilter: whether the firewall sees what a bridge passes on. */
const BRIDGED = "net/bridge/bridge-nf-call-iptables";

const curl = (address: string, port = 8080) => `curl -sS -g --max-time 5 http://${address}:${port}/`;

describe.skipIf(!able)("-p", () => {
	const engine = useEngine("publish");
	afterEach(() => engine.removeAll());

	test("httpd is fetched through 127.0.0.1, ::1, the host's addresses, the gateway, and from outside", async () => {
		const site = engine.scratch();
		mkdirSync(`${site}/www`);
		writeFileSync(`${site}/www/index.html`, "published\n");
		await using outside = await Outside.open();
		const httpd = ["httpd", "-f", "-p", "80", "-h", "/www"];
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", "-v", `${site}/www:/www`, IMAGE, ...httpd);
		const gateway = await gatewayOf(engine, "web");
		const place = await placeOf(engine, "web");
		await until("it listens", () => place.listens(80));
		for (const address of ["127.0.0.1", "127.1.2.3", "[::1]", HOST, `[${HOST6}]`, gateway, "localhost"])
			expect([address, onHost(curl(address))]).toEqual([address, "published\n"]);
		for (const address of [HOST, `[${HOST6}]`])
			expect([address, await outside.ok(...curl(address).split(" "))]).toEqual([address, "published"]);
		const fetch = (address: string) => [
			"sh",
			"-c",
			`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${address} 8080 | tail -n 1`,
		];
		for (const address of [gateway, HOST])
			expect([address, await engine.ok("run", "--rm", IMAGE, ...fetch(address))]).toEqual([address, "published"]);
		for (const value of existsSync(`/proc/sys/${BRIDGED}`) ? ["0", "1"] : [undefined]) {
			using _setting = value === undefined ? undefined : setting(BRIDGED, value);
			for (const address of [gateway, HOST])
				expect([address, value, await engine.ok("exec", "web", ...fetch(address))]).toEqual([
					address,
					value,
					"published",
				]);
		}
	});

	test("the server sees the client's own address, but for those of the loopback interface and of IPv6", async () => {
		await using outside = await Outside.open();
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "web");
		const gateway = await gatewayOf(engine, "web");
		await place.tellClients(80);
		expect(await outside.ok(...curl(HOST).split(" "))).toBe(OUTSIDE);
		expect(await outside.ok(...curl(`[${HOST6}]`).split(" "))).toBe(gateway);
		expect(onHost(curl("127.0.0.1"))).toBe(gateway);
		expect(onHost(curl("[::1]"))).toBe(gateway);
		expect(onHost(curl(HOST))).toBe(HOST);
		expect(onHost(curl(gateway))).toBe(gateway);
		await engine.ok("run", "-d", "--name", "other", IMAGE, "sleep", "1000");
		const other = await placeOf(engine, "other");
		const address = /inet ([0-9.]+)/.exec(await engine.ok("exec", "other", "ip", "-4", "addr", "show", "eth0"))?.[1];
		expect([address as string, gateway]).toContain(await other.ok(...curl(HOST).split(" ")));
		await place.close();
	});

	test("a container of another network has it by the host's addresses, and not by the container's own", async () => {
		await using outside = await Outside.open();
		await engine.ok("network", "create", "elsewhere");
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "sleep", "1000");
		await engine.ok("run", "-d", "--name", "stranger", "--network", "elsewhere", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "web");
		const stranger = await placeOf(engine, "stranger");
		await place.tellClients(80);
		const own = /inet ([0-9.]+)/.exec(await engine.ok("exec", "stranger", "ip", "-4", "addr", "show", "eth0"))?.[1];
		const inside = /inet ([0-9.]+)/.exec(await engine.ok("exec", "web", "ip", "-4", "addr", "show", "eth0"))?.[1];
		for (const address of [HOST, await gatewayOf(engine, "web"), await gatewayOf(engine, "stranger")])
			expect([address, await stranger.ok(...curl(address).split(" "))]).toEqual([address, own as string]);
		const refused = await stranger.run("curl", "-sS", "--max-time", "1", `http://${inside}:80/`);
		expect(refused.code).toBe(28);
		expect(outside.pid).toBeGreaterThan(0);
		await place.close();
		await engine.removeAll();
		await engine.ok("network", "rm", "elsewhere");
	});

	test("an address of the host is that one alone", async () => {
		await using outside = await Outside.open();
		await engine.ok(
			"run",
			"-d",
			"--name",
			"web",
			"-p",
			"127.0.0.1:8080:80",
			"-p",
			`[${HOST6}]:8081:80`,
			IMAGE,
			"sleep",
			"1000",
		);
		const place = await placeOf(engine, "web");
		await place.tellClients(80);
		const gateway = await gatewayOf(engine, "web");
		expect(onHost(curl("127.0.0.1"))).toBe(gateway);
		for (const address of ["[::1]", HOST, gateway]) expect(() => onHost(curl(address))).toThrow("exit 7");
		expect((await outside.run(...curl(HOST).split(" "))).code).toBe(7);
		expect(await outside.ok(...curl(`[${HOST6}]`, 8081).split(" "))).toBe(gateway);
		expect(() => onHost(curl("127.0.0.1", 8081))).toThrow("exit 7");
		await place.close();
	});

	test("without an address it is host_binding_ipv4's on a network that says so", async () => {
		const binding = "com.docker.network.bridge.host_binding_ipv4=127.0.0.1";
		await engine.ok("network", "create", "-o", binding, "bound");
		await engine.ok("run", "-d", "--name", "web", "--network", "bound", "-p", "8080:80", IMAGE, "sleep", "1000");
		expect(await engine.ok("port", "web")).toBe("80/tcp -> 127.0.0.1:8080");
		const place = await placeOf(engine, "web");
		await place.tellClients(80);
		expect(onHost(curl("127.0.0.1"))).toBe(await gatewayOf(engine, "web"));
		for (const address of ["[::1]", HOST]) expect(() => onHost(curl(address))).toThrow("exit 7");
		await place.close();
	});

	test("on a network of IPv6 alone it is IPv6's alone", async () => {
		await using outside = await Outside.open();
		await engine.ok("network", "create", "--ipv6", "--ipv4=false", "six");
		await engine.ok("run", "-d", "--name", "web", "--network", "six", "-p", "8080:80", IMAGE, "sleep", "1000");
		expect(await engine.ok("port", "web")).toBe("80/tcp -> [::]:8080");
		const place = await placeOf(engine, "web");
		await place.tellClients(80);
		expect(await outside.ok(...curl(`[${HOST6}]`).split(" "))).toBe(OUTSIDE6);
		expect(onHost(curl("[::1]"))).toMatch(/^fd.*::1$/);
		expect(() => onHost(curl("127.0.0.1"))).toThrow("exit 7");
		await place.close();
		await engine.removeAll();
		await engine.ok("network", "rm", "six");
	});

	ours("without IPv4 a container is reached at once by the address that another has just had", async () => {
		await engine.ok("network", "create", "--ipv6", "--ipv4=false", "six");
		const reached = async (name: string) => {
			await engine.ok("run", "-d", "--name", name, "--network", "six", "-p", "8080:80", IMAGE, "sleep", "1000");
			const place = await placeOf(engine, name);
			await place.tellClients(80);
			const client = onHost(curl(`[${await addressOf(engine, name)}]`, 80));
			await place.close();
			await engine.ok("rm", "-f", name);
			return client;
		};
		expect(await reached("one")).toBe(await reached("other"));
		await engine.ok("network", "rm", "six");
	});

	test("of two networks each leads what is its way to everywhere: IPv4's, or IPv6's", async () => {
		await using outside = await Outside.open();
		await engine.ok("network", "create", "--ipv6", "--ipv4=false", "six");
		await engine.ok("network", "create", "four");
		const networks = ["--network", "six", "--network", "four"];
		await engine.ok("run", "-d", "--name", "web", ...networks, "-p", "8080:80", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "web");
		await place.tellClients(80);
		const clients = async () => [
			await outside.ok(...curl(HOST).split(" ")),
			await outside.ok(...curl(`[${HOST6}]`).split(" ")),
		];
		expect(await clients()).toEqual([OUTSIDE, OUTSIDE6]);
		// Its own ports, by either way.
		expect((await place.ok(...curl(`[${HOST6}]`).split(" "))).startsWith("fd")).toBe(true);
		await engine.ok("network", "disconnect", "six", "web");
		expect(await clients()).toEqual([OUTSIDE, await gatewayOf(engine, "web")]);
		await engine.ok("network", "connect", "six", "web");
		expect(await clients()).toEqual([OUTSIDE, OUTSIDE6]);
		await place.close();
		await engine.removeAll();
		await engine.ok("network", "rm", "four", "six");
	});

	test("datagrams find their way, and the answers theirs", async () => {
		await using outside = await Outside.open();
		await engine.ok("run", "-d", "--name", "dns", "-p", "5300:53/udp", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "dns");
		const gateway = await gatewayOf(engine, "dns");
		await place.tellClients(53, "udp", "0.0.0.0");
		const ask = (address: string) => [process.execPath, "test/e2e/datagram.ts", address, "5300"];
		expect(await outside.ok(...ask(HOST))).toBe(OUTSIDE);
		expect(await outside.ok(...ask(HOST6))).toBe(gateway);
		for (const address of ["127.0.0.1", "::1", HOST6]) expect(onHost(ask(address).join(" "))).toBe(`${gateway}\n`);
		expect(onHost(ask(HOST).join(" "))).toBe(`${HOST}\n`);
		await place.close();
	});

	test("a conversation that began before the port was published goes to the container from then on", async () => {
		await using outside = await Outside.open();
		const ask = [process.execPath, "test/e2e/datagram.ts", HOST, "5300", "40000"];
		const run = () => engine.ok("run", "-d", "--name", "dns", "-p", "5300:53/udp", IMAGE, "sleep", "1000");
		for (let round = 0; round < 2; round++) {
			// Nobody is there, or no longer: the kernel remembers where it went.
			expect((await outside.run("timeout", "0.5", ...ask)).code).not.toBe(0);
			await run();
			const place = await placeOf(engine, "dns");
			await place.tellClients(53, "udp", "0.0.0.0");
			expect(await outside.ok(...ask)).toBe(OUTSIDE);
			await place.close();
			await engine.removeAll();
			// So that it would be another container's address.
			if (round === 0) await engine.ok("run", "-d", "--name", "first", IMAGE, "sleep", "1000");
		}
	});

	test("a conversation with a container that has ended does not go on with the next one that has its address", async () => {
		await using outside = await Outside.open();
		const ask = [process.execPath, "test/e2e/datagram.ts", HOST, "5300", "40001"];
		await engine.ok("run", "-d", "--name", "dns", "-p", "5300:53/udp", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "dns");
		await place.tellClients(53, "udp", "0.0.0.0");
		expect(await outside.ok(...ask)).toBe(OUTSIDE);
		await place.close();
		await engine.removeAll();
		await engine.ok("run", "-d", "--name", "next", IMAGE, "sleep", "1000");
		const next = await placeOf(engine, "next");
		await next.tellClients(53, "udp", "0.0.0.0");
		expect((await outside.run("timeout", "0.5", ...ask)).code).not.toBe(0);
		await next.close();
	});

	for (const [how, take] of [
		["is started", () => engine.ok("run", "-d", "--name", "next", IMAGE, "sleep", "1000")],
		["is connected", () => engine.ok("network", "connect", "bridge", "next")],
	] as const)
		ours(`nor does one with a container whose monitor was killed, with the next one that ${how}`, async () => {
			await using outside = await Outside.open();
			const ask = [process.execPath, "test/e2e/datagram.ts", HOST, "5300", "40002"];
			const addressOf = (name: string) =>
				engine.ok("exec", name, "ip", "-4", "-o", "addr", "show", "to", "172.16.0.0/12");
			await engine.ok("network", "create", "--subnet", "10.83.9.0/24", "elsewhere");
			await engine.ok("run", "-d", "--name", "next", "--network", "elsewhere", IMAGE, "sleep", "1000");
			if (how === "is started") await engine.ok("rm", "-f", "next");
			await engine.ok("run", "-d", "--name", "dns", "-p", "5300:53/udp", IMAGE, "sleep", "1000");
			const place = await placeOf(engine, "dns");
			await place.tellClients(53, "udp", "0.0.0.0");
			expect(await outside.ok(...ask)).toBe(OUTSIDE);
			const address = /inet (\S+)/.exec(await addressOf("dns"))?.[1];
			await place.close();
			process.kill(Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${place.pid}/status`, "utf8"))?.[1]), "SIGKILL");
			await until("the program is dead", () => !isAlive(place.pid));
			await engine.ok("ps");
			await take();
			expect(/inet (\S+)/.exec(await addressOf("next"))?.[1]).toBe(address as string);
			const next = await placeOf(engine, "next");
			await next.tellClients(53, "udp", "0.0.0.0");
			expect((await outside.run("timeout", "0.5", ...ask)).code).not.toBe(0);
			await next.close();
			await engine.removeAll();
			await engine.ok("network", "rm", "elsewhere");
			// A note is there until somebody takes an address, and no longer.
			expect(readdirSync(`${engine.runRoot}/flows`)).toEqual([]);
		});

	test("what somebody has flushed from the firewall is copied until the next start leads it again", async () => {
		await using _outside = await Outside.open();
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "sleep", "1000");
		const place = await placeOf(engine, "web");
		await place.tellClients(80);
		const gateway = await gatewayOf(engine, "web");
		onHost("nft flush ruleset");
		expect(onHost(curl(HOST))).toBe(gateway);
		await engine.ok("run", "--rm", IMAGE, "true");
		expect(onHost(curl(HOST))).toBe(HOST);
		await place.close();
	});
});

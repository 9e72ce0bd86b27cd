/** What the networks' issue promises to show, line by line: bridges, addresses, names, published ports, and nothing left. */

import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { HOST, HOST6, OUTSIDE, Outside, onHost } from "./outside.ts";

const engine = useEngine("net");
let outside: Outside;

const SLEEP = ["sleep", "1000"];
const start = (name: string, network: string, ...flags: string[]) =>
	engine.ok("run", "-d", "--name", name, "--network", network, ...flags, IMAGE, ...SLEEP);

/** The first address of a running container. */
const addressOf = async (name: string) => (await engine.ok("exec", name, "hostname", "-i")).split(" ")[0] as string;

/** True if an answer comes. */
const pings = async (from: string, to: string) =>
	(await engine.run("exec", from, "ping", "-c1", "-W2", to)).stdout.includes("1 packets received");

/** What the host has of networks: interfaces and firewall. A bridge's own address is that of whatever is on it. */
const ofNetworks = () =>
	`${onHost("ip -o link").replace(/ link\/ether \S+/g, "")}${onHost("nft list ruleset")}`
		.replace(/state \w+|<[^>]*>/g, "")
		.replace(/^(\d+)/gm, "");

/** Waits until nothing is there but what was before: the kernel takes a moment for a namespace that is gone. */
async function becomes(before: string): Promise<void> {
	const deadline = Date.now() + 10_000;
	while (ofNetworks() !== before && Date.now() < deadline) await Bun.sleep(50);
	expect(ofNetworks()).toBe(before);
}

/** Rows of addresses and ports that are taken. */
function taken(): object[] {
	const database = new Database(`${engine.root}/bunker.db`, { readonly: true });
	try {
		return database.query<object, []>("SELECT address, container FROM address").all();
	} finally {
		database.close();
	}
}

/** Runs commands, at most some at once. @returns their outcomes */
async function together<Outcome>(count: number, atOnce: number, run: (index: number) => Promise<Outcome>) {
	const outcomes: Outcome[] = [];
	let next = 0;
	const lane = async () => {
		while (next < count) {
			const index = next++;
			outcomes[index] = await run(index);
		}
	};
	await Promise.all(Array.from({ length: atOnce }, lane));
	return outcomes;
}

describe.skipIf(!ready || !requires("outside", "nft", "curl"))("networks show", () => {
	beforeAll(async () => {
		outside = await Outside.open();
	});
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("network", "prune", "-f");
	});
	afterAll(() => outside.close());

	ours("two containers on the default bridge ping each other by address, and the world outside", async () => {
		await start("one", "bridge");
		await start("two", "bridge");
		expect(await pings("one", await addressOf("two"))).toBe(true);
		expect(await pings("two", await addressOf("one"))).toBe(true);
		expect(await pings("one", OUTSIDE)).toBe(true);
	});

	ours("the world outside sees the host's address as the source", async () => {
		await outside.tellClients(8080);
		const fetch = ["wget", "-q", "-O", "-", `http://${OUTSIDE}:8080/`];
		expect(await engine.ok("run", "--rm", IMAGE, ...fetch)).toBe(HOST);
	});

	ours(
		"on a user's network by name; a third on another network cannot; both reach the outside as the host",
		async () => {
			await engine.ok("network", "create", "--subnet", "10.20.80.0/24", "n");
			await engine.ok("network", "create", "m");
			await start("one", "n");
			await start("two", "n");
			await start("third", "m");
			const one = await addressOf("one");
			expect(one).toStartWith("10.20.80.");
			expect(await pings("two", "one")).toBe(true);
			expect(await pings("one", "two")).toBe(true);
			expect(await pings("third", one)).toBe(false);
			expect(await pings("third", "one")).toBe(false);
			expect(await pings("one", await addressOf("third"))).toBe(false);
			const server = await outside.tellClients(8081);
			for (const name of ["one", "two", "third"])
				expect(await engine.ok("exec", name, "wget", "-q", "-O", "-", `http://${OUTSIDE}:8081/`)).toBe(HOST);
			server.kill("SIGKILL");
			await engine.removeAll();
			await engine.ok("network", "rm", "n", "m");
		},
	);

	ours(
		"a published port is fetched from the host, its address and the outside, at IPv4 and IPv6, with curl and wget",
		async () => {
			const page = "echo hello > /index.html; exec httpd -f -h / -p 80";
			await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "sh", "-c", page);
			await until("it listens", async () => (await engine.ok("exec", "web", "netstat", "-tln")).includes(":80 "));
			const clients = [
				["curl", "-s", "-g", "--max-time", "5"],
				["wget", "-q", "-T", "5", "-t", "1", "-O", "-"],
			];
			for (const client of clients) {
				for (const host of ["127.0.0.1", "localhost", "[::1]", HOST, `[${HOST6}]`])
					expect([host, onHost([...client, `http://${host}:8080/`].join(" "))]).toEqual([host, "hello\n"]);
				for (const host of [HOST, `[${HOST6}]`])
					expect([host, await outside.ok(...client, `http://${host}:8080/`)]).toEqual([host, "hello"]);
			}
			expect(await engine.ok("port", "web")).toContain("80/tcp -> 0.0.0.0:8080");
			await engine.removeAll();
			expect((await outside.run("curl", "-s", "--max-time", "5", `http://${HOST}:8080/`)).code).toBe(7);
		},
	);

	ours("the client's address is kept, but for the loopback's clients", async () => {
		await engine.ok("run", "-d", "--name", "seen", "-p", "8090:80", IMAGE, "sh", "-c", SEEN);
		await until("it listens", async () => (await engine.ok("exec", "seen", "netstat", "-tln")).includes(":80 "));
		expect(await outside.ok("curl", "-s", `http://${HOST}:8090/cgi-bin/who`)).toContain(OUTSIDE);
		expect(onHost(`curl -s http://${HOST}:8090/cgi-bin/who`)).toContain(HOST);
		const gateway = await engine.ok("inspect", "-f", "{{.NetworkSettings.Gateway}}", "seen");
		for (const loopback of ["127.0.0.1", "[::1]"])
			expect(onHost(`curl -s -g http://${loopback}:8090/cgi-bin/who`)).toContain(gateway);
	});

	ours(
		"of seventy at once on a /26 sixty-one run, each with its address, nine fail; removed, all addresses are free",
		async () => {
			await engine.ok("network", "create", "--subnet", "10.1.2.0/26", "small");
			const outcomes = await together(70, 70, (index) =>
				engine.run("run", "-d", "--name", `c${index}`, "--network", "small", IMAGE, ...SLEEP, { timeout: 100_000 }),
			);
			const failed = outcomes.filter(({ code }) => code !== 0);
			expect(failed.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(
				Array(9).fill("125 bunker: no free address in 10.1.2.0/26\n"),
			);
			const running = (await engine.ok("ps", "-q")).split("\n");
			expect(running).toHaveLength(61);
			expect(new Set(taken().map((row) => (row as { address: string }).address)).size).toBe(61);
			const inside = await together(61, 8, (index) => addressOf(running[index] as string));
			expect(new Set(inside).size).toBe(61);
			await engine.removeAll();
			expect(taken()).toEqual([]);
		},
	);

	ours("a hundred came and went: interfaces and rules are as after the first", async () => {
		await engine.ok("run", "--rm", IMAGE, "true");
		await until("it is gone", () => !/veth/.test(onHost("ip -o link")));
		const before = ofNetworks();
		const outcomes = await together(100, 8, () => engine.run("run", "--rm", IMAGE, "true"));
		expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
		await becomes(before);
		expect(taken()).toEqual([]);
	});

	ours("a network that was removed is in no rule any more, and one whose bridge has its name works", async () => {
		const bridge = ["-o", "com.docker.network.bridge.name=shown0"];
		for (const name of ["first", "second"]) {
			await engine.ok("network", "create", ...bridge, name);
			expect(await engine.ok("run", "--rm", "--network", name, IMAGE, "ping", "-c1", "-W2", OUTSIDE)).toContain(
				" 1 packets rec",
			);
			expect(onHost("nft list ruleset")).toContain('"shown0"');
			await engine.ok("network", "rm", name);
			expect(onHost("nft list ruleset")).not.toContain('"shown0"');
		}
	});

	ours("after fifty rounds of kill -9 at any moment, and one more command, they are as they were", async () => {
		await engine.ok("run", "--rm", IMAGE, "true");
		await until("it is gone", () => !/veth/.test(onHost("ip -o link")));
		const before = ofNetworks();
		for (let round = 0; round < 50; round++) {
			const program = engine.spawn("run", "--rm", "-p", "8099:80", IMAGE, "sleep", "0.01");
			// Over all of a start, and some of its end.
			await Bun.sleep(round * 2);
			const victims = round % 3 === 0 ? [program.pid] : [...descendants(program.pid), program.pid];
			// Of the processes that it has made one is killed, too: monitor, forwarder, or the program.
			for (const pid of round % 3 === 1 ? victims.slice(0, 1) : victims) killIfAlive(pid);
			if (round % 3 === 1) program.kill("SIGKILL");
			await program.ended();
		}
		await engine.ok("ps", "-a");
		await engine.removeAll();
		await becomes(before);
		expect(taken()).toEqual([]);
	});

	ours("run --explain -p shows bridge, veth, address, route and rules as sentences", async () => {
		const plan = await engine.ok("run", "--explain", "-p", "8080:80", IMAGE, "true");
		for (const word of ["bridge", "veth", "address", "route", "8080"]) expect(plan).toContain(word);
	});
});

const SEEN = `mkdir -p /cgi-bin; printf '#!/bin/sh\\necho; echo $REMOTE_ADDR\\n' > /cgi-bin/who; chmod +x /cgi-bin/who; exec httpd -f -h / -p 80`;

/** Processes that a process has made, and theirs. */
function descendants(pid: number): number[] {
	const children = Bun.spawnSync(["pgrep", "-P", String(pid)])
		.stdout.toString()
		.split("\n")
		.filter(Boolean)
		.map(Number);
	return children.flatMap((child) => [...descendants(child), child]);
}

function killIfAlive(pid: number): void {
	if (isAlive(pid)) Bun.spawnSync(["kill", "-9", String(pid)]);
}

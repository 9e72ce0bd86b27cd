/** What the resolver passes on: to the host's servers, or those of --dns, each with its own way there. */

import { afterEach, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { DnsServer } from "./dns-server.ts";
import { Engine, IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { Place } from "./outside.ts";

/** Addresses of the tests' own host (test/own-network.sh), as resolv.conf names them. */
const FIRST = "127.0.0.54";
const SECOND = "127.0.0.55";

/** bunker on a host whose resolv.conf is the test's. */
class Host extends Engine {
	override get command(): string[] {
		const script = 'if [ -e "$0" ]; then mount --bind "$0" /etc/resolv.conf; fi && exec "$@"';
		return ["unshare", "--mount", "sh", "-c", script, this.resolvConf, ...super.command];
	}

	get resolvConf(): string {
		return `${this.directory}/resolv.conf`;
	}

	override async open(): Promise<void> {
		await super.open();
		this.servers(FIRST, SECOND);
	}

	servers(...addresses: string[]): void {
		writeFileSync(this.resolvConf, addresses.map((address) => `nameserver ${address}\n`).join(""));
	}
}

describe.skipIf(!ready || !requires("outside", "dig", "unshare"))("a name that no container has", () => {
	const engine = useEngine("forward", (name) => new Host(name)) as Host;
	const created: string[] = [];

	const pidOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
	const dig = async (...words: string[]) =>
		new Place(await pidOf("cc")).ok("dig", "@127.0.0.11", "+tries=1", "+time=14", ...words);
	const short = (...words: string[]) => dig("+short", ...words);
	const network = async (...flags: string[]) => {
		await engine.ok("network", "create", ...flags, "n");
		created.push("n");
	};
	const start = (...flags: string[]) =>
		engine.ok("run", "-d", "--name", "cc", "--network", "n", ...flags, IMAGE, "sleep", "1000");

	afterEach(async () => {
		if (!engine.directory) return;
		await engine.removeAll();
		engine.servers(FIRST, SECOND);
		for (const name of created.splice(0)) await engine.ok("network", "rm", name);
	});

	ours(
		"is asked of the host's server, from the host's network; each time from another port, under another id",
		async () => {
			await using server = await DnsServer.open(FIRST);
			server.set("example.test", { data: ["192.0.2.7"] });
			await network();
			await start();
			for (let round = 0; round < 4; round++) expect(await short("example.test")).toBe("192.0.2.7");
			expect(new Set(server.heard.map(({ port }) => port)).size).toBeGreaterThan(2);
			expect(new Set(server.heard.map(({ id }) => id)).size).toBeGreaterThan(2);
			expect(server.heard[0]).toMatchObject({ transport: "udp", type: "A", size: 1232 });
			expect(await dig("nosuch.test")).toContain("status: NXDOMAIN");
			expect(await engine.ok("exec", "cc", "nslookup", "example.test")).toContain("192.0.2.7");
		},
	);

	ours("is asked by TCP where the answer is too long for a datagram", async () => {
		await using server = await DnsServer.open(FIRST);
		const many = Array.from({ length: 90 }, (_, at) => `192.0.2.${at + 1}`);
		server.set("many.test", { truncated: many });
		await network();
		await start();
		expect((await short("many.test")).split("\n").length).toBe(90);
		expect(server.heard.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
		expect(await dig("+ignore", "many.test")).toMatch(/flags: [a-z ]*\btc\b/);
	});

	ours("is asked of the next server where the first fails or is not there", async () => {
		await using second = await DnsServer.open(SECOND);
		second.set("example.test", { data: ["192.0.2.8"] });
		await network();
		await start();
		expect(await short("example.test")).toBe("192.0.2.8");
		await using first = await DnsServer.open(FIRST);
		first.set("example.test", { rcode: 2 });
		expect(await short("example.test")).toBe("192.0.2.8");
		expect(await short("+tcp", "example.test")).toBe("192.0.2.8");
		expect(first.heard.length).toBe(2);
	});

	ours(
		"may take its time: who asks for another is answered meanwhile, and the next server after four seconds",
		async () => {
			await using first = await DnsServer.open(FIRST);
			await using second = await DnsServer.open(SECOND);
			first.set("slow.test", "silent");
			first.set("quick.test", { data: ["192.0.2.9"] });
			second.set("slow.test", { data: ["192.0.2.10"] });
			await network();
			await start();
			let answered = false;
			const slow = short("slow.test").then((found) => {
				answered = true;
				return found;
			});
			await until("the slow one is asked for", () => first.heard.length > 0);
			expect(await short("quick.test")).toBe("192.0.2.9");
			expect(await short("cc")).not.toBe("");
			expect(answered).toBe(false);
			expect(await slow).toBe("192.0.2.10");
		},
	);

	ours("is not answered by who does not know the question's id and name", async () => {
		await using server = await DnsServer.open(FIRST);
		server.set("example.test", { forged: ["203.0.113.66"], data: ["192.0.2.7"] });
		await network();
		await start();
		expect(await short("example.test")).toBe("192.0.2.7");
	});

	ours("is asked of --dns from the container's own network", async () => {
		await network("--subnet", "10.82.1.0/24", "--gateway", "10.82.1.1");
		await start("--dns", "10.82.1.1");
		await using server = await DnsServer.open("10.82.1.1");
		server.set("example.test", { data: ["192.0.2.11"] });
		expect(await short("example.test")).toBe("192.0.2.11");
		expect(await short("+tcp", "example.test")).toBe("192.0.2.11");
	});

	ours("is nobody's on an internal network: the server is not asked", async () => {
		await using server = await DnsServer.open(FIRST);
		server.set("example.test", { data: ["192.0.2.7"] });
		await network("--internal");
		await start();
		expect(await dig("example.test")).toContain("status: SERVFAIL");
		expect(await dig("cc")).toContain("status: NOERROR");
		expect(server.heard).toEqual([]);
	});

	ours("without a dot stays here where --dns-option says ndots", async () => {
		await using server = await DnsServer.open(FIRST);
		server.set("single", { data: ["192.0.2.12"] });
		await network();
		await start("--dns-option", "ndots:1");
		expect(await short("single")).toBe("");
		expect(server.heard).toEqual([]);
		await engine.ok("rm", "-f", "cc");
		await start();
		expect(await short("single")).toBe("192.0.2.12");
	});

	ours("is a failure where there is no server: said at once", async () => {
		await network();
		await start();
		expect(await dig("example.test")).toContain("status: SERVFAIL");
	});
});

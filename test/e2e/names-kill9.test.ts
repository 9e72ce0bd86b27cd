/** Whatever of names is killed: the next command puts it right, and nothing is left. */

import { afterEach, describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { requires } from "../requires.ts";
import { DnsServer } from "./dns-server.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { Place } from "./outside.ts";

describe.skipIf(!ready || !requires("outside", "dig"))("kill -9", () => {
	const engine = useEngine("names-kill9");
	const pidOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
	const resolvers = () => {
		const directory = `${engine.runRoot}/watched`;
		const marks = existsSync(directory) ? readdirSync(directory) : [];
		const pids = marks.filter((mark) => mark.includes("names.")).map((mark) => Number(mark.split("-")[0]));
		return pids.filter(isAlive);
	};
	const start = (name: string) => engine.ok("run", "-d", "--name", name, "--network", "n", IMAGE, "sleep", "1000");
	const ask = (pid: number, ...words: string[]) =>
		new Place(pid).run("dig", "@127.0.0.11", "+short", "+tries=1", "+time=2", ...words);
	const killResolver = async () => {
		const [pid] = resolvers() as [number];
		process.kill(pid, "SIGKILL");
		await until("it is dead", () => !isAlive(pid));
		return pid;
	};

	afterEach(async () => {
		if (!engine.directory) return;
		await engine.removeAll();
		await until("no resolver is left", () => resolvers().length === 0);
		await engine.ok("network", "rm", "n");
	});

	ours("of a resolver: the next command of any kind starts it again, and containers that run ask it", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		await start("c1");
		await start("c2");
		const pid = await pidOf("c1");
		expect((await ask(pid, "c2")).stdout).toBe("10.83.1.3\n");
		const killed = await killResolver();
		expect((await ask(pid, "c2")).code).not.toBe(0);
		await engine.ok("ps");
		expect(resolvers().length).toBe(1);
		expect(resolvers()).not.toContain(killed);
		await until("it answers", async () => (await ask(pid, "c2")).stdout === "10.83.1.3\n");
		expect((await ask(pid, "+tcp", "c2")).stdout).toBe("10.83.1.3\n");
		const tables = await new Place(pid).ok("nft", "list", "tables");
		expect(tables.split("bunker-names").length - 1).toBe(1);
	});

	ours("of a resolver whose containers have ended meanwhile: nobody starts it again", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		await start("c1");
		const program = await pidOf("c1");
		await killResolver();
		process.kill(program, "SIGKILL");
		await until("the container is dead", () => !isAlive(program));
		await engine.ok("ps", "-a");
		await until("no resolver is left", () => resolvers().length === 0);
	});

	for (const other of ["m", "bridge"])
		ours(
			`of a resolver whose container has left its network for ${other}: it is started again all the same`,
			async () => {
				await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
				if (other === "m") await engine.ok("network", "create", "--subnet", "10.83.2.0/24", "m");
				await start("c1");
				await engine.ok("network", "connect", other, "c1");
				await engine.ok("network", "disconnect", "n", "c1");
				const pid = await pidOf("c1");
				expect((await ask(pid, "nobody")).code).toBe(0);
				for (let round = 0; round < 2; round++) {
					await killResolver();
					expect((await ask(pid, "nobody")).code).not.toBe(0);
					await engine.ok("ps");
					await until("it answers", async () => (await ask(pid, "nobody")).code === 0);
					expect(resolvers().length).toBe(1);
				}
				if (other === "m") expect((await ask(pid, "c1")).stdout).toBe("10.83.2.2\n");
				await engine.removeAll();
				await until("no resolver is left", () => resolvers().length === 0);
				expect(readdirSync(`${engine.runRoot}/names`)).toEqual(["lock"]);
				if (other === "m") await engine.ok("network", "rm", "m");
			},
		);

	ours("of the resolver that a container has got instead of the first one's: that one is started again", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		await engine.ok("network", "create", "--subnet", "10.83.2.0/24", "m");
		await start("c1");
		await engine.ok("network", "disconnect", "n", "c1");
		await engine.ok("network", "connect", "m", "c1");
		const pid = await pidOf("c1");
		expect((await ask(pid, "c1")).stdout).toBe("10.83.2.2\n");
		while (resolvers().length > 0) await killResolver();
		await engine.ok("ps");
		await until("it answers", async () => (await ask(pid, "c1")).stdout === "10.83.2.2\n");
		expect(resolvers().length).toBe(1);
		await engine.removeAll();
		await engine.ok("network", "rm", "m");
	});

	ours("of a resolver, then a start on its network: all are served", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		await start("c1");
		await killResolver();
		await start("c2");
		await until("c1 is told", async () => (await ask(await pidOf("c1"), "c2")).stdout === "10.83.1.3\n");
		expect((await ask(await pidOf("c2"), "c1")).stdout).toBe("10.83.1.2\n");
		expect(resolvers().length).toBe(1);
	});

	ours("of the CLI at any moment of a start: what runs is served, sooner or later, and nothing stays", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		for (let delay = 20; delay <= 80; delay += 6) {
			const program = engine.spawn("run", "-d", "--name", "half", "--network", "n", IMAGE, "sleep", "1000");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			if ((await engine.ok("ps")).includes("half")) {
				await start("other");
				const pid = await pidOf("half");
				await until("it is served", async () => (await ask(pid, "other")).stdout !== "");
			}
			await engine.removeAll();
		}
		await until("no resolver is left", () => resolvers().length === 0);
		await engine.becomesClean();
	});

	ours("of a container while it asks a server that says nothing: its interface is gone at once", async () => {
		await engine.ok("network", "create", "--subnet", "10.83.1.0/24", "n");
		await start("stays");
		await using server = await DnsServer.open("10.83.1.1");
		server.set("example.test", "silent");
		await engine.ok("run", "-d", "--name", "cc", "--network", "n", "--dns", "10.83.1.1", IMAGE, "sleep", "1000");
		const pid = await pidOf("cc");
		const place = new Place(pid);
		const asking = ["udp", "tcp"].map((how) =>
			place.spawn("dig", "@127.0.0.11", how === "tcp" ? "+tcp" : "+notcp", "example.test"),
		);
		await until("both are asked", () => server.heard.length >= 2);
		// dig is in its namespace too, and would keep it.
		for (const one of asking) one.kill("SIGKILL");
		await place.close();
		const links = () =>
			Bun.spawnSync(["ip", "-br", "link", "show", "type", "veth"]).stdout.toString().split("veth").length - 1;
		const before = links();
		process.kill(pid, "SIGKILL");
		await until("the veth is gone", () => links() < before, 2000);
	});
});

/** Names of containers: the resolver at 127.0.0.11, as real clients ask it. Its process comes and goes with the containers. */

import { afterEach, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { patience } from "../patience.ts";
import { requires } from "../requires.ts";
import { IMAGE, isAlive, ours, ready, until, untilIdle, useEngine } from "./harness.ts";
import { Place } from "./outside.ts";

describe.skipIf(!ready || !requires("outside", "dig"))("the resolver of a network", () => {
	const engine = useEngine("names");
	const ids = new Map<string, string>();
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const pidOf = async (name: string) => (await inspect(name)).State.Pid as number;
	const network = async (name: string, ...flags: string[]) => {
		ids.set(name, await engine.ok("network", "create", ...flags, name));
	};
	const start = (name: string, on: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--name", name, "--network", on, ...flags, IMAGE, "sleep", "1000");
	/** Pids of the resolvers of this engine, by network. */
	const resolvers = () => {
		const directory = `${engine.runRoot}/watched`;
		const marks = existsSync(directory) ? readdirSync(directory) : [];
		return marks.filter((mark) => mark.includes("names.")).map((mark) => Number(mark.split("-")[0]));
	};
	/** dig in a container's network namespace: the image has none. */
	const dig = async (name: string, ...words: string[]) =>
		new Place(await pidOf(name)).ok("dig", "@127.0.0.11", "+tries=1", "+time=5", ...words);
	const short = (name: string, ...words: string[]) => dig(name, "+short", ...words);

	afterEach(async () => {
		if (!engine.directory) return;
		await engine.removeAll();
		await until("no resolver is left", () => resolvers().length === 0);
		for (const name of ids.keys()) await engine.ok("network", "rm", name);
		ids.clear();
	});

	ours("finds containers by name, alias, short id and host name, however written, and by address", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		const id = await start("web", "n", "--network-alias", "shop", "--hostname", "front");
		await start("client", "n");
		for (const name of ["web", "WEB", "shop", id.slice(0, 12), "front", "web.n", "Shop.N"])
			expect(await short("client", name)).toBe("10.81.1.2");
		expect(await short("client", "-x", "10.81.1.2")).toBe("web.n.");
		expect(await dig("client", "web")).toMatch(/^web\.\s+600\s+IN\s+A\s+10\.81\.1\.2$/m);
		expect(await short("client", "+tcp", "web")).toBe("10.81.1.2");
		expect(await dig("client", "web", "AAAA")).toContain("status: NOERROR");
		expect(await engine.ok("exec", "client", "nslookup", "web")).toContain("10.81.1.2");
		expect(await engine.ok("run", "--rm", "--network", "n", IMAGE, "ping", "-c", "1", "web")).toContain("10.81.1.2");
	});

	ours("answers the first question of a program that asks at once", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		for (let round = 0; round < 3; round++) {
			const found = await engine.ok("run", "--rm", "--name", "self", "--network", "n", IMAGE, "nslookup", "self");
			expect(found).toContain("10.81.1.");
			await until("no resolver is left", () => resolvers().length === 0);
		}
	});

	ours("has all containers of one alias, each first in its turn", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		for (const name of ["p1", "p2", "p3"]) await start(name, "n", "--network-alias", "pool");
		const firsts = new Set<string>();
		for (let round = 0; round < 6; round++) {
			const found = (await short("p1", "pool")).split("\n");
			expect([...found].sort()).toEqual(["10.81.1.2", "10.81.1.3", "10.81.1.4"]);
			firsts.add(found[0] as string);
		}
		expect(firsts.size).toBe(3);
		await engine.ok("rm", "-f", "p2");
		expect((await short("p1", "pool")).split("\n").sort()).toEqual(["10.81.1.2", "10.81.1.4"]);
	});

	ours("knows the networks of who asks, and no others", async () => {
		await network("one", "--subnet", "10.81.1.0/24");
		await network("two", "--subnet", "10.81.2.0/24");
		await start("first", "one");
		await start("second", "two");
		await engine.ok("run", "-d", "--name", "both", "--network", "one", "--network", "two", IMAGE, "sleep", "1000");
		expect(await short("both", "first")).toBe("10.81.1.2");
		expect(await short("both", "second")).toBe("10.81.2.2");
		expect(await short("second", "both")).toBe("10.81.2.3");
		expect(await short("first", "both")).toBe("10.81.1.3");
		expect(await short("first", "both.two")).toBe("");
		expect(await short("first", "second")).toBe("");
		expect(resolvers().length).toBe(2);
	});

	ours("says a container's new name at once, and the old one no longer", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("old-name", "n", "--network-alias", "constant");
		await engine.ok("rename", "old-name", "new-name");
		expect(await short("new-name", "new-name")).toBe("10.81.1.2");
		expect(await short("new-name", "constant")).toBe("10.81.1.2");
		expect(await short("new-name", "old-name")).toBe("");
		expect(await short("new-name", "-x", "10.81.1.2")).toBe("new-name.n.");
	});

	ours("has IPv6 addresses of those that have any, and their names", async () => {
		await network("n", "--subnet", "10.81.1.0/24", "--ipv6", "--subnet", "fd00:81::/64");
		await start("web", "n");
		const { GlobalIPv6Address: address } = (await inspect("web")).NetworkSettings.Networks.n;
		expect(await short("web", "web", "AAAA")).toBe(address);
		expect(await short("web", "web", "A")).toBe("10.81.1.2");
		expect(await short("web", "-x", address)).toBe("web.n.");
	});

	ours("leaves port 53 to the container: on all addresses, and on 127.0.0.1", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("server", "n");
		const place = new Place(await pidOf("server"));
		for (const address of ["0.0.0.0", "127.0.0.1"]) {
			const server = await place.tellClients(53, "tcp", address);
			const datagrams = await place.tellClients(53, "udp", address);
			expect(await place.ok("curl", "-s", "http://127.0.0.1:53")).toContain("127.0.0.1");
			expect(await short("server", "server")).toBe("10.81.1.2");
			expect(await short("server", "+tcp", "server")).toBe("10.81.1.2");
			for (const one of [server, datagrams]) one.kill("SIGKILL");
			await Promise.all([server.ended(), datagrams.ended()]);
		}
	});

	ours("is there for whoever asks from inside, and for nobody else", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("web", "n");
		const host = Bun.spawnSync(["dig", "@127.0.0.11", "+tries=1", "+time=1", "web"]);
		expect(host.exitCode).not.toBe(0);
		const other = Bun.spawnSync(["dig", "@10.81.1.2", "+tries=1", "+time=1", "web"]);
		expect(other.exitCode).not.toBe(0);
	});

	ours("is one for all that start at once, and serves each", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		const names = Array.from({ length: 12 }, (_, at) => `many${at}`);
		await Promise.all(names.map((name) => start(name, "n", "--network-alias", "pool")));
		expect(resolvers().length).toBe(1);
		expect((await short("many0", "+tcp", "pool")).split("\n").length).toBe(12);
		const found = await Promise.all(names.map((name) => short(name, "many0")));
		expect(new Set(found).size).toBe(1);
		expect(found[0]).toMatch(/^10\.81\.1\.\d+$/);
	});

	ours("finds a container again that was restarted, by hand or by its policy", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("client", "n");
		await start("again", "n", "--restart", "always");
		await engine.ok("restart", "-t", "0", "again");
		expect(await short("client", "again")).toBe((await inspect("again")).NetworkSettings.Networks.n.IPAddress);
		const pid = await pidOf("again");
		process.kill(pid, "SIGKILL");
		await until("it runs again", async () => ![0, pid].includes(await pidOf("again")));
		expect(await short("client", "again")).toMatch(/^10\.81\.1\.\d+$/);
		expect(await short("again", "client")).toBe("10.81.1.2");
		expect(resolvers().length).toBe(1);
	});

	ours("lets go of a container that is killed: its interface is gone at once", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("stays", "n");
		await start("goes", "n");
		expect(await short("goes", "stays")).toBe("10.81.1.2");
		const links = () =>
			Bun.spawnSync(["ip", "-br", "link", "show", "type", "veth"]).stdout.toString().split("veth").length - 1;
		const before = links();
		process.kill(await pidOf("goes"), "SIGKILL");
		await until("the veth is gone", () => links() === before - 1, 2000);
		expect(await short("stays", "goes")).toBe("");
	});

	ours("is one process for a network, costs nothing while nobody asks, and goes with the last container", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("c1", "n");
		await start("c2", "n");
		const [pid] = resolvers() as [number];
		expect(resolvers()).toEqual([pid]);
		await until("it has its name", () => readFileSync(`/proc/${pid}/comm`, "utf8") === "bunker-names\n");
		await untilIdle(pid);
		await engine.ok("rm", "-f", "c1");
		expect(await short("c2", "c2")).toBe("10.81.1.3");
		await engine.ok("rm", "-f", "c2");
		await until("it is gone", () => !isAlive(pid));
		expect(readdirSync(`${engine.runRoot}/names`)).toEqual(["lock"]);
	});

	ours("goes on, and answers others, whatever a container sends it", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await start("evil", "n");
		await start("good", "n");
		const [pid] = resolvers() as [number];
		const files = () => readdirSync(`/proc/${pid}/fd`).length;
		await until("it serves both", async () => (await short("good", "evil")) === "10.81.1.2");
		const before = files();
		const flood = new Place(await pidOf("evil")).spawn(process.execPath, "test/e2e/dns-flood.ts");
		for (let round = 0; round < 10; round++) expect(await short("good", "evil")).toBe("10.81.1.2");
		await flood.prints("done", "out", 60_000);
		expect(files()).toBeLessThan(before + 100);
		flood.kill("SIGKILL");
		await flood.ended();
		expect(await short("evil", "good")).toBe("10.81.1.3");
		expect(await short("evil", "+tcp", "good")).toBe("10.81.1.3");
		expect(resolvers()).toEqual([pid]);
		await until("it has closed what it had open for that", () => files() <= before);
	});

	ours("comes with a network that a running container is connected to, and its names go with that", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await network("o", "--subnet", "10.81.2.0/24");
		await start("late", "bridge");
		await start("web", "n");
		await start("other", "o");
		await engine.ok("network", "connect", "--alias", "tardy", "n", "late");
		await until("it asks", async () => (await short("late", "web")) === "10.81.1.2");
		expect(await short("web", "tardy")).toBe("10.81.1.3");
		await engine.ok("network", "connect", "o", "late");
		expect(await short("late", "other")).toBe("10.81.2.2");
		expect(await short("other", "late")).toBe("10.81.2.3");
		await engine.ok("network", "disconnect", "n", "late");
		expect(await short("web", "tardy")).toBe("");
		expect(await short("late", "web")).toBe("");
		expect(await short("late", "other")).toBe("10.81.2.2");
	});

	ours("is another one where a container's first network has gone, and its resolver was killed", async () => {
		await network("n", "--subnet", "10.81.1.0/24");
		await network("o", "--subnet", "10.81.2.0/24");
		await start("mover", "n");
		const [pid] = resolvers() as [number];
		await engine.ok("network", "disconnect", "n", "mover");
		process.kill(pid, "SIGKILL");
		await until("it is dead", () => !isAlive(pid));
		await engine.ok("network", "connect", "o", "mover");
		await until("it asks", async () => (await short("mover", "mover")) === "10.81.2.2");
	});

	ours("is not there for the default network", async () => {
		await start("plain", "bridge");
		expect(resolvers()).toEqual([]);
		const left = () => readdirSync(`${engine.runRoot}/names`).filter((name) => name !== "lock");
		// Those of the networks before may be at their end still.
		const deadline = Date.now() + patience(3000);
		while (existsSync(`${engine.runRoot}/names`) && left().length > 0 && Date.now() < deadline) await Bun.sleep(20);
		expect(existsSync(`${engine.runRoot}/names`) ? left() : []).toEqual([]);
	});
});

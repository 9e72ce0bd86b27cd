/** `network rm`, `network prune`, and what becomes of containers whose network is gone (moby, libnetwork: only those that run keep it). podman keeps its networks below /etc, whatever its roots: none of this is asked of it. */

import { afterEach, describe, expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const links = (): string => Bun.spawnSync(["busybox", "ip", "link"]).stdout.toString();

describe.skipIf(!ready)("networks that go", () => {
	const engine = useEngine("network-rm");
	const custom = async () =>
		(await engine.ok("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}")).split("\n").filter(Boolean);
	const started = async (name: string, ...networks: string[]) =>
		engine.ok("run", "-d", "--name", name, ...networks.flatMap((one) => ["--network", one]), IMAGE, "sleep", "1000");
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("network", "prune", "-f");
	});

	ours("rm does all names, prints those that went, and exits 1 if one did not", async () => {
		await engine.ok("network", "create", "gone1");
		await engine.ok("network", "create", "gone2");
		const outcome = await engine.run("network", "rm", "gone1", "nosuch", "gone2");
		expect(outcome).toMatchObject({ code: 1, stdout: "gone1\ngone2\n" });
		expect(outcome.stderr).toContain("nosuch");
		expect(await custom()).toEqual([]);
	});

	ours("rm -f passes over a network that is not there, and over nothing else", async () => {
		expect(await engine.run("network", "rm", "-f", "nosuch")).toMatchObject({ code: 0, stdout: "", stderr: "" });
		expect(await engine.run("network", "rm", "--force", "host")).toMatchObject({
			code: 1,
			stderr: "bunker: host is a pre-defined network and cannot be removed\n",
		});
	});

	ours("a bridge of somebody else's that has come by the network's name meanwhile is not used, and stays", async () => {
		await engine.ok("network", "create", "-o", "com.docker.network.bridge.name=mine0", "named");
		expect(Bun.spawnSync(["ip", "link", "add", "mine0", "type", "bridge"]).exitCode).toBe(0);
		const outcome = await engine.run("run", "--rm", "--network", "named", IMAGE, "true");
		expect([outcome.code, outcome.stderr]).toEqual([125, expect.stringContaining("it is not ours")]);
		await engine.ok("network", "rm", "named");
		expect(links()).toContain("mine0");
		expect(Bun.spawnSync(["ip", "link", "del", "mine0"]).exitCode).toBe(0);
	});

	ours("rm refuses while a container runs on it, named; its bridge goes with it", async () => {
		const network = await engine.ok("network", "create", "busy");
		const container = await started("user", "busy");
		const endpoint = await engine.ok(
			...["network", "inspect", "-f", "{{range .Containers}}{{slice .EndpointID 0 12}}{{end}}", "busy"],
		);
		expect(await engine.run("network", "rm", "busy")).toMatchObject({
			code: 1,
			stderr: expect.stringContaining(`network busy has active endpoints (name:"user" id:"${endpoint}")`),
		});
		expect(links()).toContain(`br-${network.slice(0, 12)}`);
		await engine.ok("kill", container);
		await engine.ok("wait", container);
		expect((await engine.run("network", "rm", "busy")).stdout).toBe("busy\n");
		expect(links()).not.toContain(`br-${network.slice(0, 12)}`);
	});

	ours("a container that does not run keeps no network; its start says that it is gone", async () => {
		await engine.ok("network", "create", "left");
		await engine.ok("create", "--name", "late", "--network", "left", IMAGE, "true");
		await engine.ok("network", "rm", "left");
		// Another of the same name is another network, as with docker.
		await engine.ok("network", "create", "left");
		expect(await engine.run("start", "late")).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("network left not found"),
		});
		expect(await engine.ok("ps", "-a", "--format", "{{.Networks}}")).toBe("left");
		expect(
			await engine.ok("inspect", "-f", "{{range $name, $one := .NetworkSettings.Networks}}{{$name}}{{end}}", "late"),
		).toBe("left");
		await engine.ok("rm", "late");
	});

	ours("a container whose network is gone ends, and is removed, as any other", async () => {
		await engine.ok("network", "create", "first");
		expect((await engine.run("run", "--name", "x", "--network", "nosuch", IMAGE, "true")).code).toBe(125);
		await started("ends", "first");
		const [removal] = await Promise.all([engine.run("network", "rm", "first"), engine.run("rm", "-f", "ends")]);
		if (removal.code !== 0) await engine.ok("network", "rm", "first");
		await engine.assertClean();
	});

	ours("prune removes what no running container is on, prints the names, and asks as docker does", async () => {
		for (const name of ["used", "unused", "stopped"])
			await engine.ok("network", "create", "--label", `n=${name}`, name);
		await started("runs", "used");
		await engine.ok("create", "--network", "stopped", IMAGE, "true");
		const question =
			"WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue? [y/N] ";
		expect(await engine.run("network", "prune", { stdin: "n\n" })).toMatchObject({ code: 0, stdout: question });
		expect(await engine.ok("network", "prune", "-f", "--filter", "until=1h")).toBe("");
		expect(await engine.run("network", "prune", "-f", "--filter", "label=n=unused")).toMatchObject({
			code: 0,
			stdout: "Deleted Networks:\nunused\n\n",
		});
		expect(await engine.run("network", "prune", "-f")).toMatchObject({
			code: 0,
			stdout: "Deleted Networks:\nstopped\n\n",
		});
		expect(await custom()).toEqual(["used"]);
		expect((await engine.run("network", "prune", "-f", "--filter", "nosuch=x")).code).toBe(1);
	});

	ours("system prune removes them, too, after the containers", async () => {
		await engine.ok("network", "create", "swept");
		const id = await engine.ok("create", "--network", "swept", IMAGE, "true");
		const { stdout } = await engine.run("system", "prune", "-f");
		expect(stdout).toStartWith(`Deleted Containers:\n${id}\n\nDeleted Networks:\nswept\n\n`);
	});

	ours("with the network goes what the firewall says of it; one that was never used leaves it as it is", async () => {
		const rules = () => Bun.spawnSync(["nft", "list", "ruleset"]).stdout.toString();
		if (!requires("nft")) return;
		await engine.ok("network", "create", "unused");
		const before = rules();
		await engine.ok("network", "rm", "unused");
		expect(rules()).toBe(before);
		await engine.ok("run", IMAGE, "true");
		const first = rules();
		await engine.ok("network", "create", "ruled");
		await engine.ok("run", "--network", "ruled", IMAGE, "true");
		expect(rules()).not.toBe(first);
		await engine.ok("network", "rm", "ruled");
		expect(rules()).toBe(first);
	});

	ours(
		"a VLAN that was made as a parent goes with the last network on it, an interface of the host's stays",
		async () => {
			const add = Bun.spawnSync(["busybox", "ip", "link", "add", "trunk0", "type", "bridge"]);
			expect(add.exitCode).toBe(0);
			try {
				const parent = (name: string) => ["-o", `parent=trunk0${name}`];
				await engine.ok("network", "create", "-d", "macvlan", ...parent(""), "--subnet", "10.88.0.0/24", "direct");
				await engine.ok("network", "create", "-d", "macvlan", ...parent(".7"), "--subnet", "10.88.7.0/24", "vlan");
				// Its first container would make it; not every kernel can.
				Bun.spawnSync(["busybox", "ip", "link", "add", "trunk0.7", "type", "bridge"]);
				await engine.ok("network", "create", "-d", "macvlan", ...parent(".7"), "--subnet", "10.88.8.0/24", "same");
				await engine.ok("network", "rm", "direct", "vlan");
				expect(links()).toContain("trunk0.7");
				await engine.ok("network", "rm", "same");
				expect(links()).not.toContain("trunk0.7");
				expect(links()).toContain("trunk0");
			} finally {
				Bun.spawnSync(["busybox", "ip", "link", "del", "trunk0"]);
			}
		},
	);

	ours("the bridge that a killed removal has left goes with the next verb of networks", async () => {
		const id = await engine.ok("network", "create", "killed");
		await engine.ok("network", "rm", "killed");
		// What a kill between the row and the bridge leaves: the note, and the bridge.
		const bridge = `br-${id.slice(0, 12)}`;
		mkdirSync(`${engine.runRoot}/bridges`, { recursive: true });
		writeFileSync(`${engine.runRoot}/bridges/${bridge}`, JSON.stringify({ id, driver: "bridge", options: {} }));
		// As the first container would have made it: by its MAC address it is known to be ours.
		const mac = ["02", ...(id.slice(0, 10).match(/../g) ?? [])].join(":");
		expect(Bun.spawnSync(["ip", "link", "add", bridge, "address", mac, "type", "bridge"]).exitCode).toBe(0);
		expect(links()).toContain(bridge);
		await engine.ok("network", "ls");
		expect(links()).not.toContain(bridge);
	});

	ours("kill -9 of removals leaves no bridge, whenever it comes", async () => {
		for (let round = 0; round < 8; round++) {
			const id = await engine.ok("network", "create", "shot");
			await engine.ok("run", "--rm", "--network", "shot", IMAGE, "true");
			const removal = engine.spawn("network", "rm", "shot");
			await Bun.sleep(round * 8);
			removal.kill("SIGKILL");
			await removal.ended(30_000);
			await engine.ok("network", "prune", "-f");
			expect(links()).not.toContain(`br-${id.slice(0, 12)}`);
		}
	});

	ours("events tell of networks as docker's: made, joined, left, removed", async () => {
		const since = new Date().toISOString();
		const network = await engine.ok("network", "create", "told");
		const container = await engine.ok("run", "-d", "--network", "told", IMAGE, "true");
		await engine.ok("wait", container);
		await engine.ok("ps", "-a");
		const removed = await engine.ok("run", "-d", "--network", "told", IMAGE, "sleep", "1000");
		await engine.ok("rm", "-f", removed);
		await engine.ok("network", "rm", "told");
		await engine.ok("network", "prune", "-f");
		const lines = async (...filters: string[]) =>
			(await engine.ok("events", "--since", since, "--until", "0s", ...filters.flatMap((one) => ["--filter", one])))
				.split("\n")
				.map((line) => line.replace(/^\S+ /, ""));
		const part = (id: string, action: string) =>
			`network ${action} ${network} (container=${id}, name=told, type=bridge)`;
		expect(await lines("type=network")).toEqual([
			`network create ${network} (name=told, type=bridge)`,
			part(container, "connect"),
			part(container, "disconnect"),
			part(removed, "connect"),
			part(removed, "disconnect"),
			`network destroy ${network} (name=told, type=bridge)`,
			"network prune  (reclaimed=0)",
		]);
		expect(await lines("network=told", "event=create")).toEqual([`network create ${network} (name=told, type=bridge)`]);
		expect(await lines(`network=${network.slice(0, 12)}`, "event=destroy")).toHaveLength(1);
	});
});

/** `network ls`, and networks where other verbs find them. podman keeps its networks below /etc, whatever its roots: none of this is asked of it. */

import { describe, expect } from "bun:test";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("network ls", () => {
	const engine = useEngine("network-ls");
	const list = async (...words: string[]) =>
		(await engine.ok("network", "ls", "--format", "{{.Name}}", ...words)).split("\n").filter(Boolean);

	ours("prints docker's table: the predefined networks, and others by name as people count", async () => {
		for (const name of ["net10", "net2"]) await engine.ok("network", "create", name);
		const table = await engine.ok("network", "ls");
		expect(table.replace(/^[0-9a-f]{12}/gm, "ID").split("\n")).toEqual([
			"NETWORK ID     NAME      DRIVER    SCOPE",
			"ID   bridge    bridge    local",
			"ID   host      host      local",
			"ID   net2      bridge    local",
			"ID   net10     bridge    local",
			"ID   none      null      local",
		]);
		expect(await engine.ok("network", "list")).toBe(table);
		expect(await engine.ok("network", "ls", "-q", "--no-trunc")).toMatch(/^([0-9a-f]{64}\n){4}[0-9a-f]{64}$/);
		await engine.ok("network", "remove", "net10", "net2");
	});

	ours("filters take driver, id, label, name, type, scope and dangling", async () => {
		const id = await engine.ok("network", "create", "--label", "team=web", "--internal", "filtered");
		await engine.ok("network", "create", "other");
		await engine.ok("run", "-d", "--name", "on", "--network", "other", IMAGE, "sleep", "1000");
		const filtered = async (...filters: string[]) => list(...filters.flatMap((one) => ["--filter", one]));
		expect(await filtered("label=team=web")).toEqual(["filtered"]);
		expect(await filtered("label=team", "name=oth")).toEqual([]);
		expect(await filtered(`id=${id.slice(0, 20)}`)).toEqual(["filtered"]);
		expect(await filtered("name=^filt")).toEqual(["filtered"]);
		expect(await filtered("driver=nosuch")).toEqual([]);
		expect(await filtered("dangling=true")).toEqual(["filtered"]);
		expect(await filtered("dangling=false")).toContain("other");
		await engine.ok("rm", "-f", "on");
		expect(await filtered("dangling=true")).toEqual(["filtered", "other"]);
		await engine.ok("network", "rm", "filtered", "other");
	});

	ours("filters by type and scope, and one that is none is an error", async () => {
		const filtered = async (filter: string) => list("--filter", filter);
		expect(await filtered("type=builtin")).toEqual(["bridge", "host", "none"]);
		expect(await filtered("type=custom")).toEqual([]);
		expect(await filtered("scope=local")).toHaveLength(3);
		expect(await filtered("driver=null")).toEqual(["none"]);
		for (const filter of ["nosuch=x", "type=nosuch", "dangling=maybe"])
			expect([filter, (await engine.run("network", "ls", "-f", filter)).code]).toEqual([filter, 1]);
	});

	ours("--format has docker's fields and no others", async () => {
		await engine.ok("network", "create", "--ipv6", "--label", "b=2", "--label", "a=1", "fields");
		const [line] = await list("--filter", "name=fields", "--format", "{{json .}}");
		expect(JSON.parse(line as string)).toEqual({
			CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC$/),
			Driver: "bridge",
			ID: expect.stringMatching(/^[0-9a-f]{12}$/),
			IPv4: "true",
			IPv6: "true",
			Internal: "false",
			Labels: "a=1,b=2",
			Name: "fields",
			Scope: "local",
		});
		expect(await list("--format", 'table {{.Name}}\t{{.Label "a"}}', "--filter", "name=fields")).toEqual([
			"NAME      a",
			"fields    1",
		]);
		const wrong = await engine.run("network", "ls", "--format", "{{.Nosuch}}");
		expect(wrong.code).toBe(1);
		expect(wrong.stderr).toContain("Nosuch");
		await engine.ok("network", "rm", "fields");
	});

	ours("inspect finds networks: with --type, and of a name that no container or image has", async () => {
		await engine.ok("network", "create", "plain");
		for (const flags of [[], ["--type", "network"]])
			expect(await engine.ok("inspect", ...flags, "-f", "{{.Name}} {{.Driver}}", "plain")).toBe("plain bridge");
		await engine.ok("network", "rm", "plain");
	});

	ours("a name of nothing: an empty list, and an error", async () => {
		expect(await engine.run("network", "inspect", "nosuch")).toMatchObject({
			code: 1,
			stdout: "[]\n",
			stderr: "bunker: network nosuch not found\n",
		});
		expect(await engine.run("inspect", "nosuch")).toMatchObject({
			code: 1,
			stdout: "[]\n",
			stderr: "bunker: No such object: nosuch\n",
		});
	});

	ours("names are completed", async () => {
		await engine.ok("network", "create", "complete-me");
		for (const words of [
			["network", "rm", "comp"],
			["network", "inspect", "comp"],
			["run", "--network", "comp"],
		])
			expect(await engine.ok("__complete", "bash", ...words)).toBe("complete-me");
		expect(await engine.ok("__complete", "bash", "network", "cr")).toBe("create");
		await engine.ok("network", "rm", "complete-me");
	});
});

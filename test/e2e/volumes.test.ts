/** `volume create ls inspect rm prune`, and volumes where other verbs find them. */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import reference from "../reference/inspect-volume.json";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("volume", () => {
	const engine = useEngine("volumes");
	const list = async (...words: string[]) =>
		(await engine.ok("volume", "ls", "-q", ...words)).split("\n").filter(Boolean);
	const inspect = async (name: string) => JSON.parse(await engine.ok("volume", "inspect", name))[0];
	const content = (name: string) => `${engine.root}/volumes/${name}/_data`;
	/** A container that uses volumes and has ended. @returns its id */
	const user = async (name: string, ...volumes: string[]) => {
		await engine.ok("run", "--name", name, ...volumes.flatMap((volume) => ["-v", volume]), IMAGE, "true");
		return (await engine.ok("ps", "-aq", "--no-trunc", "--filter", `name=${name}`)).trim();
	};
	const failing = async (code: number, ...words: string[]) => {
		const outcome = await engine.run(...words);
		expect([words.join(" "), outcome.code, outcome.stdout]).toEqual([words.join(" "), code, ""]);
		return outcome.stderr;
	};

	test("create prints the name, ls lists it, and what is written to it outlives the container", async () => {
		expect(await engine.ok("volume", "create", "data")).toBe("data");
		expect(await list()).toEqual(["data"]);
		await engine.ok("run", "--rm", "-v", "data:/in", IMAGE, "sh", "-c", "echo kept > /in/file");
		const mountpoint = await engine.ok("volume", "inspect", "-f", "{{.Mountpoint}}", "data");
		expect(readFileSync(`${mountpoint}/file`, "utf8")).toBe("kept\n");
		expect(await engine.ok("run", "--rm", "-v", "data:/in", IMAGE, "cat", "/in/file")).toBe("kept");
		expect(await engine.ok("volume", "rm", "data")).toBe("data");
		expect(existsSync(mountpoint)).toBe(false);
	});

	ours("create of one that is there is no error; with other options it is, other labels are said", async () => {
		const options = ["-o", "type=tmpfs", "-o", "device=tmpfs"];
		await engine.ok("volume", "create", "--label", "a=b", ...options, "data");
		for (const more of [[], options, ["-d", "local"], ["--label", "a=b"]])
			expect(await engine.run("volume", "create", ...more, "data")).toMatchObject({
				code: 0,
				stdout: "data\n",
				stderr: "",
			});
		const labelled = await engine.run("volume", "create", "--label", "c=d", "data");
		expect([labelled.code, labelled.stdout]).toEqual([0, "data\n"]);
		expect(labelled.stderr).toContain("there is a volume data already, without the label c=d");
		const stderr = await failing(1, "volume", "create", "-o", "type=nfs", "-o", "device=:/x", "data");
		expect(stderr).toStartWith("bunker: create data: there is a volume of that name already, with type=tmpfs");
		expect((await inspect("data")).Labels).toEqual({ a: "b" });
		await engine.ok("volume", "rm", "data");
	});

	ours("create without a name makes one up, of 64 digits, with docker's label", async () => {
		const name = await engine.ok("volume", "create", "--label", "mine");
		expect(name).toMatch(/^[0-9a-f]{64}$/);
		expect((await inspect(name)).Labels).toEqual({ "com.docker.volume.anonymous": "", mine: "" });
		expect(await engine.ok("volume", "create", "--name", "old-style")).toBe("old-style");
		expect(await failing(1, "volume", "create", "--name", "a0", "b0")).toContain("conflicting options");
		await engine.ok("volume", "rm", name, "old-style");
	});

	ours("create refuses with 1 what cannot be, with 125 what is no flag, and makes nothing", async () => {
		expect(await failing(1, "volume", "create", "x")).toContain("create x: volume name is too short");
		for (const name of ["../up", "a/b", ".hidden", "/abs"])
			expect(await failing(1, "volume", "create", name)).toContain("includes invalid characters");
		expect(await failing(1, "volume", "create", "-d", "nosuch", "data")).toContain('volume driver "nosuch" not found');
		expect(await failing(1, "volume", "create", "-o", "foo=bar", "data")).toContain('invalid option: "foo"');
		expect(await failing(1, "volume", "create", "-o", "type=tmpfs", "data")).toContain("missing required option");
		expect(await failing(1, "volume", "create", "-o", "size=much", "data")).toContain("invalid size: 'much'");
		expect(await failing(1, "volume", "create", "a0", "b0")).toContain("at most 1 argument");
		expect(await failing(125, "volume", "create", "--label", "=x", "data")).toContain('invalid label "=x"');
		expect(await failing(125, "volume", "create", "--group", "x", "data")).toContain("--group is not supported");
		expect(await failing(125, "run", "-v", "x:/in", IMAGE, "true")).toContain("volume name is too short");
		expect([
			await list(),
			readdirSync(engine.root).includes("volumes") && readdirSync(`${engine.root}/volumes`),
		]).toEqual([[], []]);
		await engine.assertClean();
	});

	ours("ls prints docker's table, as people count, and takes docker's filters", async () => {
		for (const name of ["vol10", "vol2"]) await engine.ok("volume", "create", "--label", `n=${name}`, name);
		await user("uses", "vol2:/in");
		expect((await engine.ok("volume", "ls")).split("\n")).toEqual([
			"DRIVER    VOLUME NAME",
			"local     vol2",
			"local     vol10",
		]);
		expect(await engine.ok("volume", "list")).toBe(await engine.ok("volume", "ls"));
		const filtered = (...filters: string[]) => list(...filters.flatMap((one) => ["--filter", one]));
		expect(await filtered("dangling=true")).toEqual(["vol10"]);
		expect(await filtered("dangling=false")).toEqual(["vol2"]);
		expect(await filtered("label=n=vol10")).toEqual(["vol10"]);
		expect(await filtered("label=n", "name=2$")).toEqual(["vol2"]);
		expect(await filtered("driver=local", "name=1")).toEqual(["vol10"]);
		expect(await filtered("driver=nosuch")).toEqual([]);
		for (const wrong of ["nosuch=x", "dangling=maybe"]) await failing(1, "volume", "ls", "-f", wrong);
		await engine.ok("rm", "uses");
		await engine.ok("volume", "remove", "vol10", "vol2");
	});

	ours("ls --format has docker's fields, sizes and links not said", async () => {
		await engine.ok("volume", "create", "--label", "b=2", "--label", "com.x.team=1", "data");
		expect(JSON.parse(await engine.ok("volume", "ls", "--format", "json"))).toEqual({
			Availability: "N/A",
			Driver: "local",
			Group: "N/A",
			Labels: "b=2,com.x.team=1",
			Links: "N/A",
			Mountpoint: content("data"),
			Name: "data",
			Scope: "local",
			Size: "N/A",
			Status: "N/A",
		});
		const format = (text: string) => engine.ok("volume", "ls", "--format", text);
		expect((await format('table {{.Name}}\t{{.Size}}\t{{.Label "com.x.team"}}')).split("\n")).toEqual([
			"VOLUME NAME   SIZE      team",
			"data          N/A       1",
		]);
		expect(await format("raw")).toBe("name: data\ndriver: local\n");
		expect(await engine.ok("volume", "ls", "-q", "--format", "raw")).toBe("name: data");
		expect(await failing(1, "volume", "ls", "--format", "{{.Nosuch}}")).toContain("Nosuch");
		await engine.ok("volume", "rm", "data");
	});

	ours("inspect prints docker's JSON, and inspect finds volumes after containers, images and networks", async () => {
		await engine.ok("volume", "create", "plain");
		const found = await inspect("plain");
		expect(Object.keys(found)).toEqual(Object.keys(reference[0] as object));
		expect(found).toEqual({
			CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/),
			Driver: "local",
			Labels: null,
			Mountpoint: content("plain"),
			Name: "plain",
			Options: null,
			Scope: "local",
		});
		for (const flags of [[], ["--type", "volume"]])
			expect(JSON.parse(await engine.ok("inspect", ...flags, "plain"))).toEqual([found]);
		await engine.ok("network", "create", "plain");
		expect(await engine.ok("inspect", "-f", "{{.Name}} {{.Driver}}", "plain")).toBe("plain bridge");
		expect(await engine.ok("inspect", "--type", "volume", "-f", "{{.Driver}} {{.Labels}}", "plain")).toBe(
			"local map[]",
		);
		await engine.ok("network", "rm", "plain");
		const missing = await engine.run("volume", "inspect", "plain", "nosuch");
		expect([missing.code, JSON.parse(missing.stdout)]).toEqual([1, [found]]);
		expect(missing.stderr).toContain("get nosuch: no such volume");
		expect((await engine.run("inspect", "nosuch")).stderr).toContain("No such object: nosuch");
		await engine.ok("volume", "rm", "plain");
	});

	ours("rm of a volume in use is refused and names who uses it; others are removed", async () => {
		for (const name of ["data", "free"]) await engine.ok("volume", "create", name);
		const ids = [await user("one", "data:/in"), await user("two", "data:/in:ro")].sort();
		const outcome = await engine.run("volume", "rm", "data", "free", "nosuch");
		expect([outcome.code, outcome.stdout]).toEqual([1, "free\n"]);
		expect(outcome.stderr.split("\n")).toEqual([
			`bunker: remove data: volume is in use - [${ids.join(", ")}]`,
			"bunker: get nosuch: no such volume",
			"",
		]);
		expect((await engine.run("volume", "rm", "-f", "data")).stderr).toMatch(
			/remove these containers first: (one|two), /,
		);
		expect(await engine.ok("volume", "rm", "-f", "nosuch")).toBe("nosuch");
		await engine.ok("rm", "one", "two");
		expect(await engine.ok("volume", "rm", "data")).toBe("data");
	});

	ours("rm takes a name for a name: no path, and no pattern", async () => {
		mkdirSync(`${engine.root}/keep`);
		await engine.ok("volume", "create", "data");
		for (const name of ["../keep", "..", ".", "", "dat", "da*", "data/", "data/_data"])
			expect(await failing(1, "volume", "rm", name)).toContain("no such volume");
		expect([existsSync(`${engine.root}/keep`), existsSync(content("data"))]).toEqual([true, true]);
		Bun.spawnSync(["rmdir", `${engine.root}/keep`]);
		await engine.ok("volume", "rm", "data");
	});

	ours("prune removes those without a name, -a the others that nobody uses, and asks before", async () => {
		await engine.ok("volume", "create", "named");
		const anonymous = await engine.ok("volume", "create");
		await user("keeps", "used:/in", "/anonymous");
		writeFileSync(`${content(anonymous)}/file`, "x".repeat(1234));
		const question = (which: string) =>
			`WARNING! This will remove ${which} local volumes not used by at least one container.\nAre you sure you want to continue? [y/N] `;
		expect(await engine.run("volume", "prune", { stdin: "n\n" })).toMatchObject({
			code: 0,
			stdout: question("anonymous"),
		});
		expect((await engine.run("volume", "prune", { stdin: "y\n" })).stdout).toBe(
			`${question("anonymous")}Deleted Volumes:\n${anonymous}\n\nTotal reclaimed space: 1.234kB\n`,
		);
		expect(await engine.ok("volume", "prune", "-f")).toBe("Total reclaimed space: 0B");
		expect((await engine.run("volume", "prune", "-a", { stdin: "y\n" })).stdout).toBe(
			`${question("all")}Deleted Volumes:\nnamed\n\nTotal reclaimed space: 0B\n`,
		);
		expect(await list("--filter", "name=^used$")).toEqual(["used"]);
		await engine.ok("rm", "-v", "keeps");
		expect(await engine.ok("volume", "prune", "-f", "--filter", "all=1")).toContain("Deleted Volumes:\nused\n");
		expect(await list()).toEqual([]);
	});

	ours("prune filters by label, and refuses what is no filter before it asks", async () => {
		for (const name of ["one", "two"]) await engine.ok("volume", "create", "--label", `keep=${name}`, name);
		await engine.ok("volume", "prune", "-a", "-f", "--filter", "label!=keep=one", "--filter", "label=keep");
		expect(await list()).toEqual(["one"]);
		for (const words of [["until=1h"], ["all=maybe"], ["all=1", "-a"], ["all=1", "--filter", "all=0"]])
			await failing(1, "volume", "prune", "--filter", ...words);
		expect(await engine.ok("volume", "prune", "-a", "-f")).toContain("Deleted Volumes:\none\n");
	});

	ours("system prune --volumes takes the anonymous ones, system prune none", async () => {
		await engine.ok("volume", "create", "named");
		const name = await engine.ok("volume", "create");
		await engine.ok("system", "prune", "-f");
		expect((await list()).sort()).toEqual([name, "named"].sort());
		expect(await engine.ok("system", "prune", "-f", "--volumes")).toBe(
			`Deleted Volumes:\n${name}\n\nTotal reclaimed space: 0B`,
		);
		expect(await list()).toEqual(["named"]);
		await engine.ok("volume", "rm", "named");
	});

	ours("system df counts them, those in use apart, and -v lists each", async () => {
		await engine.ok("volume", "create", "big");
		writeFileSync(`${content("big")}/file`, "x".repeat(3000));
		await user("keeps", "small:/in");
		writeFileSync(`${content("small")}/file`, "x".repeat(1000));
		await engine.ok("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "mounted");
		const df = (...words: string[]) => engine.ok("system", "df", ...words);
		expect((await df()).split("\n")[3]?.split(/ {2,}/)).toEqual(["Local Volumes", "2", "1", "4kB", "3kB (75%)"]);
		expect(await df("-v")).toContain(
			"Local Volumes space usage:\n\nVOLUME NAME   LINKS     SIZE\nbig           0         3kB\nsmall         1         1kB\n",
		);
		expect(JSON.parse(await df("-v", "--format", "json")).Volumes).toMatchObject([
			{ Name: "big", Links: "0", Size: "3kB", Availability: "N/A", Mountpoint: content("big") },
			{ Name: "small", Links: "1", Size: "1kB" },
		]);
		await engine.ok("rm", "keeps");
		await engine.ok("volume", "rm", "big", "small", "mounted");
	});

	ours("what a directory without a row holds is counted, taken up by who uses its name, and pruned", async () => {
		mkdirSync(content("left"), { recursive: true });
		writeFileSync(`${content("left")}/file`, "found");
		expect(await list()).toEqual([]);
		expect(await engine.ok("system", "df", "-v")).toContain("left          0         5B");
		expect(await engine.ok("run", "--rm", "-v", "left:/in", IMAGE, "cat", "/in/file")).toBe("found");
		await engine.ok("volume", "rm", "left");
		mkdirSync(content("left"), { recursive: true });
		expect(await engine.ok("volume", "prune", "-f")).not.toContain("left");
		expect(await engine.ok("volume", "prune", "-f", "-a")).toContain("Deleted Volumes:\nleft\n");
		expect(existsSync(content("left"))).toBe(false);
	});

	ours("their names are completed", async () => {
		await engine.ok("volume", "create", "completed");
		for (const verb of ["rm", "inspect"])
			expect(await engine.ok("__complete", "bash", "volume", verb, "comp")).toBe("completed");
		expect(await engine.ok("__complete", "bash", "volume", "create", "comp")).toBe("");
		await engine.ok("volume", "rm", "completed");
	});
});

/** `events`: what happens is told in order, at once, in docker's form, and nothing wakes up for nothing. */

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, until, untilIdle, useEngine } from "./harness.ts";

// podman's events have other names and another form: what is docker's here is so by reference/api-events.jsonl and moby.
describe.skipIf(!ready)("events", () => {
	const engine = useEngine("events");
	const past = (...words: string[]) => engine.ok("events", "--since", "1h", "--until", "0s", ...words);
	const actionsOf = async (name: string) =>
		(await past("-f", `container=${name}`, "--format", "{{.Action}}")).split("\n").filter(Boolean);

	ours("of run --rm in the foreground: create, attach, start, die, destroy", async () => {
		await engine.run("run", "--rm", "--name", "brief", IMAGE, "sh", "-c", "exit 3");
		expect(await actionsOf("brief")).toEqual(["create", "attach", "start", "die", "destroy"]);
	});

	ours("of stop, start, kill and rm: each with what docker says of it", async () => {
		await engine.ok("run", "-d", "--name", "verbs", IMAGE, "sleep", "1000");
		await engine.ok("stop", "-t", "0", "verbs");
		await engine.ok("start", "verbs");
		await engine.ok("kill", "verbs");
		await engine.ok("rm", "verbs");
		const lines = await past("-f", "container=verbs", "--format", "{{.Action}} {{.Actor.Attributes.signal}}");
		expect(lines.split("\n").map((line) => line.replace(" <no value>", "").trim())).toEqual([
			"create",
			"start",
			"kill 15",
			"kill 9",
			"die",
			"stop",
			"start",
			"kill 9",
			"die",
			"destroy",
		]);
	});

	ours("of a volume: made, mounted and unmounted with its container, gone, as docker's API has them", async () => {
		const name = "told";
		await engine.ok("run", "--name", "teller", "-v", `${name}:/in`, "-v", `${name}:/also:ro`, IMAGE, "true");
		const id = (await engine.ok("ps", "-aq", "--no-trunc", "--filter", "name=teller")).trim();
		await engine.ok("rm", "teller");
		await engine.ok("volume", "rm", name);
		const lines = (await past("-f", `volume=${name}`, "--format", "{{.Action}} {{json .Actor}}")).split("\n");
		const driver = "local";
		const mounted = { container: id, driver, propagation: "" };
		expect(lines.map((line) => [line.split(" ")[0], JSON.parse(line.slice(line.indexOf("{")))])).toEqual([
			["create", { ID: name, Attributes: { driver } }],
			["mount", { ID: name, Attributes: { ...mounted, destination: "/in", "read/write": "true" } }],
			["mount", { ID: name, Attributes: { ...mounted, destination: "/also", "read/write": "false" } }],
			["unmount", { ID: name, Attributes: { container: id, driver } }],
			["unmount", { ID: name, Attributes: { container: id, driver } }],
			["destroy", { ID: name, Attributes: { driver } }],
		]);
		const order = (await past("--format", "{{.Type}} {{.Action}}")).split("\n").slice(-10);
		expect(order.indexOf("volume mount")).toBeLessThan(order.indexOf("container start"));
		expect(order.lastIndexOf("volume unmount")).toBeLessThan(order.indexOf("container die"));
	});

	ours("of volume prune: what came free", async () => {
		await engine.ok("volume", "create");
		await engine.ok("volume", "prune", "-f");
		const last = (await past("--filter", "type=volume")).split("\n").at(-1);
		expect(last).toMatch(/ volume prune {2}\(reclaimed=0\)$/);
	});

	ours("of exec: created, started, ended with its exit code, all of one id", async () => {
		await engine.ok("run", "-d", "--name", "ex", IMAGE, "sleep", "1000");
		await engine.run("exec", "ex", "sh", "-c", "exit 4");
		const lines = (await past("-f", "container=ex", "--format", "{{json .Actor.Attributes}} {{.Action}}")).split("\n");
		const execs = lines.filter((line) => line.includes("exec"));
		expect(execs.map((line) => line.slice(line.indexOf("} ") + 2))).toEqual([
			"exec_create: sh -c exit 4",
			"exec_start: sh -c exit 4",
			"exec_die",
		]);
		const ids = execs.map((line) => JSON.parse(line.slice(0, line.indexOf("} ") + 1)));
		expect(new Set(ids.map(({ execID }) => execID)).size).toBe(1);
		expect(ids[2]).toMatchObject({ exitCode: "4", image: IMAGE, name: "ex" });
		await engine.ok("rm", "-f", "ex");
	});

	ours("of rm -f with several names: one kill each", async () => {
		for (const name of ["first", "second"]) await engine.ok("run", "-d", "--name", name, IMAGE, "sleep", "1000");
		await engine.ok("rm", "-f", "first", "second");
		for (const name of ["first", "second"])
			expect(await actionsOf(name)).toEqual(["create", "start", "kill", "die", "destroy"]);
	});

	// moby, daemon/commit.go, export.go, top_unix.go
	ours("of commit, export and top: each once, commit with what it has made", async () => {
		await engine.ok("run", "-d", "--name", "read", IMAGE, "sleep", "1000");
		const image = await engine.ok("commit", "-m", "why", "read", "made:1");
		await engine.ok("export", "-o", `${engine.directory}/read.tar`, "read");
		await engine.ok("top", "read");
		const lines = (await past("-f", "container=read", "--format", "{{.Action}} {{json .Actor.Attributes}}")).split(
			"\n",
		);
		expect(lines.map((line) => line.split(" ")[0])).toEqual([
			"create",
			"start",
			"pause",
			"commit",
			"unpause",
			"export",
			"top",
		]);
		expect(JSON.parse((lines[3] as string).slice("commit ".length))).toEqual({
			comment: "why",
			image: IMAGE,
			imageID: image,
			imageRef: "made:1",
			name: "read",
		});
		await engine.ok("rm", "-f", "read");
		await engine.ok("rmi", "made:1");
	});

	// moby, daemon/internal/image/tarexport/save.go
	ours("of save: one for each image", async () => {
		await engine.ok("save", "-o", `${engine.directory}/saved.tar`, IMAGE);
		expect((await past("-f", "type=image", "-f", "event=save", "--format", "{{.Action}}")).split("\n")).toEqual([
			"save",
		]);
	});

	ours("of images: tag, untag, delete", async () => {
		await engine.ok("tag", IMAGE, "other:1");
		await engine.ok("rmi", "other:1");
		const lines = await past("-f", "type=image", "--format", "{{.Action}} {{.Actor.Attributes.name}}");
		expect(lines.split("\n").slice(0, 2)).toEqual([`tag ${IMAGE}:latest`, expect.stringMatching(/^import sha256:/)]);
		expect(lines.split("\n").slice(-2)).toEqual(["tag other:1", expect.stringMatching(/^untag sha256:/)]);
	});

	ours("of rename, restart, top, export, commit and save: each by docker's name", async () => {
		await engine.ok("run", "-d", "--name", "more", IMAGE, "sleep", "1000");
		await engine.ok("rename", "more", "renamed");
		await engine.ok("restart", "-t", "0", "renamed");
		await engine.ok("top", "renamed");
		await engine.ok("export", "-o", `${engine.scratch()}/tree.tar`, "renamed");
		const image = await engine.ok("commit", "renamed");
		await engine.ok("save", "-o", `${engine.scratch()}/image.tar`, image);
		await engine.ok("rm", "-f", "renamed");
		await engine.ok("rmi", image);
		const actions = await actionsOf("renamed");
		for (const action of ["rename", "restart", "top", "export", "commit"]) expect(actions).toContain(action);
		const ofImage = await past("-f", `image=${image}`, "-f", "type=image", "--format", "{{.Action}}");
		expect(ofImage.split("\n")).toEqual(["save", "delete"]);
	});

	ours("are told as they come, an end too that no command has seen yet", async () => {
		const follower = engine.spawn("events", "-f", "container=live");
		await until("it listens", async () => {
			await engine.ok("run", "--rm", "--name", "live-probe", IMAGE, "true");
			return follower.stdout !== "";
		});
		const id = await engine.ok("run", "-d", "--name", "live", "-l", "team=a", IMAGE, "sh", "-c", "sleep 0.3; exit 6");
		await follower.prints(/die .*name=live,/);
		follower.kill("SIGKILL");
		await follower.ended();
		const line = follower.stdout.split("\n").find((found) => found.includes(`die ${id}`)) ?? "";
		expect(line).toMatch(
			/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d) container die [0-9a-f]{64} \(execDuration=\d+, exitCode=6, image=busybox, name=live, team=a\)$/,
		);
		await engine.ok("rm", "live");
	});

	ours("--until a time to come ends then; --since alone gives the past, and goes on", async () => {
		const began = Date.now();
		expect((await engine.run("events", "--until", String(Math.ceil(began / 1000) + 1))).code).toBe(0);
		expect(Date.now() - began).toBeGreaterThan(900);
		const follower = engine.spawn("events", "--since", "1h");
		await follower.prints("import");
		expect(follower.running).toBe(true);
		follower.kill("SIGKILL");
		await follower.ended();
	});

	ours("--since leaves out what was before", async () => {
		await engine.ok("tag", IMAGE, "early:1");
		await Bun.sleep(20);
		const between = String(Date.now() / 1000);
		await engine.ok("rmi", "early:1");
		const since = await engine.ok("events", "--since", between, "--until", "0s", "--format", "{{.Action}}");
		expect(since).toBe("untag");
	});

	ours("--format json is docker's JSON, a line for each", async () => {
		const [line = ""] = (await past("--format", "json")).split("\n");
		expect(Object.keys(JSON.parse(line))).toEqual([
			"status",
			"id",
			"Type",
			"Action",
			"Actor",
			"scope",
			"time",
			"timeNano",
		]);
	});

	ours.each([
		[64, ["--format", "{{.Nope}}"], "can't evaluate field Nope"],
		[1, ["-f", "colour=red"], "invalid filter 'colour'"],
		[125, ["-f", "colour"], "bad format of filter (expected name=value)"],
		[1, ["--since", "a while"], 'invalid value "a while" for --since'],
		[1, ["--until", "a while"], 'invalid value "a while" for --until'],
		[1, ["more"], "accepts no arguments"],
	])("exit %i for %j", async (code, words, sentence) => {
		const outcome = await engine.run("events", ...words);
		expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(sentence)]);
	});

	describe.skipIf(!requires("strace"))("idle", () => {
		ours("nothing wakes it up", async () => {
			const follower = engine.spawn("events");
			await untilIdle(follower.pid);
			const calls = `${engine.scratch()}/calls`;
			Bun.spawnSync(["timeout", "2", "strace", "-qq", "-f", "-o", calls, "-p", String(follower.pid)]);
			follower.kill("SIGKILL");
			await follower.ended();
			const lines = readFileSync(calls, "utf8").trim().split("\n");
			expect(lines.filter((line) => !/<(unfinished|detached) \.\.\.>$/.test(line))).toEqual([]);
		});
	});
});

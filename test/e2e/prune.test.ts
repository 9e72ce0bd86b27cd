/** `container prune`, `image prune` and `system prune`: what goes, what stays, and docker's questions. */

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { requires } from "../requires.ts";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("prune", () => {
	const engine = useEngine("prune");
	/** Names of all containers. */
	const containers = async () =>
		(await engine.ok("ps", "-a"))
			.split("\n")
			.slice(1)
			.map((line) => line.split(/\s+/).at(-1))
			.sort();
	/** Makes an image of its own. @returns its id */
	const image = async (change: string, ...name: string[]) =>
		engine.ok("import", "-c", change, await busyboxTar(), ...name);
	const made = async (name: string, ...flags: string[]) => engine.ok("run", "--name", name, ...flags, IMAGE, "true");

	test("container prune -f removes what does not run, and nothing that runs", async () => {
		await made("done");
		await engine.ok("run", "-d", "--name", "runs", IMAGE, "sleep", "1000");
		await engine.ok("container", "prune", "-f");
		expect(await containers()).toEqual(["runs"]);
		await engine.ok("rm", "-f", "runs");
	});

	ours("container prune prints the ids, and what came free, in docker's words", async () => {
		await engine.ok("run", "--name", "wrote", IMAGE, "dd", "if=/dev/zero", "of=/x", "bs=1000", "count=1234");
		const id = (await engine.ok("ps", "-aq", "--no-trunc")).trim();
		expect((await engine.run("container", "prune", "--force")).stdout).toBe(
			`Deleted Containers:\n${id}\n\nTotal reclaimed space: 1.234MB\n`,
		);
		expect((await engine.run("container", "prune", "-f")).stdout).toBe("Total reclaimed space: 0B\n");
		await engine.assertClean();
	});

	ours("without -f asks as docker does, and takes y for a yes, all else and the end for a no", async () => {
		await made("asked");
		const question = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ";
		for (const stdin of ["n\n", "", "yes\n", "\n"])
			expect(await engine.run("container", "prune", { stdin })).toMatchObject({
				code: 0,
				stdout: question,
				stderr: "",
			});
		expect(await containers()).toEqual(["asked"]);
		const outcome = await engine.run("container", "prune", { stdin: "Y\n" });
		expect(outcome.stdout).toStartWith(`${question}Deleted Containers:\n`);
		expect(await containers()).toEqual([]);
	});

	ours.skipIf(!requires("tmux"))("asks on a terminal", async () => {
		await made("asked");
		await using screen = await engine.terminal();
		await screen.type("bunker container prune\n");
		await screen.shows("[y/N]");
		await screen.type("y\n");
		await screen.shows("Total reclaimed space:");
		expect(await containers()).toEqual([]);
	});

	ours("container prune --filter takes label, label! and until", async () => {
		await made("box-a", "--label", "keep=yes");
		await made("box-b", "--label", "keep=no");
		await made("box-c");
		await engine.ok("container", "prune", "-f", "--filter", "until=1h");
		expect(await containers()).toEqual(["box-a", "box-b", "box-c"]);
		await engine.ok("container", "prune", "-f", "--filter", "label=keep=no");
		expect(await containers()).toEqual(["box-a", "box-c"]);
		await engine.ok("container", "prune", "-f", "--filter", "label!=keep");
		expect(await containers()).toEqual(["box-a"]);
		await engine.ok("container", "prune", "-f", "--filter", "until=2100-01-01");
		expect(await containers()).toEqual([]);
	});

	ours("a filter that is none: 1, and nothing is asked or removed", async () => {
		for (const noun of ["container", "image", "system"]) {
			const outcome = await engine.run(noun, "prune", "--filter", "nosuch=x", { stdin: "y\n" });
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toContain("invalid filter 'nosuch'");
		}
	});

	ours("image prune removes images without a name that no container uses", async () => {
		const dangling = await image("ENV A=1");
		const used = await image("ENV A=2");
		await engine.ok("run", "--name", "user", used, "true");
		const outcome = await engine.run("image", "prune", "-f");
		expect(outcome.stdout).toBe(`Deleted Images:\ndeleted: ${dangling}\n\nTotal reclaimed space: 0B\n`);
		const left = await engine.ok("images", "-q", "--no-trunc");
		expect(left).toContain(used);
		expect(left).not.toContain(dangling);
		await engine.ok("rm", "user");
		await engine.ok("rmi", used);
	});

	ours("image prune -a removes all that no container uses, and says which layers came free", async () => {
		await engine.ok("run", "--name", "layer", IMAGE, "dd", "if=/dev/zero", "of=/x", "bs=1000", "count=3000");
		const id = await engine.ok("commit", "layer", "layered:1");
		await engine.ok("tag", "layered:1", "layered:2");
		const layers = readdirSync(`${engine.root}/layers`).length;
		const { stdout } = await engine.run("image", "prune", "--all", "--force");
		expect(stdout).toMatch(
			new RegExp(
				`^Deleted Images:\nuntagged: layered:1\nuntagged: layered:2\ndeleted: ${id}\ndeleted: sha256:[0-9a-f]{64}\n\nTotal reclaimed space: 3MB\n$`,
			),
		);
		expect(readdirSync(`${engine.root}/layers`)).toHaveLength(layers - 1);
		// The container's own image stays.
		expect(await engine.ok("images")).toContain(IMAGE);
		await engine.ok("rm", "layer");
	});

	ours("image prune asks what docker asks", async () => {
		const ask = async (...flags: string[]) => (await engine.run("image", "prune", ...flags, { stdin: "n\n" })).stdout;
		expect(await ask()).toBe(
			"WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] ",
		);
		expect(await ask("-a")).toBe(
			"WARNING! This will remove all images without at least one container associated to them.\nAre you sure you want to continue? [y/N] ",
		);
	});

	ours("image prune --filter takes label, label! and until", async () => {
		const [yes, no] = [await image("LABEL team=web"), await image("LABEL team=db")];
		const left = async () => (await engine.ok("images", "-q", "--no-trunc")).split("\n");
		await engine.ok("image", "prune", "-f", "--filter", "until=1h");
		expect(await left()).toContain(yes);
		await engine.ok("image", "prune", "-f", "--filter", "label!=team=db");
		expect(await left()).not.toContain(yes);
		await engine.ok("image", "prune", "-f", "--filter", "label=team=db");
		expect(await left()).not.toContain(no);
	});

	ours("system prune asks what docker asks, with -a, --volumes and filters", async () => {
		const ask = async (...flags: string[]) => (await engine.run("system", "prune", ...flags, { stdin: "n\n" })).stdout;
		expect(await ask()).toBe(`WARNING! This will remove:
  - all stopped containers
  - all networks not used by at least one container
  - all dangling images
  - unused build cache

Are you sure you want to continue? [y/N] `);
		expect(await ask("-a", "--volumes", "--filter", "label=x")).toBe(`WARNING! This will remove:
  - all stopped containers
  - all networks not used by at least one container
  - all anonymous volumes not used by at least one container
  - all images without at least one container associated to them
  - all build cache

  Items to be pruned will be filtered with:
  - label=x

Are you sure you want to continue? [y/N] `);
	});

	ours("system prune removes containers first, then images, and adds up", async () => {
		const id = await image("ENV B=1");
		await engine.ok("run", "--name", "last", id, "dd", "if=/dev/zero", "of=/x", "bs=1000", "count=1000");
		const container = (await engine.ok("ps", "-aq", "--no-trunc")).trim();
		expect((await engine.run("system", "prune", { stdin: "y\n" })).stdout).toEndWith(
			`Deleted Containers:\n${container}\n\nDeleted Images:\ndeleted: ${id}\n\nTotal reclaimed space: 1MB\n`,
		);
		await engine.assertClean();
	});

	ours("system prune --volumes with until: 1, as docker has it", async () => {
		const outcome = await engine.run("system", "prune", "-f", "--volumes", "--filter", "until=1h");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain('the "until" filter is not supported with "--volumes"');
	});

	ours("clears what a killed command has left, too", async () => {
		for (const delay of [10, 20, 30]) {
			const program = engine.spawn("import", await busyboxTar(), "half:1");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
		}
		await engine.run("rmi", "half:1");
		await engine.ok("system", "prune", "-f");
		await engine.assertClean();
	});

	ours("takes no names", async () => {
		const outcome = await engine.run("container", "prune", "x");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("'bunker container prune' accepts no arguments");
	});
});

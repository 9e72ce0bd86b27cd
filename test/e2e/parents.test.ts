/** Images that others were committed on top of: what `images`, `rmi` and `prune` make of them (moby, daemon/images). */

import { afterEach, beforeEach, describe, expect } from "bun:test";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("an image that another was committed on top of", () => {
	const engine = useEngine("parents");
	const ids = async (...flags: string[]) =>
		(await engine.ok("images", "-q", "--no-trunc", ...flags)).split("\n").filter(Boolean).sort();
	const parentOf = (name: string) => engine.ok("image", "inspect", "-f", "{{.Parent}}", name);
	let base = "";
	let child = "";
	let top = "";

	/** busybox, base:1 on it, child:1 on that, and top:1 on that: of commits only. */
	beforeEach(async () => {
		base = await commit(IMAGE, "base:1");
		child = await commit("base:1", "child:1");
		top = await commit("child:1", "top:1");
	});

	async function commit(from: string, to: string): Promise<string> {
		await engine.ok("run", "--name", "maker", from, "sh", "-c", `echo ${Math.random()} > /${to.replace(":", "")}`);
		const id = await engine.ok("commit", "maker", to);
		await engine.ok("rm", "maker");
		return id;
	}
	/** What a test has left, the youngest first. */
	async function clear(): Promise<void> {
		for (const name of [top, child, base]) await engine.run("rmi", "-f", name);
	}

	afterEach(clear);

	ours("is its .Parent; an imported one has none", async () => {
		expect(await parentOf("child:1")).toBe(base);
		expect(await parentOf("top:1")).toBe(child);
		expect(await parentOf(IMAGE)).toBe("");
	});

	ours("without a name is shown by images -a only, and does not dangle", async () => {
		expect(await engine.ok("rmi", "base:1")).toBe("Untagged: base:1");
		expect(await ids()).not.toContain(base);
		expect(await ids("-a")).toContain(base);
		expect(await ids("-f", "dangling=true")).toEqual([]);
		expect(await ids("-a", "-f", "dangling=true")).toEqual([]);
		expect(await ids("-a", "-f", "dangling=false")).not.toContain(base);
		expect(await engine.ok("image", "prune", "-f")).toBe("Total reclaimed space: 0B");
		expect(await engine.ok("system", "df", "--format", "{{.TotalCount}}")).toStartWith("3");
		expect(await engine.ok("info", "-f", "{{.Images}}")).toBe("4");
		expect(await parentOf("child:1")).toBe(base);
	});

	ours("cannot be removed by its id, not even by force", async () => {
		for (const flags of [[], ["-f"]]) {
			const outcome = await engine.run("rmi", ...flags, base);
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toBe(
				`bunker: conflict: unable to delete ${base.slice(7, 19)} (cannot be forced) - image has dependent child images\n`,
			);
		}
		expect(await ids()).toContain(base);
	});

	ours("goes with the last that needs it, if it has no name", async () => {
		await engine.ok("rmi", "base:1", "child:1");
		const lines = (await engine.ok("rmi", "top:1")).split("\n");
		expect(lines[0]).toBe("Untagged: top:1");
		expect(lines.filter((line) => [top, child, base].some((id) => line === `Deleted: ${id}`))).toEqual([
			`Deleted: ${top}`,
			`Deleted: ${child}`,
			`Deleted: ${base}`,
		]);
		expect(await ids("-a")).toEqual([await engine.ok("image", "inspect", "-f", "{{.Id}}", IMAGE)]);
	});

	ours("stays with rmi --no-prune, and dangles then", async () => {
		await engine.ok("rmi", "child:1");
		await engine.ok("rmi", "--no-prune", "top:1");
		expect(await ids("-f", "dangling=true")).toEqual([child]);
	});

	ours("stays while a container uses it", async () => {
		await engine.ok("create", "--name", "user", "child:1", "true");
		await engine.ok("rmi", "-f", "child:1");
		await engine.ok("rmi", "top:1");
		expect(await ids()).toContain(child);
		await engine.ok("rm", "user");
	});

	ours("goes with image prune -a, whatever the order", async () => {
		const pruned = await engine.ok("image", "prune", "-a", "-f", "--filter", "until=0s");
		for (const id of [top, child, base]) expect(pruned.split("\n")).toContain(`deleted: ${id}`);
		await engine.ok("import", `${engine.directory}/../busybox.tar`, IMAGE);
	});

	ours("is the parent again after save and load of both", async () => {
		const path = `${engine.scratch()}/images.tar`;
		await engine.ok("save", "-o", path, "child:1", "top:1");
		await clear();
		await engine.ok("load", "-i", path);
		expect(await parentOf("top:1")).toBe(child);
		expect(await parentOf("child:1")).toBe("");
	});
});

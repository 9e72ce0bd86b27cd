/** `diff`, of containers that run and that do not. The letters and the order are docker's (moby, go-archive: changes.go). */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { tar, writeArchive } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, TARGET, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("diff", () => {
	const engine = useEngine("diff");
	/** What diff prints. podman says C of /etc too, whose files it mounts over. */
	async function lines(name: string): Promise<string[]> {
		const found = (await engine.ok("diff", name)).split("\n").filter(Boolean);
		return TARGET === "podman" ? found.filter((line) => line !== "C /etc") : found;
	}
	/** Runs a script in a container of its own. @returns what diff says of it, stopped */
	async function after(script: string, image = IMAGE): Promise<string[]> {
		await engine.ok("run", "--name", "changed", image, "sh", "-c", script);
		const found = await lines("changed");
		await engine.ok("rm", "changed");
		return found;
	}
	/** An image whose second layer has directories of several kinds. */
	async function layered(): Promise<string> {
		const path = `${engine.scratch()}/image.tar`;
		const base = new Uint8Array(readFileSync(await busyboxTar()));
		const second = [
			{ name: "d/", type: "directory" as const },
			{ name: "d/one", content: "1" },
			{ name: "d/two", content: "2" },
			{ name: "d/sub/", type: "directory" as const },
			{ name: "d/sub/three", content: "3" },
			{ name: "f", content: "f" },
		];
		await writeArchive(path, "layered:1", [base, await tar(second)], {});
		await engine.ok("load", "-i", path);
		return "layered:1";
	}

	test("prints nothing for a container that has changed nothing: what bunker mounts over is not shown", async () => {
		expect(await after("true")).toEqual([]);
	});

	ours("prints A, C and D, directories before what is in them, names sorted", async () => {
		// podman says C of a directory whose times alone have changed.
		const image = await layered();
		const script = "mkdir -p /new/in; echo x > /new/in/file; rm /d/one; echo more >> /d/two; chmod 600 /f; touch /a";
		expect(await after(script, image)).toEqual([
			"A /a",
			"C /d",
			"D /d/one",
			"C /d/two",
			"C /f",
			"A /new",
			"A /new/in",
			"A /new/in/file",
		]);
	});

	ours("of a directory that was removed prints it alone; of one made anew, what is no longer in it", async () => {
		const image = await layered();
		expect(await after("rm -r /d", image)).toEqual(["D /d"]);
		expect(await after("rm -r /d; mkdir /d; echo 1 > /d/new; mkdir /d/sub", image)).toEqual([
			"C /d",
			"A /d/new",
			"D /d/one",
			"C /d/sub",
			"D /d/sub/three",
			"D /d/two",
		]);
	});

	ours("of a file in a directory's place, and the other way round, prints C", async () => {
		const image = await layered();
		expect(await after("rm -r /d; echo x > /d; rm /f; mkdir /f; touch /f/x", image)).toEqual([
			"C /d",
			"C /f",
			"A /f/x",
		]);
	});

	test("says nothing of what was made and removed again", async () => {
		expect(await after("mkdir /t; touch /t/x /y; rm -r /t /y")).toEqual([]);
	});

	ours("says nothing of a directory whose time alone has changed, and something of its mode", async () => {
		const image = await layered();
		expect(await after("touch /d /d/sub", image)).toEqual([]);
		expect(await after("chmod 700 /d/sub", image)).toEqual(["C /d", "C /d/sub"]);
	});

	ours("shows a mount point that bunker has made for a volume, and nothing of the volume", async () => {
		const source = engine.scratch();
		await engine.ok("run", "--name", "mounted", "-v", `${source}:/data`, IMAGE, "touch", "/data/in");
		expect(await engine.ok("diff", "mounted")).toBe("A /data");
		await engine.ok("rm", "mounted");
	});

	test("works on a container that runs", async () => {
		await engine.ok("run", "-d", "--name", "live", IMAGE, "sh", "-c", "touch /one; echo ready; sleep 1000");
		await until("it has written", async () => (await engine.ok("logs", "live")).includes("ready"));
		await engine.ok("exec", "live", "touch", "/two");
		expect((await lines("live")).sort()).toEqual(["A /one", "A /two"]);
		await engine.ok("rm", "-f", "live");
	});

	ours("shows names that are no UTF-8 as the bytes they are", async () => {
		await engine.ok("run", "--name", "bytes", IMAGE, "sh", "-c", "touch \"$(printf '/\\377x')\"");
		const { bytes } = await engine.run("diff", "bytes");
		expect([...bytes]).toEqual([...Buffer.from("A /"), 0xff, 0x78, 0x0a]);
		await engine.ok("rm", "bytes");
	});

	ours("of a container whose start failed prints nothing", async () => {
		await engine.run("run", "--name", "never", IMAGE, "nosuch");
		expect(await engine.ok("diff", "never")).toBe("");
		await engine.ok("rm", "never");
	});

	ours("of a container on --rootfs is refused: nobody knows what it was before", async () => {
		const rootfs = engine.scratch();
		Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", rootfs]);
		await engine.ok("run", "--name", "bare", "--rootfs", rootfs, "true");
		const outcome = await engine.run("diff", "bare");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("--rootfs");
		await engine.ok("rm", "bare");
	});

	ours("of no such container: 1, and a line that names it", async () => {
		const outcome = await engine.run("diff", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("No such container: nosuch");
	});

	ours("takes one name: 1 for none and for two", async () => {
		for (const words of [[], ["a", "b"]]) {
			const outcome = await engine.run("diff", ...words);
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("'bunker diff' requires 1 argument");
		}
	});

	ours("container diff is the same", async () => {
		await engine.ok("run", "--name", "group", IMAGE, "touch", "/x");
		expect(await engine.ok("container", "diff", "group")).toBe("A /x");
		await engine.ok("rm", "group");
	});
});

/** What every test file ends with (leftovers.ts) finds what may be left: each kind is left here on purpose. */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { requires } from "../requires.ts";
import { ours, ready, useEngine } from "./harness.ts";
import { leftovers, mounts, volumesLeft } from "./leftovers.ts";

const made: string[] = [];

describe("what is left of a container is found:", () => {
	let root = "";
	let runRoot = "";

	beforeEach(() => {
		mkdirSync("build/e2e", { recursive: true });
		const directory = mkdtempSync(resolve("build/e2e/left-"));
		made.push(directory);
		[root, runRoot] = [`${directory}/root`, `${directory}/run`];
		for (const name of ["root/containers", "root/volumes", "root/tmp", "run/containers"])
			mkdirSync(`${directory}/${name}`, { recursive: true });
		expect(leftovers(root, runRoot)).toEqual([]);
	});
	afterAll(() => {
		for (const directory of made) rmSync(directory, { recursive: true });
	});

	test.each(["containers/0123", "tmp/removed-0123", "lock"])("%s of the state directory", (name) => {
		writeFileSync(`${root}/${name}`, "");
		expect(leftovers(root, runRoot)).toEqual([`file ${root}/${name}`]);
	});

	test("a directory of the run directory", () => {
		mkdirSync(`${runRoot}/containers/0123`);
		expect(leftovers(root, runRoot)).toEqual([`file ${runRoot}/containers/0123`]);
	});

	test("a volume's directory", () => {
		mkdirSync(`${root}/volumes/data`);
		expect(volumesLeft(root)).toEqual([`directory ${root}/volumes/data`]);
	});

	test("a process that has a file open", async () => {
		writeFileSync(`${root}/containers.log`, "");
		const child = Bun.spawn(["sleep", "1000"], { stdin: Bun.file(`${root}/containers.log`) });
		try {
			expect(leftovers(root, runRoot)).toContain(`process ${child.pid} (sleep 1000) with ${root}/containers.log`);
		} finally {
			child.kill();
			await child.exited;
		}
	});

	test.skipIf(!requires("root"))("a mount of the host's, whatever is mounted", () => {
		mkdirSync(`${root}/volumes/data`);
		expect(Bun.spawnSync(["mount", "-t", "tmpfs", "left", `${root}/volumes/data`]).exitCode).toBe(0);
		const found = [leftovers(root, runRoot), mounts(root)];
		expect(Bun.spawnSync(["umount", `${root}/volumes/data`]).exitCode).toBe(0);
		for (const sentences of found)
			expect(sentences).toEqual([expect.stringMatching(/^mount .*\/volumes\/data .* tmpfs left /)]);
	});
});

describe.skipIf(!ready)("an engine with containers, volumes and copies", () => {
	const engine = useEngine("clean");

	ours("has nothing mounted on the host, neither while they run nor after", async () => {
		const source = engine.scratch();
		const mounted = ["-v", "named:/named", "-v", "/anonymous", "-v", `${source}:/bind`, "--tmpfs", "/tmpfs"];
		await engine.ok("run", "-d", "--name", "up", ...mounted, "busybox", "sleep", "1000");
		await engine.ok(
			"create",
			"--name",
			"down",
			...mounted,
			"--mount",
			"type=image,src=busybox,dst=/i",
			"busybox",
			"true",
		);
		for (const name of ["up", "down"]) await engine.ok("cp", `${name}:/bin`, source);
		expect(mounts(engine.directory)).toEqual([]);
		await engine.ok("rm", "-f", "-v", "up", "down");
		await engine.ok("volume", "rm", "named");
		await engine.becomesClean();
		expect([...mounts(engine.directory), ...volumesLeft(engine.root)]).toEqual([]);
	});
});

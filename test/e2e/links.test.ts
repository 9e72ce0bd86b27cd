/**
 * Links of an image that lead to what is not there, as a place for a volume or
 * as working directory: docker makes what they lead to, inside the root (runc,
 * rootfs_linux.go; moby, daemon: SetupWorkingDirectory).
 */

import { beforeAll, describe, expect } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("a link that leads to nothing", () => {
	const engine = useEngine("links");
	let source = "";
	const inside = (flags: string[], script: string, image = "linked") =>
		engine.ok("run", "--rm", ...flags, image, "sh", "-c", script);

	beforeAll(async () => {
		source = engine.scratch();
		writeFileSync(`${source}/seen`, "seen\n");
		const links = [
			"/made/deep /link",
			"made/near /relative",
			"/link/more /chain",
			"../../up/here /above",
			"/loop /loop",
		];
		const script = links.map((link) => `ln -s ${link}`).join("; ");
		await engine.ok("run", "--name", "maker", IMAGE, "sh", "-c", script);
		await engine.ok("commit", "maker", "linked");
		await engine.ok("rm", "maker");
	});

	ours("as target of -v is followed, whatever the link looks like, and what it leads to is made", async () => {
		for (const [target, place] of [
			["/link", "/made/deep"],
			["/relative", "/made/near"],
			["/chain", "/made/deep/more"],
			["/above/x", "/up/here/x"],
		])
			expect(await inside(["-v", `${source}:${target}`], `cat ${target}/seen ${place}/seen`)).toBe("seen\nseen");
	});

	ours("as target of a file is followed, too", async () => {
		expect(await inside(["-v", `${source}/seen:/link`], "cat /link; cat /made/deep")).toBe("seen\nseen");
	});

	ours("as -w and as target of --tmpfs", async () => {
		expect(await inside(["-w", "/link"], "pwd; readlink -f /link")).toBe("/made/deep\n/made/deep");
		expect(await inside(["-w", "/chain/w"], "pwd")).toBe("/made/deep/more/w");
		expect(await inside(["--tmpfs", "/relative"], "stat -f -c %T /relative")).toBe("tmpfs");
	});

	ours("that the container has made itself is followed at its next start", async () => {
		await engine.ok("run", "--name", "own", "-w", "/w/x", IMAGE, "sh", "-c", "rm -rf /w; ln -s /later /w");
		expect(await engine.run("start", "-a", "own")).toMatchObject({ code: 0 });
		expect(await engine.ok("diff", "own")).toContain("A /later/x");
		await engine.ok("rm", "own");
	});

	ours("in a directory of --rootfs is followed inside it", async () => {
		const root = engine.scratch();
		expect(Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", root]).exitCode).toBe(0);
		const outside = `${engine.directory}/outside`;
		symlinkSync(outside, `${root}/link`);
		const outcome = await engine.run("run", "--rm", "--rootfs", root, "-v", `${source}:/link`, "cat", "/link/seen");
		expect(outcome).toMatchObject({ code: 0, stdout: "seen\n" });
		expect(existsSync(outside)).toBe(false);
		expect(existsSync(`${root}${outside}`)).toBe(true);
	});

	ours("below another volume, or to itself, is an error that names it", async () => {
		const volume = engine.scratch();
		mkdirSync(`${volume}/real`);
		symlinkSync("/nowhere", `${volume}/dangling`);
		const flags = ["-v", `${volume}:/vol`, "-v", `${source}:/vol/dangling`];
		const below = await engine.run("run", "--rm", ...flags, "linked", "true");
		expect([below.code, below.stderr]).toEqual([125, expect.stringContaining("/vol/dangling: ENOENT")]);
		const itself = await engine.run("run", "--rm", "-v", `${source}:/loop`, "linked", "true");
		expect([itself.code, itself.stderr]).toEqual([125, expect.stringContaining("/loop: ELOOP")]);
	});

	ours("--explain shows where it leads", async () => {
		const plan = await engine.ok("run", "--explain", "-v", `${source}:/link`, "linked", "true");
		expect(plan).toContain(`bind ${source} on /made/deep`);
	});
});

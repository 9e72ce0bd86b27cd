/**
 * Parts of volumes, images as volumes, and what volumes with options have to do
 * with either (docs: volumes; docker run, --mount; volume create, -o).
 */

import { beforeAll, describe, expect } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";
import { mounts } from "./leftovers.ts";

describe.skipIf(!ready)("a subpath", () => {
	const engine = useEngine("subpath");
	const content = () => `${engine.root}/volumes/data/_data`;
	const sh = (subpath: string, script: string, ...more: string[]) => {
		const mount = `type=volume,src=data,dst=/m,volume-subpath=${subpath}`;
		return engine.run("run", "--rm", "--network", "none", "--mount", mount, ...more, IMAGE, "sh", "-c", script);
	};
	beforeAll(async () => {
		const make = "mkdir -p /d/a/b; echo deep >/d/a/b/file; ln -s a/b /d/link; ln -s / /d/up; ln -s /etc /d/out";
		await engine.ok("volume", "create", "data");
		await engine.ok("run", "--rm", "-v", "data:/d", IMAGE, "sh", "-c", make);
	});

	ours("of a volume is what is mounted: a directory, a file, or what a link in it leads to", async () => {
		expect((await sh("a/b", "cat /m/file; ls -a /m/.. | grep -c file")).stdout).toBe("deep\n0\n");
		expect((await sh("a/b/file", "cat /m")).stdout).toBe("deep\n");
		expect((await sh("link", "cat /m/file")).stdout).toBe("deep\n");
	});

	ours("has to be there, and leads nowhere out of the volume", async () => {
		const missing = await sh("a/c", "true");
		expect(missing).toMatchObject({ code: 125 });
		expect(missing.stderr).toBe(`bunker: cannot access path ${content()}/a/c: ENOENT (no such file or directory)\n`);
		for (const name of ["up", "out"]) {
			const outcome = await sh(name, "ls /m");
			expect(outcome).toMatchObject({ code: 125, stdout: "" });
			expect(outcome.stderr).toContain("path concatenation escapes the base directory");
		}
	});

	ours("leads nowhere out of the volume either for who swaps it for a link meanwhile", async () => {
		mkdirSync(`${content()}/swap`);
		const script = "cd /d; ln -s /etc away; while :; do mv swap s; mv away swap; mv swap away; mv s swap; done";
		await engine.ok("run", "-d", "--name", "swapper", "-v", "data:/d", IMAGE, "sh", "-c", script);
		const codes = new Set<number>();
		for (let round = 0; round < 40; round++) {
			const outcome = await sh("swap", "ls /m");
			codes.add(outcome.code);
			expect(outcome.stdout).toBe("");
		}
		expect([...codes].filter((code) => code !== 0 && code !== 125)).toEqual([]);
		await engine.ok("rm", "-f", "swapper");
	});

	ours("is looked up for `cp` of a container that does not run, too", async () => {
		const mount = "type=volume,src=data,dst=/m,volume-subpath=a/b";
		await engine.ok("create", "--name", "stopped", "--mount", mount, IMAGE, "true");
		const directory = engine.scratch();
		await engine.ok("cp", "stopped:/m/file", `${directory}/file`);
		expect(readdirSync(directory)).toEqual(["file"]);
		await engine.ok("run", "--rm", "-v", "data:/d", IMAGE, "mv", "/d/a/b", "/d/a/c");
		const gone = await engine.run("cp", "stopped:/m/file", directory);
		expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("a/b: ENOENT") });
		await engine.ok("rm", "stopped");
	});
});

describe.skipIf(!ready)("an image as a volume", () => {
	const engine = useEngine("image-mount");
	const image = (source: string, more = "") => ["--mount", `type=image,src=${source},dst=/m${more}`];
	const sh = (script: string, ...flags: string[]) =>
		engine.run("run", "--rm", "--network", "none", ...flags, IMAGE, "sh", "-c", script);
	beforeAll(async () => {
		await engine.ok("run", "--name", "maker", IMAGE, "sh", "-c", "mkdir -p /a/b; echo one >/a/b/file; rm -r /home");
		await engine.ok("commit", "maker", "two");
		await engine.ok("rm", "maker");
	});

	ours("is its root, read-only: of one layer, and of several on top of each other", async () => {
		expect((await sh("ls /m/bin/busybox; touch /m/x 2>&1", ...image(IMAGE))).stdout).toMatch(
			/^\/m\/bin\/busybox\n.*Read-only file system\n$/,
		);
		const two = await sh("cat /m/a/b/file; ls -d /m/home /m/bin; touch /m/x 2>&1", ...image("two"));
		expect(two.stdout).toMatch(/^one\n\/m\/bin\n.*Read-only file system\n$/);
	});

	ours("can be a part of it, with image-subpath", async () => {
		expect((await sh("cat /m/file", ...image("two", ",image-subpath=a/b"))).stdout).toBe("one\n");
		expect((await sh("cat /m", ...image("two", ",image-subpath=a/b/file"))).stdout).toBe("one\n");
		expect((await sh("ls /m/busybox", ...image(IMAGE, ",image-subpath=bin"))).stdout).toBe("/m/busybox\n");
		const missing = await sh("true", ...image("two", ",image-subpath=nosuch"));
		expect(missing).toMatchObject({ code: 125, stderr: expect.stringContaining("cannot access path") });
	});

	ours("stays as long as a container has it, running or not", async () => {
		await engine.ok("tag", "two", "kept");
		await engine.ok("rmi", "two");
		const id = await engine.ok("create", ...image("kept"), IMAGE, "cat", "/m/a/b/file");
		for (const words of [
			["rmi", "kept"],
			["rmi", await engine.ok("images", "-q", "kept")],
		]) {
			const refused = await engine.run(...words);
			expect([words, refused]).toEqual([
				words,
				expect.objectContaining({ code: 1, stderr: expect.stringContaining(`container ${id.slice(0, 12)}`) }),
			]);
		}
		await engine.ok("image", "prune", "-a", "-f");
		expect(await engine.ok("start", "-a", id)).toBe("one");
		await engine.ok("rm", id);
		await engine.ok("rmi", "kept");
		expect(await sh("true", ...image("kept"))).toMatchObject({ code: 125 });
	});

	ours("is in the plan of --explain, whose steps are those of a run", async () => {
		const words = ["run", "--rm", "--name", "same", "--network", "none", ...image(IMAGE, ",image-subpath=bin")];
		const steps = (text: string) =>
			[...text.matchAll(/step \d+\/\d+: .*/g)].map(([step]) => step.replace(/[0-9a-f]{64}/g, "ID"));
		const planned = steps(await engine.ok(...words, "--explain", IMAGE, "true"));
		const played = await engine.run(...words, IMAGE, "true", { env: { BUNKER_TRACE: "tape" } });
		expect(played.code).toBe(0);
		expect(planned.filter((step) => step.includes("open bin in it"))).toHaveLength(1);
		expect(steps(played.stderr).map((s) => s.replace(/same|[0-9a-f]{12}/g, "N"))).toEqual(
			planned.map((s) => s.replace(/same|[0-9a-f]{12}/g, "N")),
		);
	});
});

describe.skipIf(!ready)("a volume with options", () => {
	const engine = useEngine("volume-options");
	const make = (name: string, ...options: string[]) =>
		engine.ok("volume", "create", ...options.flatMap((option) => ["-o", option]), name);
	const sh = (script: string, ...flags: string[]) =>
		engine.run("run", "--rm", "--network", "none", ...flags, IMAGE, "sh", "-c", script);

	ours("of a type that the kernel has not, or a device that is not there, says so", async () => {
		await make("type", "type=nosuchfs", "device=/dev/null");
		await make("device", "type=ext4", "device=/dev/nosuch");
		expect(await sh("true", "-v", "type:/m")).toMatchObject({
			code: 125,
			stderr: expect.stringMatching(/begin to mount nosuchfs: ENODEV .* no file system of that type/),
		});
		expect(await sh("true", "-v", "device:/m")).toMatchObject({
			code: 125,
			stderr: expect.stringMatching(/mount ext4 of \/dev\/nosuch: ENOENT .* its device is not there/),
		});
	});

	const disk = requires("losetup", "mkfs.ext4") ? ours : ours.skip;
	disk(
		"of a block device is its file system, mounted in the container only, and a part of it with a subpath",
		async () => {
			const file = `${engine.scratch()}/disk`;
			Bun.spawnSync(["truncate", "-s", "8M", file]);
			expect(Bun.spawnSync(["mkfs.ext4", "-q", file]).exitCode).toBe(0);
			const device = Bun.spawnSync(["losetup", "-f", "--show", file]).stdout.toString().trim();
			try {
				await make("disk", "type=ext4", `device=${device}`, "o=noatime,errors=continue");
				const script = "mkdir /m/sub; echo kept >/m/sub/file; grep ' /m ' /proc/mounts";
				expect((await sh(script, "-v", "disk:/m")).stdout).toMatch(/ \/m ext4 rw,noatime/);
				const part = "type=volume,src=disk,dst=/m,volume-subpath=sub,readonly";
				expect((await sh("cat /m/file; touch /m/x 2>&1", "--mount", part)).stdout).toMatch(
					/^kept\n.*Read-only file system\n$/,
				);
				await engine.ok("create", "--name", "stopped", "-v", "disk:/m", IMAGE, "true");
				expect((await engine.run("cp", "stopped:/m/sub/file", "-")).stdout).toContain("kept");
				await engine.ok("rm", "stopped");
				expect(mounts(device)).toEqual([]);
			} finally {
				Bun.spawnSync(["losetup", "-d", device]);
			}
		},
	);
});

/** `export`: what is in the archive, of containers that run and that do not, and of one that does its worst meanwhile. */

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { tar, writeArchive } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("export", () => {
	const engine = useEngine("export");
	/** Exports to a file of its own. @returns its path */
	async function exported(name: string): Promise<string> {
		const path = `${engine.scratch()}/exported.tar`;
		await engine.ok("export", "-o", path, name);
		return path;
	}
	const listed = (path: string, ...flags: string[]) =>
		Bun.spawnSync(["tar", "-tf", path, ...flags])
			.stdout.toString()
			.trim()
			.split("\n");
	const content = (path: string, member: string) => Bun.spawnSync(["tar", "-xOf", path, member]).stdout.toString();

	test("holds the image's files and the container's, and not what was deleted", async () => {
		await engine.ok(
			"run",
			"--name",
			"plain",
			IMAGE,
			"sh",
			"-c",
			"echo own > /own; rm /bin/vi; mkdir /d; ln /own /d/hard",
		);
		const path = await exported("plain");
		const names = listed(path);
		for (const name of ["bin/busybox", "etc/passwd", "own", "d/", "d/hard"]) expect(names).toContain(name);
		expect(names).not.toContain("bin/vi");
		expect(content(path, "own") || content(path, "d/hard")).toBe("own\n");
		await engine.ok("rm", "plain");
	});

	test("and import make an image that runs", async () => {
		await engine.ok(
			"run",
			"--name",
			"flat",
			IMAGE,
			"sh",
			"-c",
			"echo kept > /kept; chown 1000:29 /kept; chmod 4711 /kept",
		);
		await engine.ok("import", await exported("flat"), "flat:1");
		await engine.ok("rm", "flat");
		expect(await engine.ok("run", "--rm", "flat:1", "sh", "-c", "cat /kept; stat -c '%a %u:%g' /kept")).toBe(
			"kept\n4711 1000:29",
		);
		await engine.ok("rmi", "flat:1");
	});

	ours("of several layers shows what overlay shows: whiteouts, opaque and replaced directories", async () => {
		const image = `${engine.scratch()}/image.tar`;
		const base = new Uint8Array(readFileSync(await busyboxTar()));
		const layers = [
			[
				{ name: "d/", type: "directory" as const },
				{ name: "d/one", content: "1" },
				{ name: "e/", type: "directory" as const },
				{ name: "e/one", content: "1" },
				{ name: "f", content: "f" },
			],
			[
				{ name: "d/", type: "directory" as const },
				{ name: "d/.wh.one", content: "" },
				{ name: "d/two", content: "2" },
				{ name: "e/", type: "directory" as const },
				{ name: "e/.wh..wh..opq", content: "" },
				{ name: "e/two", content: "2" },
			],
		];
		await writeArchive(image, "layers:1", [base, ...(await Promise.all(layers.map(tar)))], {});
		await engine.ok("load", "-i", image);
		const script = "rm -r /f; mkdir /f; touch /f/in /d/three; find / -xdev -mindepth 1 | sort";
		const shown = await engine.ok("run", "--name", "layers", "layers:1", "sh", "-c", script);
		const names = listed(await exported("layers")).map((name) => `/${name.replace(/\/$/, "")}`);
		// Mounted over: find does not enter them, and the archive has them empty.
		const mounted = shown.split("\n").filter((name) => !/^\/(dev|proc|sys)\//.test(name));
		expect(names.toSorted()).toEqual(mounted.toSorted());
		await engine.ok("rm", "layers");
		await engine.ok("rmi", "layers:1");
	});

	ours("has the places that are mounted over, empty, and nothing of volumes", async () => {
		const source = engine.scratch();
		writeFileSync(`${source}/secret`, "x");
		await engine.ok("run", "-d", "--name", "mounts", "-v", `${source}:/data`, IMAGE, "sleep", "1000");
		const path = await exported("mounts");
		const names = listed(path);
		for (const name of ["dev/", "proc/", "sys/", "etc/hosts", "etc/hostname", "etc/resolv.conf", "data/"])
			expect(names).toContain(name);
		expect(names.filter((name) => /^(dev|proc|sys|data)\/./.test(name))).toEqual([]);
		expect(content(path, "etc/hosts")).toBe("");
		await engine.ok("rm", "-f", "mounts");
	});

	// podman 4.3 opens /dev/stdout by name, which is no file here.
	ours("to stdout, of a container that runs", async () => {
		await engine.ok("run", "-d", "--name", "live", IMAGE, "sh", "-c", "echo live > /live; echo ready; sleep 1000");
		await until("it has written", async () => (await engine.ok("logs", "live")).includes("ready"));
		await engine.ok("exec", "live", "touch", "/more");
		const { bytes } = await engine.run("export", "live");
		const path = `${engine.scratch()}/x.tar`;
		writeFileSync(path, bytes);
		expect(listed(path)).toContain("more");
		expect(content(path, "live")).toBe("live\n");
		await engine.ok("rm", "-f", "live");
	});

	ours("writes the same bytes twice, to a file and to a pipe", async () => {
		await engine.ok(
			"run",
			"--name",
			"same",
			IMAGE,
			"sh",
			"-c",
			"echo x > /x; dd if=/dev/zero of=/sparse bs=1 count=0 seek=5M",
		);
		const [first, second] = [await engine.run("export", "same"), await engine.run("export", "same")];
		expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
		expect(Buffer.compare(first.bytes, readFileSync(await exported("same")))).toBe(0);
		await engine.ok("rm", "same");
	});

	ours("keeps holes in a file that -o writes", async () => {
		await engine.ok(
			"run",
			"--name",
			"holes",
			IMAGE,
			"dd",
			"if=/dev/zero",
			"of=/sparse",
			"bs=1",
			"count=0",
			"seek=300M",
		);
		const path = await exported("holes");
		const [size, blocks] = Bun.spawnSync(["stat", "-c", "%s %b", path]).stdout.toString().split(" ").map(Number);
		expect(size).toBeGreaterThan(300 << 20);
		expect(blocks).toBeLessThan(16_384);
		await engine.ok("rm", "holes");
	});

	ours("of a container on --rootfs holds that directory, and follows no link out of it", async () => {
		const rootfs = engine.scratch();
		const outside = `${engine.scratch()}/outside`;
		writeFileSync(outside, "canary");
		Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", rootfs]);
		await engine.ok(
			"run",
			"--name",
			"bare",
			"--rootfs",
			rootfs,
			"sh",
			"-c",
			`ln -s ${outside} /link; ln -s / /root-link`,
		);
		const path = await exported("bare");
		expect(listed(path)).toContain("link");
		expect(listed(path).some((name) => name.startsWith("root-link/"))).toBe(false);
		expect(readFileSync(path).includes("canary")).toBe(false);
		await engine.ok("rm", "bare");
	});

	ours("of a container that swaps files, links, FIFOs and devices while it is read stays inside and ends", async () => {
		const outside = engine.scratch();
		writeFileSync(`${outside}/f`, "canary of the host");
		const swaps = [
			// A directory and a link to one of the host's.
			`while :; do mkdir -p /a/d; echo x > /a/d/f; rm -rf /a/d; ln -s ${outside} /a/d; rm -f /a/d; done`,
			`while :; do echo x > /b; rm /b; ln -s ${outside}/f /b; rm /b; mkfifo /b; rm /b; mknod /b b 1 0; rm /b; done`,
			// A directory that moves to and fro between two places.
			"mkdir -p /m/x/y /n; while :; do mv /m/x /n/x; mv /n/x /m/x; done",
			"while :; do dd if=/dev/zero of=/grow bs=64k count=100; : > /grow; done",
		];
		const script = `(${swaps.join(") 2>/dev/null & (")}) 2>/dev/null & wait`;
		await engine.ok("run", "-d", "--name", "hostile", IMAGE, "sh", "-c", script);
		for (let round = 0; round < 15; round++) {
			const path = await exported("hostile");
			expect(readFileSync(path).includes("canary of the host")).toBe(false);
			expect(Bun.spawnSync(["tar", "-tf", path]).exitCode).toBe(0);
			await engine.ok("diff", "hostile");
		}
		for (let round = 0; round < 5; round++) await engine.ok("commit", "hostile", "hostile:1");
		const found = Bun.spawnSync(["grep", "-rl", "canary of the host", `${engine.root}/layers`, `${engine.root}/blobs`]);
		expect(found.stdout.toString()).toBe("");
		await engine.ok("rm", "-f", "hostile");
		await engine.ok("rmi", "hostile:1");
	});

	ours("of a directory deeper than a path can be says so", async () => {
		const half = `${"d".repeat(200)}/`.repeat(15);
		const script = `mkdir -p /${half} && cd /${half} && mkdir -p ${half}`;
		await engine.ok("run", "--name", "deep", IMAGE, "sh", "-c", script);
		for (const words of [
			["export", "-o", `${engine.scratch()}/x.tar`, "deep"],
			["commit", "deep"],
		]) {
			const outcome = await engine.run(...words);
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("a path longer than 4096 bytes");
		}
		await engine.ok("rm", "deep");
	});

	ours.skipIf(!requires("tmux"))("refuses to write to a terminal", async () => {
		await engine.ok("run", "--name", "shown", IMAGE, "true");
		await using screen = await engine.terminal();
		await screen.type("bunker export shown; echo code=$?\n");
		await screen.shows("code=1");
		expect(await screen.text()).toContain("cowardly refusing to save to a terminal. Use the -o flag or redirect");
		await engine.ok("rm", "shown");
	});

	ours("of no such container: 1, and no file; into what is no file: 1, in docker's words", async () => {
		const path = `${engine.scratch()}/none.tar`;
		expect(await engine.run("export", "--output", path, "nosuch")).toMatchObject({
			code: 1,
			stderr: "bunker: No such container: nosuch\n",
		});
		expect(existsSync(path)).toBe(false);
		const outcome = await engine.run("container", "export", "-o", "/dev/null", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("failed to export container: /dev/null: cannot write to a character device file");
	});

	ours("takes one name", async () => {
		expect((await engine.run("export")).stderr).toContain("'bunker export' requires 1 argument");
	});
});

/**
 * Volumes whose options say what is mounted, as mount(8) has it: a directory of
 * the host, a tmpfs, any other file system (docs.docker.com: docker volume
 * create, --opt). Nothing of it is mounted on the host.
 */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("a volume with options", () => {
	const engine = useEngine("volume-options");
	const make = (name: string, ...options: string[]) =>
		engine.ok("volume", "create", ...options.flatMap((option) => ["-o", option]), name);
	const shell = (volume: string, script: string) =>
		engine.run("run", "--rm", "--network", "none", "-v", volume, IMAGE, "sh", "-c", script);

	test("type=none, o=bind is a directory of the host, which stays when the volume goes", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/file`, "host\n");
		await make("bound", "type=none", `device=${directory}`, "o=bind");
		expect(await shell("bound:/in", "cat /in/file; echo new > /in/new")).toMatchObject({ code: 0, stdout: "host\n" });
		expect(readFileSync(`${directory}/new`, "utf8")).toBe("new\n");
		expect((await shell("bound:/in:ro", "touch /in/no")).stderr).toContain("Read-only file system");
		await engine.ok("volume", "rm", "bound");
		expect(readFileSync(`${directory}/file`, "utf8")).toBe("host\n");
	});

	ours("o=bind,ro is read-only for everybody, and prune leaves volumes with options alone", async () => {
		const directory = engine.scratch();
		await make("sealed", "type=none", `device=${directory}`, "o=bind,ro");
		expect((await shell("sealed:/in", "touch /in/no")).stderr).toContain("Read-only file system");
		expect(await engine.ok("volume", "prune", "-a", "-f")).toBe("Total reclaimed space: 0B");
		expect(existsSync(directory)).toBe(true);
		await engine.ok("volume", "rm", "sealed");
	});

	ours("a directory that is not there keeps the container from starting: 125, and it is not made", async () => {
		const directory = `${engine.scratch()}/missing`;
		await make("bound", "type=none", `device=${directory}`, "o=bind");
		const outcome = await shell("bound:/in", "true");
		expect([outcome.code, existsSync(directory)]).toEqual([125, false]);
		expect(outcome.stderr).toContain(directory);
		await engine.ok("volume", "rm", "bound");
	});

	// podman takes the size for a quota.
	ours("type=tmpfs is memory of the size that o= says", async () => {
		await make("memory", "type=tmpfs", "device=tmpfs", "o=size=1m,mode=1700");
		const { stdout } = await shell(
			"memory:/in",
			"stat -c %a /in; df -k /in | tail -n 1; head -c 2m /dev/zero >/in/x || true",
		);
		expect(stdout).toMatch(/^1700\ntmpfs +1024 /);
		await engine.ok("volume", "rm", "memory");
	});

	ours("another type is mounted with the host's means; an option that it has not is named", async () => {
		const directory = engine.scratch();
		for (const name of ["lower", "upper", "work"]) mkdirSync(`${directory}/${name}`);
		writeFileSync(`${directory}/lower/file`, "below\n");
		const o = (...more: string[]) =>
			`o=${["lower", "upper", "work"].map((name) => `${name}dir=${directory}/${name}`).join()}${more.join("")}`;
		await make("layered", "type=overlay", "device=overlay", o());
		expect((await shell("layered:/in:ro", "cat /in/file; touch /in/no")).stdout).toBe("below\n");
		expect(
			(await shell("layered:/in", "echo above > /in/file; grep ' /in ' /proc/mounts | cut -d ' ' -f 3")).stdout,
		).toBe("overlay\n");
		expect(readFileSync(`${directory}/upper/file`, "utf8")).toBe("above\n");
		await make("wrong", "type=overlay", "device=overlay", o(",nosuch=1"));
		const outcome = await shell("wrong:/in", "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toMatch(/step \d+\/\d+: set nosuch=1 for overlay: EINVAL/);
		await make("unknown", "type=nosuchfs", "device=/x");
		expect((await shell("unknown:/in", "true")).stderr).toMatch(/begin to mount nosuchfs: ENODEV/);
		await engine.ok("volume", "rm", "layered", "wrong", "unknown");
		await engine.assertClean();
	});

	ours("a stopped container shows it to cp, too", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/file`, "host\n");
		await make("bound", "type=none", `device=${directory}`, "o=bind");
		await engine.ok("create", "--name", "stopped", "-v", "bound:/in", IMAGE, "true");
		await engine.ok("cp", "stopped:/in/file", `${directory}/copy`);
		expect(readFileSync(`${directory}/copy`, "utf8")).toBe("host\n");
		await engine.ok("rm", "stopped");
		await engine.ok("volume", "rm", "bound");
	});

	ours("of a volume in use whose directory somebody has removed, the next start makes another", async () => {
		await engine.ok("create", "--name", "starts", "-v", "gone:/in", IMAGE, "ls", "/in");
		rmSync(`${engine.root}/volumes/gone`, { recursive: true });
		expect(await engine.ok("start", "-a", "starts")).toBe("");
		await engine.ok("rm", "starts");
		await engine.ok("volume", "rm", "gone");
	});
});

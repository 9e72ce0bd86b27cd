/** `rm`: what it refuses, and that what it removes is gone entirely. */

import { describe, expect, test } from "bun:test";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { cgroupsOf } from "./leftovers.ts";

describe.skipIf(!ready)("rm", () => {
	const engine = useEngine("remove");

	test("rm removes a stopped container and prints its name as typed", async () => {
		await engine.run("run", "--name", "stopped", IMAGE, "true");
		expect(await engine.ok("rm", "stopped")).toBe("stopped");
		await engine.assertClean();
	});

	test("rm refuses a running container: 1, named, and it runs on", async () => {
		await engine.ok("run", "-d", "--name", "busy", IMAGE, "sleep", "1000");
		const outcome = await engine.run("rm", "busy");
		if (process.env.TARGET !== "podman") expect(outcome.code).toBe(1);
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toMatch(/busy|running/);
		expect(await engine.ok("ps")).toContain("busy");
		await engine.ok("rm", "-f", "busy");
	});

	test("rm -f kills and removes it entirely: process, files, mounts, cgroups", async () => {
		const id = await engine.ok(
			"run",
			"-d",
			"--name",
			"forced",
			IMAGE,
			"sh",
			"-c",
			"dd if=/dev/zero of=/big bs=1M count=5; mkdir -p /a/b/c; sleep 1000",
		);
		const pid = JSON.parse(await engine.ok("inspect", "forced"))[0].State.Pid as number;
		expect(await engine.ok("rm", "-f", "forced")).toBe("forced");
		expect(isAlive(pid)).toBe(false);
		expect(cgroupsOf(id)).toEqual([]);
		await engine.assertClean();
	});

	ours("rm of an unknown container: 1; rm -f of one prints the line and exits 0", async () => {
		const plain = await engine.run("rm", "nosuch");
		expect(plain.code).toBe(1);
		expect(plain.stderr).toContain("nosuch");
		const forced = await engine.run("rm", "-f", "nosuch");
		expect(forced.code).toBe(0);
		expect(forced.stderr).toContain("nosuch");
	});

	ours("rm of several removes what it can: successes on stdout, a line for each failure, exit 1", async () => {
		await engine.run("run", "--name", "first", IMAGE, "true");
		await engine.run("run", "--name", "second", IMAGE, "true");
		const outcome = await engine.run("rm", "first", "nosuch", "second");
		expect(outcome).toMatchObject({ code: 1, stdout: "first\nsecond\n" });
		expect(
			outcome.stderr
				.trim()
				.split("\n")
				.filter((line) => line.includes("nosuch")),
		).toHaveLength(1);
	});

	test("a removed name can be taken again", async () => {
		await engine.run("run", "--name", "again", IMAGE, "true");
		await engine.ok("rm", "again");
		expect((await engine.run("run", "--name", "again", IMAGE, "true")).code).toBe(0);
		await engine.ok("rm", "again");
	});

	test("run --rm -d is removed with everything when it ends", async () => {
		const id = await engine.ok("run", "-d", "--rm", IMAGE, "sleep", "0.3");
		await until("it is gone", async () => (await engine.ok("ps", "-a", "-q")) === "");
		expect(cgroupsOf(id)).toEqual([]);
		await engine.becomesClean();
	});

	test("rm while logs -f looks on ends the look", async () => {
		await engine.ok("run", "-d", "--name", "watched", IMAGE, "sh", "-c", "echo x; sleep 1000");
		const logs = engine.spawn("logs", "-f", "watched");
		await logs.prints("x");
		await engine.ok("rm", "-f", "watched");
		await logs.ended();
	});

	test("rm -f does not wait for a restart that waits for a program that does not end", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"deaf",
			IMAGE,
			"sh",
			"-c",
			"trap '' TERM; echo up; while :; do sleep 1; done",
		);
		await until("it is deaf", async () => (await engine.ok("logs", "deaf")) === "up");
		const restart = engine.spawn("restart", "-t", "-1", "deaf");
		await until("it was asked to end", async () =>
			(await engine.ok("events", "--since", "1h", "--until", "0s", "-f", "event=kill")).includes("signal=15"),
		);
		await engine.ok("rm", "-f", "deaf", { timeout: 10_000 });
		await restart.ended();
	});

	ours("a file that cannot be changed inside does not stop rm", async () => {
		// Directories without permissions and odd names, as programs leave them.
		const script = "mkdir -p /d/e; touch /d/e/$(printf 'a\\nb\\377'); chmod 0 /d/e /d; ln -s / /d2; mkfifo /p";
		await engine.run("run", "--name", "odd", IMAGE, "sh", "-c", script);
		await engine.ok("rm", "odd");
		await engine.assertClean();
	});

	ours("while containers run, the host's mountinfo holds nothing of bunker's", async () => {
		await engine.ok("run", "-d", "--name", "m1", "-v", `${engine.scratch()}:/data`, IMAGE, "sleep", "1000");
		await engine.ok("run", "-d", "--name", "m2", "--read-only", IMAGE, "sleep", "1000");
		expect(await Bun.file("/proc/self/mountinfo").text()).not.toContain(engine.directory);
		await engine.ok("rm", "-f", "m1", "m2");
	});
});

/** Health checks with nobody there but the monitor: ps, inspect and events tell of them. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { writeBusybox } from "./archive.ts";
import { busyboxTar, IMAGE, isAlive, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";

// podman runs its checks from timers of systemd, so what is asked more often than that is `ours`.
describe.skipIf(!ready)("--health-cmd", () => {
	const engine = useEngine("health");
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const healthOf = async (name: string) => (await inspect(name)).State.Health;
	const becomes = (name: string, status: string) =>
		until(`${name} is ${status}`, async () => (await healthOf(name)).Status === status);
	const quick = ["--health-interval", "100ms", "--health-retries", "2"];
	const start = (name: string, command: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--name", name, ...quick, "--health-cmd", command, ...flags, IMAGE, "sleep", "1000");
	const events = (name: string, event: string) =>
		engine.ok(
			"events",
			"--since",
			"1h",
			"--until",
			"0s",
			"-f",
			`container=${name}`,
			"-f",
			`event=${event}`,
			"--format",
			"{{.Action}}",
		);

	ours("starting, healthy, unhealthy, and healthy again: in ps, in inspect with its log, and as events", async () => {
		await start("web", "echo checked; test -e /ok", "--health-start-period", "60s", "--health-start-interval", "100ms");
		expect(await engine.ok("ps")).toMatch(/Up .* \(health: starting\) .*web/);
		expect(await healthOf("web")).toMatchObject({ Status: "starting", FailingStreak: 0 });
		await engine.ok("exec", "web", "touch", "/ok");
		await becomes("web", "healthy");
		expect(await engine.ok("ps")).toMatch(/Up .* \(healthy\) .*web/);
		await engine.ok("exec", "web", "rm", "/ok");
		await becomes("web", "unhealthy");
		expect(await engine.ok("ps")).toMatch(/Up .* \(unhealthy\) .*web/);
		await until("there are five", async () => (await healthOf("web")).Log.length === 5);
		const { FailingStreak, Log } = await healthOf("web");
		expect(FailingStreak).toBeGreaterThanOrEqual(2);
		expect(Log.at(-1)).toMatchObject({ ExitCode: 1, Output: "checked\n" });
		const times = Log.flatMap(({ Start, End }: { Start: string; End: string }) => [Start, End]);
		expect(times).toEqual(times.toSorted());
		await engine.ok("exec", "web", "touch", "/ok");
		await becomes("web", "healthy");
		expect((await events("web", "health_status")).split("\n")).toEqual([
			"health_status: healthy",
			"health_status: unhealthy",
			"health_status: healthy",
		]);
		await engine.ok("rm", "-f", "web");
	});

	ours("a change is told at once to who listens", async () => {
		const follower = engine.spawn("events", "-f", "event=health_status", "-f", "event=start");
		await until("it listens", async () => {
			await engine.ok("run", "--rm", IMAGE, "true");
			return follower.stdout !== "";
		});
		await start("told", "true");
		await follower.prints(/container health_status: healthy [0-9a-f]{64} \(image=busybox, name=told\)/);
		follower.kill("SIGKILL");
		await follower.ended();
		await engine.ok("rm", "-f", "told");
	});

	ours("--health-timeout: a check that takes longer is killed, and has failed with -1", async () => {
		const seconds = ownSeconds(2);
		await start("slow", `echo begun; exec sleep ${seconds}`, "--health-timeout", "200ms");
		await becomes("slow", "unhealthy");
		const [first] = (await healthOf("slow")).Log;
		expect(first).toMatchObject({ ExitCode: -1, Output: "Health check exceeded timeout (0.2s): begun\n" });
		await engine.ok("rm", "-f", "slow");
		expect(pidsOf(`sleep ${seconds}`)).toEqual([]);
	});

	ours("of an output of more than 4096 bytes the first are kept", async () => {
		await start("talks", "head -c 5000 /dev/zero | tr '\\0' x");
		await becomes("talks", "healthy");
		expect((await healthOf("talks")).Log[0].Output).toBe(`${"x".repeat(4096)}...`);
		await engine.ok("rm", "-f", "talks");
	});

	ours("a check that cannot be run has failed with -1, and says the step", async () => {
		const path = `${engine.scratch()}/image.tar`;
		await writeBusybox(path, "checked:1", await busyboxTar(), {
			Healthcheck: { Test: ["CMD", "/nosuch", "x"], Interval: 1e8, Retries: 1 },
		});
		await engine.ok("load", "-i", path);
		await engine.ok("run", "-d", "--name", "nosuch", "checked:1", "sleep", "1000");
		await becomes("nosuch", "unhealthy");
		const [first] = (await healthOf("nosuch")).Log;
		expect(first.ExitCode).toBe(-1);
		expect(first.Output).toMatch(/^step \d+\/\d+: execute \/nosuch: ENOENT/);
		await engine.ok("rm", "-f", "nosuch");
	});

	ours(
		"the image's HEALTHCHECK is checked, the flags' settings over it, and --no-healthcheck switches it off",
		async () => {
			const path = `${engine.scratch()}/image.tar`;
			await writeBusybox(path, "checked:2", await busyboxTar(), {
				Healthcheck: { Test: ["CMD", "echo", "mine"], Interval: 1e8 },
			});
			await engine.ok("load", "-i", path);
			await engine.ok("run", "-d", "--name", "image", "checked:2", "sleep", "1000");
			await becomes("image", "healthy");
			expect((await healthOf("image")).Log[0].Output).toBe("mine\n");
			await engine.ok("run", "-d", "--name", "flags", "--health-cmd", "echo yours", "checked:2", "sleep", "1000");
			await becomes("flags", "healthy");
			expect((await healthOf("flags")).Log[0].Output).toBe("yours\n");
			await engine.ok("run", "-d", "--name", "none", "--no-healthcheck", "checked:2", "sleep", "1000");
			expect((await inspect("none")).State.Health).toBeUndefined();
			expect(await engine.ok("ps", "--filter", "name=none")).not.toContain("health");
			await engine.ok("rm", "-f", "image", "flags", "none");
		},
	);

	ours("commit -c and import -c HEALTHCHECK give the image its check", async () => {
		const interval = "HEALTHCHECK --interval=100ms --retries=1";
		await engine.ok("import", "-c", `${interval} CMD echo imported`, await busyboxTar(), "checked:3");
		await engine.ok("run", "-d", "--name", "imported", "checked:3", "sleep", "1000");
		await becomes("imported", "healthy");
		expect((await healthOf("imported")).Log[0].Output).toBe("imported\n");
		await engine.ok("commit", "-c", 'HEALTHCHECK CMD ["echo", "committed"]', "imported", "checked:4");
		const [image] = JSON.parse(await engine.ok("image", "inspect", "checked:4"));
		expect(image.Config.Healthcheck).toEqual({ Test: ["CMD", "echo", "committed"], Interval: 1e8, Retries: 1 });
		await engine.ok("run", "-d", "--name", "committed", "checked:4", "sleep", "1000");
		await becomes("committed", "healthy");
		await engine.ok("rm", "-f", "imported", "committed");
	});

	ours("the check runs as the container's user, in its directory, with its variables", async () => {
		await start("who", "id -u; pwd; echo $COLOUR", "-u", "1234", "-w", "/tmp", "-e", "COLOUR=red");
		await becomes("who", "healthy");
		expect((await healthOf("who")).Log[0].Output).toBe("1234\n/tmp\nred\n");
		await engine.ok("rm", "-f", "who");
	});

	ours("the check holds no descriptor but its streams, and sees none of the host's processes", async () => {
		await start("fds", "ls /proc/self/fd | wc -l; ps | wc -l; readlink /proc/1/exe");
		await becomes("fds", "healthy");
		// 0, 1, 2 and that of the directory it lists; ps: its title, PID 1, the shell, ps and wc.
		expect((await healthOf("fds")).Log[0].Output).toBe("4\n5\n/bin/busybox\n");
		await engine.ok("rm", "-f", "fds");
	});

	ours(
		"stopped it is unhealthy, as docker has it, and its log stays; started again it is starting, and the log goes on",
		async () => {
			await start("again", "echo x");
			await becomes("again", "healthy");
			await engine.ok("stop", "-t", "0", "again");
			const stopped = await healthOf("again");
			expect(stopped.Status).toBe("unhealthy");
			expect(stopped.Log.length).toBeGreaterThan(0);
			expect(await engine.ok("ps", "-a")).not.toContain("health");
			await engine.ok("start", "again");
			const { Log } = await healthOf("again");
			expect(Log[0].Start).toBe(
				stopped.Log[Math.max(0, stopped.Log.length + Log.length - 5) % 5]?.Start ?? Log[0].Start,
			);
			await becomes("again", "healthy");
			await engine.ok("rm", "-f", "again");
		},
	);

	ours("kill -9 of the monitor in the middle of a check leaves nothing running", async () => {
		const seconds = ownSeconds(3);
		await start("shot", `exec sleep ${seconds}`, "--health-timeout", "60s");
		const program = (await inspect("shot")).State.Pid as number;
		const monitor = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${program}/status`, "utf8"))?.[1]);
		const checks = () => pidsOf(`sleep ${seconds}`).length;
		await until("the check runs", checks);
		process.kill(monitor, "SIGKILL");
		await until("the program is dead", () => !isAlive(program));
		await until("the check is dead", () => checks() === 0);
		await engine.ok("rm", "shot");
	});

	test.each([
		["--no-healthcheck --health-cmd true", "conflict"],
		["--health-interval -1s --health-cmd true", "negative"],
	])("%s is refused: 125", async (flags, _why) => {
		expect((await engine.run("run", "--rm", ...flags.split(" "), IMAGE, "true")).code).toBe(125);
	});

	ours("--explain lists the step that keeps the check's job from the program, and makes nothing", async () => {
		const plan = await engine.ok("run", "--explain", "--health-cmd", "true", IMAGE, "true");
		expect(plan).toContain("close the health check");
		expect(await engine.ok("run", "--explain", IMAGE, "true")).not.toContain("close the health check");
		expect(await engine.ok("ps", "-aq")).toBe("");
	});

	describe.skipIf(!requires("strace"))("idle", () => {
		ours("between two checks the monitor sleeps", async () => {
			await start("rests", "true", "--health-interval", "10s");
			const program = (await inspect("rests")).State.Pid as number;
			const monitor = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${program}/status`, "utf8"))?.[1] ?? "";
			const calls = `${engine.scratch()}/calls`;
			Bun.spawnSync(["timeout", "2", "strace", "-qq", "-o", calls, "-p", monitor]);
			expect(readFileSync(calls, "utf8").trim().split("\n").length).toBe(1);
			await engine.ok("rm", "-f", "rests");
		});
	});
});

/** `pause`, `unpause`, and what each verb does with a paused container (moby, daemon/pause.go and the verbs' own files). */

import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { OWN_PARENT, removeParents } from "./cgroup-files.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";

/** Counts as fast as it can, in a file of a tmpfs that the host sees (on a disk it would wait for that). */
const COUNTS = "i=0; while :; do i=$((i+1)); echo $i > /dev/shm/count; done";
/** Says that it was told to end, and ends so. */
const TRAPS = "trap 'exit 10' TERM; trap 'exit 11' USR1; echo ready; while :; do sleep 0.05; done";
/** A count that does not move for this long stands still: there is nothing that could be awaited. */
const STILL = 300;

describe.skipIf(!ready)("a paused container", () => {
	const engine = useEngine("pause");
	// One that has failed must not be seen by the next.
	afterEach(() => engine.removeAll());
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const programOf = async (name: string) => (await inspect(name)).State.Pid as number;
	const monitorOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
	/** What has happened to it, by its id: names are used again. */
	async function actions(name: string): Promise<string[]> {
		const { Id } = await inspect(name);
		const past = ["events", "--since", "1h", "--until", "0s", "-f", `container=${Id}`];
		return (await engine.ok(...past, "--format", "{{.Action}}")).split("\n");
	}

	async function start(name: string, script: string, ...flags: string[]): Promise<void> {
		await engine.ok("run", "-d", "--name", name, ...flags, IMAGE, "sh", "-c", script);
		if (script === TRAPS) await until("it is ready", async () => /ready/.test(await engine.ok("logs", name)));
	}

	/** What it has counted to, read where its root is. */
	async function counter(name: string): Promise<() => string> {
		const pid = await programOf(name);
		return () => readIfThere(`/proc/${pid}/root/dev/shm/count`);
	}

	async function standsStill(count: () => string): Promise<boolean> {
		// A write that was cut in the middle leaves it empty: that, too, stays.
		const before = count();
		await Bun.sleep(STILL);
		return count() === before;
	}

	async function moves(count: () => string): Promise<void> {
		const before = count();
		await until("the counter moves", () => count() !== "" && count() !== before);
	}

	describe("stands still", () => {
		test("pause prints the name, and then nothing of it runs; unpause, and it goes on", async () => {
			await start("counts", COUNTS);
			const count = await counter("counts");
			await moves(count);
			expect(await engine.run("pause", "counts")).toMatchObject({ code: 0, stdout: "counts\n", stderr: "" });
			expect(await standsStill(count)).toBe(true);
			expect(await engine.run("unpause", "counts")).toMatchObject({ code: 0, stdout: "counts\n", stderr: "" });
			await moves(count);
			await engine.ok("rm", "-f", "counts");
		});

		test("a program of exec stands still as well", async () => {
			await start("counts", "sleep 1000");
			await engine.ok("exec", "-d", "counts", "sh", "-c", COUNTS);
			const count = await counter("counts");
			await moves(count);
			await engine.ok("pause", "counts");
			expect(await standsStill(count)).toBe(true);
			await engine.ok("unpause", "counts");
			await moves(count);
			await engine.ok("rm", "-f", "counts");
		});

		ours("a container in the foreground goes on where it was, and its end is its own", async () => {
			const script = "echo ready; read -r line; echo $line; exit 7";
			const program = engine.spawn("run", "-i", "--rm", "--name", "front", IMAGE, "sh", "-c", script);
			await program.prints("ready");
			await engine.ok("pause", "front");
			program.write("typed\n");
			await Bun.sleep(STILL);
			expect(program.stdout).toBe("ready\n");
			await engine.ok("unpause", "front");
			expect(await program.ended()).toBe(7);
			expect(program.stdout).toBe("ready\ntyped\n");
		});

		ours(
			"--cgroup-parent: it stands still there, and what was frozen is thawed when its monitor is killed",
			async () => {
				await start("elsewhere", COUNTS, "--cgroup-parent", OWN_PARENT);
				const count = await counter("elsewhere");
				await engine.ok("pause", "elsewhere");
				expect(await standsStill(count)).toBe(true);
				expect((await inspect("elsewhere")).State.Paused).toBe(true);
				await engine.ok("unpause", "elsewhere");
				await moves(count);
				await engine.ok("pause", "elsewhere");
				const pid = await programOf("elsewhere");
				process.kill(monitorOf(pid), "SIGKILL");
				expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*elsewhere/);
				await until("the program is dead", () => !isAlive(pid));
				await engine.ok("rm", "elsewhere");
				removeParents(OWN_PARENT);
			},
		);

		ours("container pause and container unpause are the same verbs", async () => {
			await start("twice", "sleep 1000");
			expect(await engine.ok("container", "pause", "twice")).toBe("twice");
			expect((await inspect("twice")).State.Status).toBe("paused");
			expect(await engine.ok("container", "unpause", "twice")).toBe("twice");
			expect((await inspect("twice")).State.Status).toBe("running");
			await engine.ok("rm", "-f", "twice");
		});
	});

	describe("several, and errors", () => {
		ours("all are done: successes on stdout, a line for each failure, exit 1", async () => {
			await start("aa", "sleep 1000");
			await start("bb", "sleep 1000");
			const paused = await engine.run("pause", "aa", "nosuch", "bb");
			expect(paused).toMatchObject({ code: 1, stdout: "aa\nbb\n", stderr: "bunker: No such container: nosuch\n" });
			const unpaused = await engine.run("unpause", "aa", "nosuch", "bb");
			expect(unpaused).toMatchObject({ code: 1, stdout: "aa\nbb\n", stderr: "bunker: No such container: nosuch\n" });
			await engine.ok("rm", "-f", "aa", "bb");
		});

		ours("of one that is paused already, or is not: 1, and it says so", async () => {
			await start("once", "sleep 1000");
			expect(await engine.run("unpause", "once")).toMatchObject({
				code: 1,
				stdout: "",
				stderr: "bunker: container once is not paused\n",
			});
			await engine.ok("pause", "once");
			expect(await engine.run("pause", "once")).toMatchObject({
				code: 1,
				stdout: "",
				stderr: "bunker: container once is already paused\n",
			});
			await engine.ok("rm", "-f", "once");
		});

		ours("of one that does not run: 1, and it says so", async () => {
			await engine.ok("create", "--name", "over", IMAGE, "true");
			for (const _ of ["created", "exited"]) {
				expect(await engine.run("pause", "over")).toMatchObject({
					code: 1,
					stderr: "bunker: container over is not running\n",
				});
				expect(await engine.run("unpause", "over")).toMatchObject({
					code: 1,
					stderr: "bunker: container over is not paused\n",
				});
				await engine.ok("start", "-a", "over");
			}
			await engine.ok("rm", "over");
		});

		ours("of one that waits for its restart: 1, and it says so", async () => {
			await engine.ok("run", "-d", "--name", "fails", "--restart", "always", IMAGE, "false");
			await until("it waits for seconds", async () => (await inspect("fails")).RestartCount >= 5);
			await until("it waits", async () => (await inspect("fails")).State.Status === "restarting");
			const outcome = await engine.run("pause", "fails");
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("container fails is restarting, wait until it is running");
			await engine.ok("rm", "-f", "fails");
		});

		ours("without a name: 1, and how many it takes", async () => {
			for (const verb of ["pause", "unpause"]) {
				const outcome = await engine.run(verb);
				expect(outcome).toMatchObject({ code: 1, stdout: "" });
				expect(outcome.stderr).toContain(`'bunker ${verb}' requires at least 1 argument`);
			}
		});
	});

	describe("is listed", () => {
		ours("ps says Up and (Paused), whatever its health; inspect and info say it, too", async () => {
			const check = ["--health-cmd", "true", "--health-interval", "100ms"];
			await start("well", "sleep 1000", ...check);
			await until("it is healthy", async () => (await inspect("well")).State.Health.Status === "healthy");
			await start("other", "sleep 1000");
			await engine.ok("pause", "well");
			expect(await engine.ok("ps", "--format", "{{.Names}}: {{.State}}, {{.Status}}")).toMatch(
				/^other: running, Up [^()]*\nwell: paused, Up (Less than a second|About a minute|\d+ \w+) \(Paused\)$/,
			);
			expect((await inspect("well")).State).toMatchObject({
				Status: "paused",
				Running: true,
				Paused: true,
				Restarting: false,
				Health: { Status: "healthy" },
			});
			const format = "{{.Containers}} {{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}}";
			expect(await engine.ok("info", "--format", format)).toBe("2 1 1 0");
			expect(await engine.ok("info")).toContain("\n Running: 1\n Paused: 1\n Stopped: 0\n");
			await engine.ok("unpause", "well");
			expect(await engine.ok("ps", "-f", "name=well", "--format", "{{.Status}}")).toMatch(/^Up .* \(healthy\)$/);
			expect((await inspect("well")).State).toMatchObject({ Status: "running", Running: true, Paused: false });
			await engine.ok("rm", "-f", "well", "other");
		});

		test("ps --filter status=paused finds it, status=running does not", async () => {
			await start("filtered", "sleep 1000");
			const found = async (status: string) =>
				await engine.ok("ps", "-a", "--filter", `status=${status}`, "--format", "{{.Names}}");
			expect([await found("paused"), await found("running")]).toEqual(["", "filtered"]);
			await engine.ok("pause", "filtered");
			expect([await found("paused"), await found("running")]).toEqual(["filtered", ""]);
			expect(await engine.ok("container", "ls", "--filter", "status=paused", "--format", "{{.Names}}")).toBe(
				"filtered",
			);
			await engine.ok("rm", "-f", "filtered");
		});

		ours("prune spares it, and df counts it as active", async () => {
			await start("kept", "sleep 1000");
			await engine.ok("pause", "kept");
			expect(await engine.ok("container", "prune", "-f")).toBe("Total reclaimed space: 0B");
			expect(await engine.ok("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}")).toContain(
				"Containers 1 1",
			);
			expect(await engine.ok("ps", "-q")).not.toBe("");
			await engine.ok("rm", "-f", "kept");
		});

		describe.skipIf(!requires("strace"))("cheaply", () => {
			ours("of a container that nobody has paused ps opens no file of its cgroup, nor looks for any", async () => {
				await start("plain", "sleep 1000");
				const calls = `${engine.scratch()}/calls`;
				const opened = () => {
					const strace = ["strace", "-f", "-qq", "-e", "trace=openat", "-o", calls];
					Bun.spawnSync([...strace, ...engine.command, "ps"], { env: engine.environment });
					return readFileSync(calls, "utf8");
				};
				expect(opened()).toContain("/state");
				expect(opened()).not.toMatch(/freezer|cgroup\.freeze|mountinfo/);
				await engine.ok("pause", "plain");
				expect(opened()).toMatch(/freezer\.state|cgroup\.freeze/);
				await engine.ok("rm", "-f", "plain");
			});
		});
	});

	describe("and other verbs", () => {
		ours("exec, attach and start say what it is, and exit 1; nothing changes", async () => {
			await start("rests", "sleep 1000");
			await engine.ok("pause", "rests");
			for (const [words, error] of [
				[["exec", "rests", "true"], "container rests is paused, unpause the container before exec"],
				[["exec", "-d", "rests", "true"], "container rests is paused, unpause the container before exec"],
				[["attach", "rests"], "attach to rests: you cannot attach to a paused container, unpause it first"],
				[["start", "rests"], "start rests: cannot start a paused container, try unpause instead"],
				[["start", "-a", "rests"], "start rests: cannot start a paused container, try unpause instead"],
			] as const)
				expect(await engine.run(...words)).toMatchObject({ code: 1, stdout: "", stderr: `bunker: ${error}\n` });
			expect((await inspect("rests")).State.Status).toBe("paused");
			expect(await engine.ok("unpause", "rests")).toBe("rests");
			expect(await engine.ok("exec", "rests", "echo", "hi")).toBe("hi");
			await engine.ok("rm", "-f", "rests");
		});

		ours("top, logs, diff, export, rename and wait work as of one that runs", async () => {
			await start("works", "echo said; touch /new; sleep 1000");
			await until("it has written", async () => (await engine.ok("diff", "works")) === "A /new");
			await engine.ok("pause", "works");
			expect(await engine.ok("top", "works")).toContain("sleep 1000");
			expect(await engine.ok("logs", "works")).toBe("said");
			expect(await engine.ok("diff", "works")).toBe("A /new");
			expect((await engine.run("export", "works")).bytes.length).toBeGreaterThan(100_000);
			await engine.ok("rename", "works", "renamed");
			expect(await engine.ok("ps", "--format", "{{.Names}} {{.State}}")).toBe("renamed paused");
			const waits = engine.spawn("wait", "renamed");
			await engine.ok("kill", "renamed");
			expect([await waits.ended(), waits.stdout, waits.stderr]).toEqual([0, "137\n", ""]);
			await engine.ok("rm", "renamed");
		});

		test("stop lets it handle the signal: it need not be killed", async () => {
			await start("asked", TRAPS);
			await engine.ok("pause", "asked");
			expect(await engine.ok("stop", "-t", "20", "asked")).toBe("asked");
			expect((await inspect("asked")).State).toMatchObject({ Status: "exited", Paused: false, ExitCode: 10 });
			await engine.ok("rm", "asked");
		});

		ours("stop kills one that is deaf to it when the time is over, and it can be started again", async () => {
			await start("deaf", "trap '' TERM; echo ready; while :; do sleep 1000; done");
			await engine.ok("pause", "deaf");
			expect(await engine.ok("stop", "-t", "1", "deaf")).toBe("deaf");
			expect((await inspect("deaf")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
			await engine.ok("start", "deaf");
			expect((await inspect("deaf")).State).toMatchObject({ Status: "running", Paused: false });
			await engine.ok("rm", "-f", "deaf");
		});

		test("kill ends it at once", async () => {
			await start("shot", COUNTS);
			await engine.ok("pause", "shot");
			expect(await engine.ok("kill", "shot")).toBe("shot");
			await until("it has ended", async () => (await inspect("shot")).State.ExitCode === 137);
			await engine.ok("rm", "shot");
		});

		ours("kill with any other signal lets it run again, and handle it", async () => {
			await start("told", TRAPS);
			await engine.ok("pause", "told");
			await engine.ok("kill", "-s", "USR1", "told");
			expect(await engine.ok("wait", "told")).toBe("11");
			await engine.ok("rm", "told");
		});

		ours("with a stop signal of its own only that one does, and SIGKILL", async () => {
			await start("told", TRAPS, "--stop-signal", "TERM");
			await engine.ok("pause", "told");
			await engine.ok("kill", "-s", "HUP", "told");
			expect((await inspect("told")).State.Status).toBe("paused");
			await engine.ok("kill", "-s", "TERM", "told");
			expect(await engine.ok("wait", "told")).toMatch(/^(10|129)$/);
			await engine.ok("rm", "told");
		});

		ours("a signal that run passes on lets it run again, and reaches it", async () => {
			const program = engine.spawn("run", "--name", "front", IMAGE, "sh", "-c", TRAPS);
			await program.prints("ready");
			await engine.ok("pause", "front");
			program.kill("SIGTERM");
			expect(await program.ended()).toBe(10);
			expect((await inspect("front")).State).toMatchObject({ Status: "exited", Paused: false });
			await engine.ok("rm", "front");
		});

		ours("rm without -f says that it is paused; with -f it is gone with everything", async () => {
			await start("gone", COUNTS);
			await engine.ok("pause", "gone");
			const pid = await programOf("gone");
			const outcome = await engine.run("rm", "gone");
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toContain("container is paused and must be unpaused first");
			expect((await inspect("gone")).State.Status).toBe("paused");
			expect(await engine.ok("rm", "-f", "gone")).toBe("gone");
			expect(isAlive(pid)).toBe(false);
			await engine.assertClean();
		});

		ours("rm -f of several, paused and not, removes all", async () => {
			for (const name of ["aa", "bb", "cc"]) await start(name, "sleep 1000");
			await engine.ok("pause", "aa", "cc");
			expect(await engine.ok("rm", "-f", "aa", "bb", "cc")).toBe("aa\nbb\ncc");
			await engine.assertClean();
		});

		ours("restart starts it anew, not paused", async () => {
			await start("anew", TRAPS);
			await engine.ok("pause", "anew");
			const before = await programOf("anew");
			expect(await engine.ok("restart", "-t", "20", "anew")).toBe("anew");
			expect((await inspect("anew")).State).toMatchObject({ Status: "running", Paused: false });
			expect(await programOf("anew")).not.toBe(before);
			await engine.ok("rm", "-f", "anew");
		});

		ours("with --rm a stop removes it; with --restart always it stays stopped", async () => {
			await start("once", TRAPS, "--rm");
			await engine.ok("pause", "once");
			await engine.ok("stop", "once");
			await until("it is gone", async () => !(await engine.ok("ps", "-a")).includes("once"));
			await start("always", TRAPS, "--restart", "always");
			await engine.ok("pause", "always");
			await engine.ok("stop", "always");
			expect((await inspect("always")).State.Status).toBe("exited");
			await engine.ok("rm", "always");
			await engine.becomesClean();
		});

		ours("the events are docker's, each once and in their order", async () => {
			await start("told", TRAPS);
			await engine.ok("pause", "told");
			await engine.ok("unpause", "told");
			await engine.ok("pause", "told");
			await engine.ok("stop", "told");
			const all = ["create", "start", "pause", "unpause", "pause", "kill", "unpause", "die", "stop"];
			expect(await actions("told")).toEqual(all);
			const filtered = ["events", "--since", "1h", "--until", "0s", "-f", "event=pause", "--format", "{{.Action}}"];
			expect(new Set((await engine.ok(...filtered)).split("\n"))).toEqual(new Set(["pause"]));
			await engine.ok("rm", "told");
		});
	});

	describe("and what is killed", () => {
		ours("of its monitor: the next command ends the program, which was frozen, and says so", async () => {
			await start("lost", COUNTS);
			await engine.ok("pause", "lost");
			const pid = await programOf("lost");
			process.kill(monitorOf(pid), "SIGKILL");
			expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*lost/);
			await until("the program is dead", () => !isAlive(pid));
			expect((await inspect("lost")).State).toMatchObject({ Status: "exited", Paused: false });
			expect(await engine.ok("start", "lost")).toBe("lost");
			expect((await inspect("lost")).State.Status).toBe("running");
			await engine.ok("rm", "-f", "lost");
		});

		ours("of its monitor, with --restart always: the next command, any, starts it again, not paused", async () => {
			await start("lost", COUNTS, "--restart", "always");
			await engine.ok("pause", "lost");
			const pid = await programOf("lost");
			process.kill(monitorOf(pid), "SIGKILL");
			await engine.ok("images");
			await until("it runs again", async () => {
				const { Status, Pid } = (await inspect("lost")).State;
				return Status === "running" && Pid !== pid;
			});
			await moves(await counter("lost"));
			expect(isAlive(pid)).toBe(false);
			await engine.ok("rm", "-f", "lost");
		});

		ours("of its monitor: rm -f at once leaves nothing", async () => {
			await start("lost", COUNTS);
			await engine.ok("pause", "lost");
			process.kill(monitorOf(await programOf("lost")), "SIGKILL");
			expect(await engine.ok("rm", "-f", "lost")).toBe("lost");
			await engine.becomesClean();
		});

		ours("of pause and unpause, at any moment: it is paused or it runs, and events say the same", async () => {
			await start("half", COUNTS);
			const count = await counter("half");
			for (let round = 0; round < 12; round++) {
				const program = engine.spawn(round % 2 ? "unpause" : "pause", "half");
				await Bun.sleep(2 + round * 1.5);
				program.kill("SIGKILL");
				await program.ended();
				const { Paused } = (await inspect("half")).State;
				if (Paused) expect(await standsStill(count)).toBe(true);
				else await moves(count);
				const told = (await actions("half")).filter((action) => action.includes("pause"));
				expect(told.at(-1) === "pause").toBe(Paused);
				expect(told).toEqual(told.map((_, index) => (index % 2 ? "unpause" : "pause")));
			}
			await engine.run("unpause", "half");
			await moves(count);
			await engine.ok("rm", "-f", "half");
		});

		ours("thawed behind our back: it runs, and is so listed", async () => {
			await start("thawed", COUNTS);
			await engine.ok("pause", "thawed");
			thawByHand(await programOf("thawed"));
			expect((await inspect("thawed")).State).toMatchObject({ Status: "running", Paused: false });
			expect((await actions("thawed")).at(-1)).toBe("unpause");
			await engine.ok("rm", "-f", "thawed");
		});
	});

	describe("commit", () => {
		const images = () => engine.ok("images", "-aq", "--no-trunc");

		/** The row is seen a moment before its writer lets go of the database. */
		function isLocked(database: Database): boolean {
			try {
				database.exec("BEGIN IMMEDIATE; ROLLBACK");
				return false;
			} catch {
				return true;
			}
		}

		/**
		 * A commit of a container that counts, halted while the container is paused; not before the row says
		 * so, so that the commit holds nothing of the database. The row is read here: a command would be too slow.
		 */
		async function halted(name: string): Promise<ReturnType<typeof engine.spawn>> {
			await start(name, `dd if=/dev/urandom of=/big bs=1M count=40 2>/dev/null; ${COUNTS}`);
			await moves(await counter(name));
			const program = engine.spawn("commit", name, "made:1");
			using database = new Database(`${engine.root}/bunker.db`);
			const row = database.query<{ paused: number }, [string]>("SELECT paused FROM container WHERE name = ?");
			while (program.running && row.get(name)?.paused !== 2) await Bun.sleep(1);
			for (program.kill("SIGSTOP"); isLocked(database); program.kill("SIGSTOP")) {
				program.kill("SIGCONT");
				await Bun.sleep(1);
			}
			expect((await inspect(name)).State.Status).toBe("paused");
			return program;
		}

		ours("pauses it while it is read, and it runs on after that", async () => {
			const program = await halted("read");
			expect(await engine.ok("ps", "--format", "{{.Names}} {{.State}}")).toBe("read paused");
			expect(await standsStill(await counter("read"))).toBe(true);
			program.kill("SIGCONT");
			expect(await program.ended()).toBe(0);
			expect((await inspect("read")).State.Status).toBe("running");
			await moves(await counter("read"));
			expect(await actions("read")).toEqual(["create", "start", "pause", "commit", "unpause"]);
			await engine.ok("rm", "-f", "read");
			await engine.ok("rmi", "made:1");
		});

		ours("-p=false does not pause it, --pause and the default do; what does not run needs no pause", async () => {
			await start("flags", "sleep 1000");
			for (const flag of ["-p=false", "--pause=true", "-p"]) await engine.ok("commit", flag, "flags", "made:1");
			await engine.ok("stop", "-t", "0", "flags");
			await engine.ok("commit", "flags", "made:1");
			const told = (await actions("flags")).filter((action) => /pause|commit/.test(action));
			expect(told).toEqual(["commit", "pause", "commit", "unpause", "pause", "commit", "unpause", "commit"]);
			await engine.ok("rm", "flags");
			await engine.ok("rmi", "made:1");
		});

		ours("of one that the user has paused leaves it paused", async () => {
			await start("stays", COUNTS);
			await engine.ok("pause", "stays");
			await engine.ok("commit", "stays", "made:1");
			expect((await inspect("stays")).State.Status).toBe("paused");
			expect(await standsStill(await counter("stays"))).toBe(true);
			await engine.ok("rm", "-f", "stays");
			await engine.ok("rmi", "made:1");
		});

		ours("that fails leaves it running", async () => {
			await start("fails", COUNTS);
			expect((await engine.run("commit", "-c", "RUN make", "fails", "made:1")).code).toBe(1);
			expect((await inspect("fails")).State.Status).toBe("running");
			await moves(await counter("fails"));
			await engine.ok("rm", "-f", "fails");
		});

		ours.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("ended by %s: it runs again, by itself", async (signal) => {
			const before = await images();
			const program = await halted("left");
			const count = await counter("left");
			expect(await standsStill(count)).toBe(true);
			program.kill(signal);
			program.kill("SIGCONT");
			await program.ended();
			await moves(count);
			expect((await inspect("left")).State).toMatchObject({ Status: "running", Paused: false });
			expect((await actions("left")).filter((action) => /pause/.test(action))).toEqual(["pause", "unpause"]);
			expect(await images()).toBe(before);
			await engine.ok("commit", "left", "made:1");
			await engine.ok("rm", "-f", "left");
			await engine.ok("rmi", "made:1");
			await engine.becomesClean();
		});

		ours("killed together with its guard: the next command that looks lets it run again", async () => {
			const program = await halted("left");
			const count = await counter("left");
			const id = await engine.ok("ps", "-q");
			const guard = Bun.spawnSync(["pgrep", "-x", "-f", `bunker-monitor commit ${id}`]).stdout.toString();
			process.kill(Number(guard), "SIGKILL");
			program.kill("SIGKILL");
			await program.ended();
			expect(await standsStill(count)).toBe(true);
			expect(await engine.ok("ps", "--format", "{{.Names}} {{.State}}")).toBe("left running");
			await moves(count);
			await engine.ok("rm", "-f", "left");
		});

		ours.each(["stop -t 1", "kill"])("%s meanwhile: it ends, as docker's does", async (words) => {
			const program = await halted("ends");
			await engine.ok(...words.split(" "), "ends");
			expect((await inspect("ends")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
			program.kill("SIGCONT");
			expect(await program.ended()).toBe(0);
			await engine.ok("rm", "ends");
			await engine.ok("rmi", "made:1");
		});

		ours("pause meanwhile waits for it, and then pauses", async () => {
			const program = await halted("queue");
			const pauses = engine.spawn("pause", "queue");
			await Bun.sleep(STILL);
			expect(pauses.running).toBe(true);
			program.kill("SIGCONT");
			expect(await program.ended()).toBe(0);
			expect(await pauses.ended()).toBe(0);
			expect((await inspect("queue")).State.Status).toBe("paused");
			await engine.ok("rm", "-f", "queue");
			await engine.ok("rmi", "made:1");
		});
	});

	describe("its health check", () => {
		const log = async (name: string) => (await inspect(name)).State.Health;
		const changes = async (name: string) =>
			(await actions(name)).filter((action) => action.startsWith("health_status"));

		ours("is not run while it is paused, and is again after that; nothing counts as a failure", async () => {
			const directory = engine.scratch();
			const check = ["-v", `${directory}:/v`, "--health-interval", "50ms", "--health-retries", "1"];
			await start("well", "sleep 1000", ...check, "--health-cmd", "echo x >> /v/checks");
			const checks = () => readIfThere(`${directory}/checks`).length;
			await until("it is healthy", async () => (await log("well")).Status === "healthy");
			await engine.ok("pause", "well");
			const before = checks();
			await Bun.sleep(STILL * 2);
			expect(checks()).toBe(before);
			expect(await log("well")).toMatchObject({ Status: "healthy", FailingStreak: 0 });
			await engine.ok("unpause", "well");
			await until("it is checked again", () => checks() > before + 2);
			expect(await changes("well")).toEqual(["health_status: healthy"]);
			await engine.ok("rm", "-f", "well");
		});

		ours("that is in the middle of it, and exceeds its time, does not count", async () => {
			const directory = engine.scratch();
			const check = ["-v", `${directory}:/v`, "--health-interval", "50ms", "--health-retries", "1"];
			await start(
				"slow",
				"sleep 1000",
				...check,
				"--health-timeout",
				"3s",
				"--health-cmd",
				"echo x > /v/begun; while [ ! -e /v/go ]; do sleep 0.05; done",
			);
			await until("the check runs", () => readIfThere(`${directory}/begun`) !== "");
			await engine.ok("pause", "slow");
			await Bun.sleep(3500);
			expect(await log("slow")).toMatchObject({ Status: "starting", FailingStreak: 0, Log: [] });
			writeFileSync(`${directory}/go`, "");
			await engine.ok("unpause", "slow");
			await until("it is healthy", async () => (await log("slow")).Status === "healthy");
			expect(await changes("slow")).toEqual(["health_status: healthy"]);
			expect((await log("slow")).Log.every(({ ExitCode }: { ExitCode: number }) => ExitCode === 0)).toBe(true);
			await engine.ok("rm", "-f", "slow");
		});

		ours("does not keep it from being stopped", async () => {
			await start("slow", TRAPS, "--health-interval", "50ms", "--health-cmd", "echo x > /begun; sleep 1000");
			const begun = await programOf("slow");
			await until("the check runs", () => readIfThere(`/proc/${begun}/root/begun`) !== "");
			await engine.ok("pause", "slow");
			await engine.ok("stop", "slow");
			expect((await inspect("slow")).State).toMatchObject({ Status: "exited", ExitCode: 10 });
			await engine.ok("rm", "slow");
		});
	});
});

function readIfThere(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}

/** As anybody with root can: by the freezer of the process's cgroup, of whichever version. */
function thawByHand(pid: number): void {
	const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
	const first = lines.find((line) => /^\d+:([^:]*,)?freezer[,:]/.test(line));
	const path = (line: string) => line.slice(line.indexOf(":", line.indexOf(":") + 1) + 1);
	const unified = lines.find((line) => line.startsWith("0::")) ?? "";
	if (first) writeFileSync(`/sys/fs/cgroup/freezer${path(first)}/freezer.state`, "THAWED");
	else writeFileSync(`/sys/fs/cgroup${path(unified)}/cgroup.freeze`, "0");
}

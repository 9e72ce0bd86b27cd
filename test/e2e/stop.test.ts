/** The end of a container and its next beginning: `stop`, `kill`, `wait`, `start`. */

import { describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { writeBusybox } from "./archive.ts";
import { busyboxTar, IMAGE, isAlive, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";

/** A program that says how it was told to end. */
const trapping = (...names: string[]) =>
	`${names.map((name, index) => `trap 'echo ${name}; exit ${10 + index}' ${name};`).join(" ")} echo ready; while :; do sleep 0.05; done`;

describe.skipIf(!ready)("the end", () => {
	const engine = useEngine("stop");
	const start = async (name: string, ...words: string[]) => {
		await engine.ok("run", "-d", "--name", name, IMAGE, ...words);
		if (words[0] === "sh") await until("it is ready", async () => /ready/.test(await engine.ok("logs", name)));
	};
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];

	test("stop sends SIGTERM and prints the name as typed", async () => {
		await start("term", "sh", "-c", trapping("TERM"));
		expect(await engine.ok("stop", "term")).toBe("term");
		expect(await engine.ok("logs", "term")).toContain("TERM");
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(10\).*term/);
		await engine.ok("rm", "term");
	});

	test("stop -t waits that long, then kills", async () => {
		await start("deaf", "sleep", "1000"); // PID 1 without a handler ignores SIGTERM
		const before = Date.now();
		await engine.ok("stop", "-t", "1", "deaf");
		expect(Date.now() - before).toBeGreaterThan(900);
		expect(Date.now() - before).toBeLessThan(6000);
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*deaf/);
		await engine.ok("rm", "deaf");
	});

	test("stop -t 0 kills at once; --time and --timeout are the same flag", async () => {
		for (const flag of TARGETS_FLAGS) {
			await start("flag", "sleep", "1000");
			const before = Date.now();
			await engine.ok("stop", flag, "0", "flag");
			expect(Date.now() - before).toBeLessThan(4000);
			await engine.ok("rm", "flag");
		}
	});

	test("stop sends the image's stop signal", async () => {
		const path = `${engine.scratch()}/image.tar`;
		await writeBusybox(path, "usr1:1", await busyboxTar(), { StopSignal: "SIGUSR1" });
		await engine.ok("load", "-i", path);
		await engine.ok("run", "-d", "--name", "usr1", "usr1:1", "sh", "-c", trapping("TERM", "USR1"));
		await until("it is ready", async () => /ready/.test(await engine.ok("logs", "usr1")));
		await engine.ok("stop", "usr1");
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(11\).*usr1/);
		await engine.ok("rm", "usr1");
	});

	test("when stop returns the process is gone", async () => {
		await start("gone", "sh", "-c", trapping("TERM"));
		const pid = (await inspect("gone")).State.Pid as number;
		expect(isAlive(pid)).toBe(true);
		await engine.ok("stop", "gone");
		expect(isAlive(pid)).toBe(false);
		await engine.ok("rm", "gone");
	});

	test("stop of a stopped container is fine; of an unknown one 1", async () => {
		await engine.run("run", "--name", "over", IMAGE, "true");
		expect(await engine.ok("stop", "over")).toBe("over");
		const outcome = await engine.run("stop", "nosuch");
		if (process.env.TARGET !== "podman") expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
		await engine.ok("rm", "over");
	});

	ours("stop of several does all: successes on stdout, a line for each failure, exit 1", async () => {
		await start("aa", "sh", "-c", trapping("TERM"));
		await start("bb", "sh", "-c", trapping("TERM"));
		const outcome = await engine.run("stop", "aa", "nosuch", "bb");
		expect(outcome).toMatchObject({ code: 1, stdout: "aa\nbb\n" });
		expect(outcome.stderr).toContain("nosuch");
		await engine.ok("rm", "aa", "bb");
	});

	ours("stop says so when the grace period was used up", async () => {
		await start("stubborn", "sleep", "1000");
		const { stderr } = await engine.run("stop", "-t", "1", "stubborn");
		expect(stderr).toMatch(/--init|SIGTERM/);
		await engine.ok("rm", "stubborn");
	});

	test("kill sends SIGKILL", async () => {
		await start("shot", "sleep", "1000");
		expect(await engine.ok("kill", "shot")).toBe("shot");
		await until("it has ended", async () => /Exited \(137\)/.test(await engine.ok("ps", "-a")));
		await engine.ok("rm", "shot");
	});

	test("kill -s by name, with and without SIG, and by number", async () => {
		for (const [signal, code] of [
			["USR1", 10],
			["SIGUSR2", 11],
			["1", 12],
		] as const) {
			await start("named", "sh", "-c", trapping("USR1", "USR2", "HUP"));
			await engine.ok("kill", "-s", signal, "named");
			await until(`it has ended by ${signal}`, async () => (await engine.ok("ps", "-a")).includes(`Exited (${code})`));
			await engine.ok("rm", "named");
		}
	});

	test("kill with a signal that there is not names it and leaves the container running", async () => {
		await start("lives", "sleep", "1000");
		const outcome = await engine.run("kill", "-s", "FOO", "lives");
		if (process.env.TARGET !== "podman") expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("FOO");
		expect(await engine.ok("ps")).toContain("lives");
		await engine.ok("rm", "-f", "lives");
	});

	test("kill of a container that does not run is an error", async () => {
		await engine.run("run", "--name", "dead", IMAGE, "true");
		const outcome = await engine.run("kill", "dead");
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toMatch(/not running|exited/);
		await engine.ok("rm", "dead");
	});

	test("wait prints the exit code of each, in order", async () => {
		await engine.ok("run", "-d", "--name", "one", IMAGE, "sh", "-c", "sleep 0.5; exit 3");
		await engine.ok("run", "-d", "--name", "two", IMAGE, "sh", "-c", "exit 4");
		expect(await engine.ok("wait", "one", "two")).toBe("3\n4");
		expect(await engine.ok("wait", "one")).toBe("3");
		await engine.ok("rm", "one", "two");
	});

	ours("wait of an unknown container: 1, and it is named", async () => {
		const outcome = await engine.run("wait", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("start runs the same container again, with what it has written", async () => {
		await engine.run("run", "--name", "twice", IMAGE, "sh", "-c", "echo x >> /count; wc -l < /count");
		expect(await engine.ok("start", "-a", "twice")).toBe("2");
		expect(await engine.ok("start", "-a", "twice")).toBe("3");
		await engine.ok("rm", "twice");
	});

	test("start prints the name and returns while the program runs", async () => {
		await start("cycle", "sleep", "1000");
		await engine.ok("stop", "-t", "0", "cycle");
		expect(await engine.ok("start", "cycle")).toBe("cycle");
		expect(await engine.ok("ps")).toMatch(/Up .*cycle/);
		await engine.ok("rm", "-f", "cycle");
	});

	test("start -a shows the output and returns the exit status", async () => {
		await engine.run("run", "--name", "att", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 6");
		expect(await engine.run("start", "-a", "att")).toMatchObject({ code: 6, stdout: "out\n", stderr: "err\n" });
		await engine.ok("rm", "att");
	});

	test("start -a -i passes stdin to a container made with -i", async () => {
		await engine.run("run", "-i", "--name", "cat", IMAGE, "cat", { stdin: "first" });
		expect((await engine.run("start", "-a", "-i", "cat", { stdin: "second" })).stdout).toBe("second");
		await engine.ok("rm", "cat");
	});

	ours("start of a running container is fine and changes nothing", async () => {
		await start("runs", "sleep", "1000");
		const pid = (await inspect("runs")).State.Pid;
		expect(await engine.ok("start", "runs")).toBe("runs");
		expect((await inspect("runs")).State.Pid).toBe(pid);
		await engine.ok("rm", "-f", "runs");
	});

	ours("start of an unknown container: 1, and it is named", async () => {
		const outcome = await engine.run("start", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("exit status, start and finish times are recorded", async () => {
		const before = Date.now() - 1000;
		await engine.run("run", "--name", "times", IMAGE, "sh", "-c", "sleep 0.3; exit 5");
		const { State } = await inspect("times");
		expect(State.ExitCode).toBe(5);
		expect(State.Running).toBe(false);
		expect(State.Status).toBe("exited");
		const [started, finished] = [Date.parse(State.StartedAt), Date.parse(State.FinishedAt)];
		expect(started).toBeGreaterThan(before);
		expect(finished - started).toBeGreaterThanOrEqual(290);
		expect(finished).toBeLessThan(Date.now() + 1000);
		await engine.ok("rm", "times");
	});

	test("children of PID 1 die with it", async () => {
		await start("tree", "sh", "-c", `sleep ${ownSeconds(5)} & echo ready; sleep 1000`);
		await engine.ok("kill", "tree");
		await until("it has ended", async () => /Exited/.test(await engine.ok("ps", "-a")));
		expect(pidsOf(`sleep ${ownSeconds(5)}`)).toEqual([]);
		await engine.ok("rm", "tree");
	});

	test.skipIf(!requires("tmux"))(
		"the session of the issue: run, ps, logs -f, exec -it, stop, ps -a, start, rm -f",
		async () => {
			await using screen = await engine.terminal({ columns: 150, rows: 50 });
			await screen.type(`bunker run -d --name web ${IMAGE} top -b -d 1\n`);
			await screen.shows(/[0-9a-f]{64}/);
			await screen.type("clear; bunker ps\n");
			await screen.shows(/CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES/);
			await screen.type("clear; bunker logs -f web\n");
			await screen.shows("PID  PPID USER");
			await screen.press("C-c");
			await screen.type("clear\n");
			await screen.shows(/^outside\$$/m);
			await screen.type("bunker exec -it web sh\n");
			await screen.shows("/ #");
			await screen.type("exit\n");
			await screen.shows(/outside\$\s*$/);
			await screen.type(
				"clear; bunker stop -t 1 web; bunker ps -a; bunker start web; bunker rm -f web; bunker ps -a -q; echo done=$?\n",
			);
			const text = await screen.shows("done=0", 20_000);
			expect(text).toMatch(/Exited \(\d+\)/);
			expect(text.split("\n").filter((line) => line === "web")).toHaveLength(3);
		},
	);
});

const TARGETS_FLAGS = process.env.TARGET === "podman" ? ["-t", "--time"] : ["-t", "--time", "--timeout"];

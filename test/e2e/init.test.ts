/** `--init`: a tiny reaper of ours as PID 1. */

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";

// podman needs a program of its own for it (catatonit), which its package does not bring.
describe.skipIf(!ready)("--init", () => {
	const engine = useEngine("init");
	const zombiesIn = (name: string) =>
		engine.ok("exec", name, "sh", "-c", "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l");

	ours("the program is not PID 1, its parent is", async () => {
		const out = await engine.ok("run", "--rm", "--init", IMAGE, "sh", "-c", "echo $$ $PPID");
		expect(out).toMatch(/^\d+ 1$/);
		expect(out).not.toStartWith("1 ");
	});

	ours("exit status and signals are the program's", async () => {
		expect((await engine.run("run", "--rm", "--init", IMAGE, "sh", "-c", "exit 9")).code).toBe(9);
		expect((await engine.run("run", "--rm", "--init", IMAGE, "sh", "-c", "kill -SEGV $$")).code).toBe(139);
	});

	ours("orphans are reaped: no zombie is left", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"orphans",
			"--init",
			IMAGE,
			"sh",
			"-c",
			"for i in 1 2 3; do (sleep 0.1 &) ; done; sleep 1000",
		);
		const left = async () => (await engine.ok("exec", "orphans", "ps", "-o", "args")).includes("sleep 0.1");
		await until("they have ended", async () => !(await left()));
		await until("they are gone", async () => (await zombiesIn("orphans")) === "0");
		await engine.ok("rm", "-f", "orphans");
	});

	ours("without --init they are not: PID 1 is the user's program", async () => {
		await engine.ok("run", "-d", "--name", "zombies", IMAGE, "sleep", "1000");
		await engine.ok("exec", "zombies", "sh", "-c", "(sleep 0.1 &)");
		await until("it has ended, and stays", async () => (await zombiesIn("zombies")) === "1");
		await engine.ok("rm", "-f", "zombies");
	});

	ours("stop ends a program that has no handler for SIGTERM at once", async () => {
		await engine.ok("run", "-d", "--name", "quick", "--init", IMAGE, "sleep", "1000");
		const before = Date.now();
		await engine.ok("stop", "quick");
		expect(Date.now() - before).toBeLessThan(4000);
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(143\)/);
		await engine.ok("rm", "quick");
	});

	ours("signals are forwarded to the program", async () => {
		const script = "trap 'exit 33' USR1; echo ready; while :; do sleep 0.05; done";
		const program = engine.spawn("run", "--rm", "--init", IMAGE, "sh", "-c", script);
		await program.prints("ready");
		program.kill("SIGUSR1");
		expect(await program.ended()).toBe(33);
	});

	ours("a program that is not there: 127, with --init, too", async () => {
		expect((await engine.run("run", "--rm", "--init", IMAGE, "nosuch")).code).toBe(127);
	});

	ours("the reaper holds no file of the host and no descriptor", async () => {
		await engine.ok("run", "-d", "--name", "pid1", "--init", IMAGE, "sleep", "1000");
		expect(await engine.ok("exec", "pid1", "ls", "/proc/1/fd")).toBe("");
		const outcome = await engine.run("exec", "pid1", "sh", "-c", "echo x > /proc/1/exe");
		expect(outcome.code).not.toBe(0);
		await engine.ok("rm", "-f", "pid1");
	});

	ours.skipIf(!requires("tmux"))("--init in a terminal: job control works", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --rm --init ${IMAGE} sh\n`);
		await screen.shows("/ #");
		const command = `sleep ${ownSeconds(7)}`;
		const states = () => pidsOf(command).map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2]);
		await screen.type(`${command}\n`);
		await until("it runs", () => states().includes("S"));
		await screen.press("C-z");
		await screen.shows(/Stopped +sleep/);
		await screen.type("fg\n");
		await until("it goes on", () => states().includes("S"));
		await screen.press("C-c");
		await screen.type("echo status=$?; exit\n");
		await screen.shows("status=130");
		await screen.shows(/outside\$ *$/);
	});
});

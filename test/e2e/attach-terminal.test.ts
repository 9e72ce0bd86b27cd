/** Sessions in a real terminal: attach and detach, several at once, and programs without a terminal that read ours. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { awaitSize } from "./terminal.ts";

const inside = "/ #";
/** The prompt inside, and no line of the shell outside before it. */
const cleared = /^(?!outside\$)[\s\S]*\/ #$/;
const outside = /outside\$\s*$/;

describe.skipIf(!ready || !requires("tmux"))("attach in a terminal", () => {
	const engine = useEngine("attach-terminal");
	type Screen = Awaited<ReturnType<typeof engine.terminal>>;

	/** A shell in the background, and a terminal that is attached to it. */
	async function attach(name: string, flags = ""): Promise<Screen> {
		await engine.ok("run", "-dit", "--name", name, IMAGE, "sh");
		return attachMore(name, flags);
	}

	async function attachMore(name: string, flags = "", size = {}): Promise<Screen> {
		const screen = await engine.terminal(size);
		await screen.type(`bunker attach ${flags} ${name}; echo status=$?\n`);
		return screen;
	}

	/** stty's settings, but for the size. */
	const settings = (screen: string) => /(?:^|\n)(-?\w+[^\n]*echoctl[^\n]*)/.exec(screen)?.[1] ?? "";

	ours("the prompt shows at once, keys go in, and the status is the program's", async () => {
		await using screen = await attach("prompt");
		await screen.shows(inside);
		await screen.type("tty; exit 3\n");
		await screen.shows("/dev/pts/0");
		await screen.shows("status=3");
		await engine.ok("rm", "prompt");
	});

	// docker's client prints "read escape sequence" and exits 1 where attach and exec are left, 0 where run and start are
	ours("the detach keys end the attach alone, and the next attach goes on", async () => {
		await using screen = await attach("again");
		await screen.shows(inside);
		await screen.type("word=kept\n");
		await screen.press("C-p", "C-q");
		await screen.shows(/bunker: read escape sequence\s+status=1/);
		await using next = await attachMore("again");
		await next.shows(inside);
		await next.type("echo $word; exit\n");
		await next.shows(/^kept$/m);
		await next.shows("status=0");
		await engine.ok("rm", "again");
	});

	ours("the terminal is as it was after a detach, an exit, a hang-up of the monitor and a SIGTERM", async () => {
		await using screen = await engine.terminal({ columns: 300, rows: 50 });
		await screen.type("stty -a\n");
		const before = settings(await screen.shows("echoctl"));
		for (const end of [
			() => screen.press("C-p", "C-q"),
			() => screen.type("exit\n"),
			async () => process.kill(await monitorOf("raw"), "SIGKILL"),
			async () => process.kill(await cliOf(screen), "SIGTERM"),
		]) {
			await engine.ok("run", "-dit", "--name", "raw", IMAGE, "sh");
			await screen.type("clear; echo; bunker attach raw\n");
			await screen.shows(cleared);
			await end();
			await screen.shows(outside);
			await screen.type("clear; stty -a\n");
			expect(settings(await screen.shows("echoctl"))).toBe(before);
			await engine.removeAll();
		}
	});

	ours("the size inside is that of who attached last, and follows it", async () => {
		await using first = await attach("size");
		await first.shows(inside);
		await using second = await attachMore("size", "", { columns: 91, rows: 23 });
		await second.shows(inside);
		await second.type("stty size\n");
		await second.shows("23 91");
		await second.resize(70, 17);
		await second.type(`clear; ${awaitSize("17 70")}\n`);
		await second.shows("size 42");
		await engine.ok("rm", "-f", "size");
	});

	ours("two terminals show the same, and either may type", async () => {
		await using first = await attach("shared");
		await first.shows(inside);
		await using second = await attachMore("shared");
		await second.shows(inside);
		await first.type("echo from $((1 + 0))st\n");
		await second.shows("from 1st");
		await second.type("echo from $((1 + 1))nd; exit 4\n");
		await first.shows("from 2nd");
		await first.shows("status=4");
		await second.shows("status=4");
		await engine.ok("rm", "shared");
	});

	ours("an attach beside the terminal that has started the container", async () => {
		await using first = await engine.terminal();
		await first.type(`bunker run -it --name beside ${IMAGE} sh; echo status=$?\n`);
		await first.shows(inside);
		await using second = await attachMore("beside");
		await second.shows(inside);
		await second.type("echo hello $((20 + 3)); exit 6\n");
		await first.shows("hello 23");
		await first.shows("status=6");
		await second.shows("status=6");
		await engine.ok("rm", "beside");
	});

	ours("ctrl-c reaches the program, not the attach", async () => {
		const script = 'trap "echo caught; exit 6" INT; while :; do echo y; sleep 0.1; done';
		await engine.ok("run", "-dit", "--name", "ctrl", IMAGE, "sh", "-c", script);
		await using screen = await attachMore("ctrl");
		await screen.shows(/^y$/m);
		await screen.press("C-c");
		await screen.shows("caught");
		await screen.shows("status=6");
		await engine.ok("rm", "ctrl");
	});

	for (const [keys, presses] of [
		["a,b", ["a", "b"]],
		["ctrl-x,x", ["C-x", "x"]],
		["ctrl-@", ["C-Space"]],
		["ctrl-],DEL", ["C-]", "BSpace"]],
	] as const)
		ours(`--detach-keys ${keys} of attach`, async () => {
			await using screen = await attach("keys", `--detach-keys '${keys}'`);
			await screen.shows(inside);
			await screen.press("C-p", "C-q");
			await screen.press(...presses);
			await screen.shows("status=1");
			expect(await engine.ok("ps")).toContain("keys");
			await engine.ok("rm", "-f", "keys");
		});

	ours("--detach-keys of run and start leave the container running, with status 0", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --detach-keys ctrl-x --name left ${IMAGE} sh; echo status=$?\n`);
		await screen.shows(inside);
		await screen.press("C-x");
		await screen.shows("status=0");
		await screen.type("clear; bunker start -ai --detach-keys q,q left; echo status=$?\n");
		await screen.shows(cleared);
		await screen.press("q", "q");
		await screen.shows("status=0");
		expect(await engine.ok("ps")).toContain("left");
		// moby, daemon/attach.go
		const told = ["--since", "1h", "--until", "0s", "-f", "container=left", "-f", "event=detach"];
		expect(await engine.ok("events", ...told, "--format", "{{.Action}}")).toBe("detach\ndetach");
		await engine.ok("stop", "-t", "0", "left");
		await screen.type("clear; bunker start -ai --detach-keys q,q left; echo status=$?\n");
		await screen.shows(cleared);
		await screen.press("q", "q");
		await screen.shows("status=0");
		await engine.ok("rm", "-f", "left");
	});

	ours("--detach-keys of exec leave its program running, and exec says so", async () => {
		await engine.ok("run", "-d", "--name", "host", IMAGE, "sleep", "1000");
		await using screen = await engine.terminal();
		await screen.type("bunker exec -it --detach-keys ctrl-x host sh; echo status=$?\n");
		await screen.shows(inside);
		await screen.press("C-x");
		await screen.shows(/bunker: read escape sequence\s+status=1/);
		const told = ["--since", "1h", "--until", "0s", "-f", "container=host", "-f", "event=exec_detach"];
		expect(await engine.ok("events", ...told, "--format", "{{.Action}}")).toBe("exec_detach");
		expect(await engine.ok("exec", "host", "ps")).toMatch(/ sh$/m);
		await engine.ok("rm", "-f", "host");
	});

	ours("the detach keys of the configuration hold where no flag says others", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/bunker`);
		writeFileSync(`${directory}/bunker/config.json`, '{"detach-keys": "ctrl-x,x"}');
		await engine.ok("run", "-dit", "--name", "configured", IMAGE, "sh");
		await using screen = await engine.terminal();
		await screen.type(`export XDG_CONFIG_HOME=${directory}; clear; bunker attach configured; echo status=$?\n`);
		await screen.shows(cleared);
		await screen.press("C-p", "C-q", "C-x", "x");
		await screen.shows("status=1");
		await screen.type("clear; bunker attach --detach-keys q configured; echo status=$?\n");
		await screen.shows(cleared);
		await screen.press("C-x", "x", "q");
		await screen.shows("status=1");
		await engine.ok("rm", "-f", "configured");
	});

	ours("--no-stdin leaves the keys to the caller's shell", async () => {
		await using screen = await attach("shown", "--no-stdin --sig-proxy=false");
		await screen.shows(inside);
		await engine.ok("exec", "shown", "sh", "-c", "echo from exec > /dev/console");
		await screen.shows("from exec");
		await screen.press("C-c");
		await screen.shows(outside);
		expect(await engine.ok("ps")).toContain("shown");
		await engine.ok("rm", "-f", "shown");
	});

	ours("a terminal inside needs one outside, unless nothing is typed", async () => {
		await engine.ok("run", "-dit", "--name", "needs", IMAGE, "sh", "-c", "read line");
		expect(await engine.run("attach", "needs")).toMatchObject({
			code: 1,
			stderr: "bunker: the input device is not a TTY\n",
		});
		const client = engine.spawn("attach", "--no-stdin", "needs");
		await engine.ok("kill", "needs");
		expect(await client.ended()).toBe(137);
		await engine.ok("rm", "needs");
	});

	describe("a program without a terminal", () => {
		const reader = `sh -c 'while read line; do echo got $line; done; echo the end'`;

		test("run -i: lines go in as they are typed, ctrl-d is their end", async () => {
			await using screen = await engine.terminal();
			await screen.type(`bunker run -i --rm ${IMAGE} ${reader}; echo status=$?\n`);
			await screen.type("one\n");
			await screen.shows("got one");
			await screen.type("two\n");
			await screen.shows("got two");
			await screen.press("C-d");
			await screen.shows(/the end\s+status=0/);
		});

		test("run -i: ctrl-c is a signal to the program", async () => {
			await using screen = await engine.terminal();
			const script = `trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done`;
			await screen.type(`bunker run -i --rm ${IMAGE} sh -c '${script}'; echo status=$?\n`);
			await screen.shows(/^ready/m);
			await screen.press("C-c");
			await screen.shows(/caught\s+status=6/);
		});

		ours("run -i in the background is stopped by its terminal, and goes on in the foreground", async () => {
			await using screen = await engine.terminal();
			await screen.type(`bunker run -i --rm --name back ${IMAGE} ${reader} &\n`);
			const stopped = async () => {
				const cli = await cliOf(screen);
				if (cli === 0) return false;
				// The shell is told once the last of its threads stands.
				const threads = readdirSync(`/proc/${cli}/task`).map((thread) => statusOf(`${cli}/task/${thread}`));
				return (await Promise.all(threads)).every((status) => status.includes("State:\tT"));
			};
			await until("it is stopped", stopped);
			await screen.type("jobs\n");
			await screen.shows(/Stopped \(tty input\)/);
			// What is typed is the shell's: no monitor reads it.
			for (let count = 0; count < 5; count++) await screen.type(`echo mine $((${count} + 10))\n`);
			for (let count = 0; count < 5; count++) await screen.shows(`mine ${count + 10}`);
			expect(await engine.ok("logs", "back")).toBe("");
			await screen.type("fg\n");
			await screen.type("yours\n");
			await screen.shows("got yours");
			await screen.press("C-d");
			await screen.shows("the end");
		});

		ours("exec -i: the same", async () => {
			await engine.ok("run", "-d", "--name", "host", IMAGE, "sleep", "1000");
			await using screen = await engine.terminal();
			await screen.type(`bunker exec -i host ${reader}; echo status=$?\n`);
			await screen.type("one\n");
			await screen.shows("got one");
			await screen.press("C-d");
			await screen.shows(/the end\s+status=0/);
			await engine.ok("rm", "-f", "host");
		});

		ours("attach: lines go in, ctrl-d ends what we type and not the program", async () => {
			await engine.ok("run", "-di", "--name", "lines", IMAGE, "sh", "-c", "while read line; do echo got $line; done");
			await using screen = await attachMore("lines");
			await screen.type("one\n");
			await screen.shows("got one");
			await screen.press("C-d");
			await using other = await attachMore("lines");
			await other.type("two\n");
			await screen.shows("got two");
			await engine.ok("rm", "-f", "lines");
		});

		ours("a run -i that is killed gives the terminal and the container's stdin back", async () => {
			await using screen = await engine.terminal();
			await screen.type(`bunker run -i --name cut ${IMAGE} ${reader}\n`);
			await screen.type("one\n");
			await screen.shows("got one");
			process.kill(await cliOf(screen), "SIGKILL");
			await screen.shows(outside);
			expect(await engine.ok("wait", "cut")).toBe("0");
			expect(await engine.ok("logs", "cut")).toBe("got one\nthe end");
			await engine.ok("rm", "cut");
		});
	});

	async function cliOf(screen: Screen): Promise<number> {
		const shell = await screen.shell();
		const children = Bun.spawnSync(["sh", "-c", `cat /proc/${shell}/task/*/children`]).stdout.toString();
		return Number(children.trim().split(/\s+/)[0]);
	}

	const statusOf = (pid: number | string) => Bun.file(`/proc/${pid}/status`).text();

	async function monitorOf(name: string): Promise<number> {
		const pid = JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
		return Number(/^PPid:\s+(\d+)/m.exec(await statusOf(pid))?.[1]);
	}
});

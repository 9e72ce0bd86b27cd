/** `-it` in a real terminal: a pty inside, the caller's terminal as it was afterwards. */

import { describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { awaitSize } from "./terminal.ts";

const inside = "/ #";

describe.skipIf(!ready || !requires("tmux"))("terminal", () => {
	const engine = useEngine("terminal");

	/** stty's settings, but for the size. */
	const settings = (screen: string) => /(?:^|\n)(-?\w+[^\n]*echoctl[^\n]*)/.exec(screen)?.[1] ?? "";

	test("-it is a shell in a pty, and exit returns to the caller's", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --rm ${IMAGE} sh; echo status=$?\n`);
		await screen.shows(inside);
		await screen.type("tty; exit 3\n");
		await screen.shows("/dev/pts/0");
		await screen.shows("status=3");
	});

	test("hi on stdout, err on stderr, status 7 in a terminal, too", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run --rm ${IMAGE} sh -c 'echo hi; echo err >&2; exit 7'; echo status=$?\n`);
		const text = await screen.shows("status=7");
		expect(text).toMatch(/\nhi\n/);
		expect(text).toMatch(/\nerr\n/);
	});

	test("the size inside is the terminal's, and follows it", async () => {
		await using screen = await engine.terminal({ columns: 91, rows: 23 });
		await screen.type(`bunker run -it --rm ${IMAGE} sh\n`);
		await screen.shows(inside);
		await screen.type("stty size\n");
		await screen.shows("23 91");
		await screen.resize(70, 17);
		await screen.type(`clear; ${awaitSize("17 70")}\n`);
		await screen.shows("size 42");
	});

	ours("a program that starts with a size never sees another first", async () => {
		await using screen = await engine.terminal({ columns: 93, rows: 25 });
		await screen.type(`bunker run -it --rm ${IMAGE} stty size\n`);
		await screen.shows("25 93");
	});

	test("a program inside is told of a new size (SIGWINCH)", async () => {
		await using screen = await engine.terminal();
		const script = "trap 'echo resized to $(stty size)' WINCH; echo ready; while :; do sleep 0.1; done";
		await screen.type(`bunker run -it --rm ${IMAGE} sh -c "${script.replaceAll("$", "\\$")}"\n`);
		await screen.shows(/^ready$/m);
		await screen.resize(66, 20);
		await screen.shows("resized to 20 66");
		await engine.removeAll();
	});

	test("-it where stdin is no terminal is refused", async () => {
		const outcome = await engine.run("run", "-it", "--rm", IMAGE, "true");
		if (process.env.TARGET !== "podman") {
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toMatch(/the input device is not a TTY/i);
		}
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	test("-t without -i has a pty and needs no terminal outside", async () => {
		const outcome = await engine.run("run", "-t", "--rm", IMAGE, "sh", "-c", "tty; echo err >&2; exit 4");
		expect(outcome.code).toBe(4);
		expect(outcome.stdout).toBe("/dev/pts/0\r\nerr\r\n");
	});

	test("ctrl-c reaches the program, not bunker", async () => {
		await using screen = await engine.terminal();
		await screen.type(
			`bunker run -it --rm ${IMAGE} sh -c 'trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done'; echo status=$?\n`,
		);
		await screen.shows(/^ready$/m);
		await screen.press("C-c");
		const text = await screen.shows("status=6");
		expect(text).toContain("caught");
	});

	test("ctrl-d ends the shell inside", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --rm ${IMAGE} sh; echo status=$?\n`);
		await screen.shows(inside);
		await screen.press("C-d");
		await screen.shows("status=0");
	});

	test("the detach keys leave the container running and give the terminal back", async () => {
		await using screen = await engine.terminal();
		await screen.type(
			`bunker run -it --name detached ${IMAGE} sh; stty -a | tr -d '\\n' | tail -c 300; echo; echo back\n`,
		);
		await screen.shows(inside);
		await screen.press("C-p");
		await screen.press("C-q");
		await screen.shows(/^back$/m);
		expect(await engine.ok("ps")).toMatch(/Up .*detached/);
		await engine.ok("rm", "-f", "detached");
	});

	test("ctrl-p reaches the program once another key shows that it is not the detach sequence", async () => {
		await using screen = await engine.terminal();
		const script = "stty raw -echo; echo ready; head -c 3 | od -An -tx1";
		await screen.type(`bunker run -it --rm ${IMAGE} sh -c "${script}"\n`);
		await screen.shows(/^ready/m);
		await screen.press("C-p");
		await screen.press("C-p");
		await screen.type("a");
		await screen.shows("10 10 61");
	});

	ours("a detached shell can be attached to again with start -ai once it is stopped", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --name again ${IMAGE} sh\n`);
		await screen.shows(inside);
		await screen.type("exit 5\n");
		await screen.shows(/outside\$\s*$/);
		await screen.type("clear; bunker start -ai again; echo status=$?\n");
		await screen.shows(inside);
		await screen.type("tty; exit 8\n");
		await screen.shows("status=8");
		await engine.ok("rm", "again");
	});

	/** Runs a shell in a container, ends it in some way, and compares the terminal's settings before and after. */
	async function restored(end: (screen: Awaited<ReturnType<typeof engine.terminal>>, cli: number) => Promise<void>) {
		await using screen = await engine.terminal({ columns: 300, rows: 50 });
		await screen.type("stty -a\n");
		const before = settings(await screen.shows("echoctl"));
		await screen.type("clear\n");
		await screen.type(`bunker run -it --name raw ${IMAGE} sh\n`);
		await screen.shows(inside);
		await end(screen, await engine.ok("ps", "-q").then(() => cliOf(screen)));
		await screen.shows(/outside\$\s*$/);
		await screen.type("clear\n");
		await screen.type("stty -a\n");
		expect(settings(await screen.shows("echoctl"))).toBe(before);
		await engine.removeAll();
	}

	async function cliOf(screen: Awaited<ReturnType<typeof engine.terminal>>): Promise<number> {
		const shell = await screen.shell();
		const children = Bun.spawnSync(["sh", "-c", `cat /proc/${shell}/task/*/children`]).stdout.toString();
		return Number(children.trim().split(/\s+/)[0]);
	}

	test("the terminal is restored when the program ends", async () => {
		await restored((screen) => screen.type("exit\n"));
	});

	test("the terminal is restored when the container is killed", async () => {
		await restored(async () => {
			await engine.ok("kill", "raw");
		});
	});

	ours("the terminal is restored when the CLI gets SIGTERM", async () => {
		await restored(async (_, cli) => {
			process.kill(cli, "SIGTERM");
			await Bun.sleep(300);
			await engine.ok("rm", "-f", "raw"); // the shell inside ignores a forwarded SIGTERM
		});
	});

	ours("the terminal is restored when the monitor is killed", async () => {
		await restored(async () => {
			process.kill(await monitorOf("raw"), "SIGKILL");
		});
	});

	ours("a hang-up ends the CLI and not the container", async () => {
		const screen = await engine.terminal();
		await screen.type(`bunker run -it --name hung ${IMAGE} sh\n`);
		await screen.shows(inside);
		const cli = await cliOf(screen);
		await screen.close();
		await until("the CLI has ended", () => !isAlive(cli));
		expect(await engine.ok("ps")).toMatch(/Up .*hung/);
		await engine.ok("rm", "-f", "hung");
	});

	test("a million bytes through the pty arrive in order", async () => {
		const script = "stty -onlcr; seq 200000";
		const { stdout } = await engine.run("run", "-t", "--rm", IMAGE, "sh", "-c", script);
		expect(stdout.length).toBe(1_288_895);
		expect(stdout).toEndWith("199999\n200000\n");
	});

	async function monitorOf(name: string): Promise<number> {
		const pid = JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
		const status = await Bun.file(`/proc/${pid}/status`).text();
		return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
	}
});

/**
 * Clients of a container that runs: attach, start -a, and the flags of run that
 * say what it is attached to. docker's attach exits as the program does
 * (docker/cli v28, container/attach.go, getExitStatus); podman 4's exits 0.
 */

import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("attach", () => {
	const engine = useEngine("attach");
	const shell = (line: string) =>
		Bun.spawnSync(["bash", "-c", line], {
			env: { ...engine.environment, PATH: `${engine.directory}/bin:${engine.environment.PATH}` },
		});

	/** Starts a container whose program waits for its stdin, line by line: `out WORD`, `err WORD`, `exit N`. */
	const obedient =
		"while read what word; do case $what in out) echo $word;; err) echo $word >&2;; exit) exit $word;; esac; done";
	const start = (name: string, ...flags: string[]) =>
		engine.ok("run", "-d", "-i", "--name", name, ...flags, IMAGE, "sh", "-c", obedient);

	interface State {
		Pid: number;
		ExitCode: number;
	}
	const inspect = async (name: string) =>
		JSON.parse(await engine.ok("inspect", name))[0] as { Id: string; State: State };
	const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
	const monitorOf = async (name: string) => parentOf((await inspect(name)).State.Pid);
	const socketOf = async (name: string) => `${engine.runRoot}/containers/${(await inspect(name)).Id}/attach`;

	/** An attach that is known to be one: what it writes comes back. */
	async function attached(name: string, ...flags: string[]) {
		const client = engine.spawn("attach", ...flags, name);
		client.write("out here\n");
		await client.prints("here\n");
		return client;
	}

	ours("output comes from now on, stdout and stderr apart, then the program's exit status", async () => {
		await start("apart");
		const client = await attached("apart");
		client.write("err wrong\nexit 7\n");
		expect(await client.ended()).toBe(7);
		expect(client.stdout).toBe("here\n");
		expect(client.stderr).toBe("wrong\n");
		await engine.ok("rm", "apart");
	});

	ours("the end of a client's stdin is not that of a program in the background", async () => {
		await start("stays");
		const client = engine.spawn("attach", "stays");
		await client.feed("out one\n");
		await client.prints("one\n");
		const other = await attached("stays");
		other.write("exit 3\n");
		expect(await other.ended()).toBe(3);
		expect(await client.ended()).toBe(3);
		await engine.ok("rm", "stays");
	});

	ours("the end of a client's stdin ends that of a program in the foreground, as docker's StdinOnce", async () => {
		const first = engine.spawn("run", "-i", "--name", "once", IMAGE, "sh", "-c", "cat; echo end");
		first.write("first\n");
		await first.prints("first\n");
		const { stdout } = await engine.run("attach", "once", { stdin: "second\n" });
		expect(stdout).toBe("second\nend\n");
		expect(await first.ended()).toBe(0);
		expect(first.stdout).toBe("first\nsecond\nend\n");
		await engine.ok("rm", "once");
	});

	ours("the same after create and start, and start -a shows a container that create has said nothing of", async () => {
		await engine.ok("create", "-i", "--name", "made", IMAGE, "sh", "-c", "cat; echo end; exit 3");
		await engine.ok("start", "made");
		expect(await engine.run("attach", "made", { stdin: "given\n" })).toMatchObject({ code: 3, stdout: "given\nend\n" });
		expect(await engine.run("start", "-ai", "made", { stdin: "again\n" })).toMatchObject({
			code: 3,
			stdout: "again\nend\n",
		});
		await engine.ok("rm", "made");
	});

	ours("an attach is an event", async () => {
		await start("told");
		const client = await attached("told");
		client.write("exit 0\n");
		await client.ended();
		const seen = await engine.ok(
			"events",
			"--since",
			"1h",
			"--until",
			"0s",
			"--filter",
			"container=told",
			"--format",
			"{{.Action}}",
		);
		expect(seen.split("\n")).toEqual(["create", "start", "attach", "die"]);
		await engine.ok("rm", "told");
	});

	ours("a container that waits to be restarted cannot be attached to", async () => {
		await engine.ok("run", "-d", "--restart", "always", "--name", "loops", IMAGE, "false");
		let stderr = "";
		await until("it waits", async () => {
			stderr = (await engine.run("attach", "loops")).stderr;
			return stderr.includes("restarting");
		});
		expect(stderr).toBe(
			"bunker: attach to loops: you cannot attach to a restarting container, wait until it is running\n",
		);
		await engine.ok("rm", "-f", "loops");
	});

	ours("--no-stdin gives the program nothing", async () => {
		await start("deaf");
		const client = engine.spawn("attach", "--no-stdin", "deaf");
		await client.feed("exit 9\n");
		const other = await attached("deaf");
		// The first of both may come later than the second.
		await until("it shows what the program writes", async () => {
			other.write("out again\n");
			await Bun.sleep(20);
			return client.stdout.includes("again\n");
		});
		other.write("exit 2\n");
		expect(await client.ended()).toBe(2);
		await engine.ok("rm", "deaf");
	});

	ours("a container without -i gets no input", async () => {
		const script = "trap 'exit 4' TERM; while :; do cat; echo y; sleep 0.05; done";
		await engine.ok("run", "-d", "--name", "closed", IMAGE, "sh", "-c", script);
		const client = engine.spawn("attach", "closed");
		await client.feed("nothing\n");
		await client.prints("y\n");
		await engine.ok("stop", "closed");
		expect(await client.ended()).toBe(4);
		expect(client.stdout).toMatch(/^(y\n)+$/);
		await engine.ok("rm", "closed");
	});

	ours("eight clients at once, all with all of the output; one more is refused", async () => {
		await start("many");
		const clients = [];
		for (let count = 0; count < 8; count++) clients.push(await attached("many"));
		const refused = await engine.run("attach", "many");
		expect(refused.code).toBe(1);
		expect(refused.stderr).toStartWith(
			"bunker: attach to many: 8 clients are attached already, and it takes no more\n",
		);
		clients[0]?.write("out all\nexit 6\n");
		for (const [index, client] of clients.entries()) {
			expect(await client.ended()).toBe(6);
			expect(client.stdout).toBe(`${"here\n".repeat(8 - index)}all\n`);
		}
		await engine.ok("rm", "many");
	});

	ours("a client that was killed leaves its place, and nothing else", async () => {
		await start("killed");
		for (let round = 0; round < 10; round++) {
			const client = await attached("killed");
			client.kill("SIGKILL");
			await client.ended();
		}
		const last = await attached("killed");
		last.write("exit 0\n");
		expect(await last.ended()).toBe(0);
		expect(await engine.ok("logs", "killed")).toBe(Array(11).fill("here").join("\n"));
		await engine.ok("rm", "killed");
	});

	ours("a client that does not read delays neither the program nor its log, and is told what it missed", async () => {
		await start("slow");
		const slow = await attached("slow");
		const quick = await attached("slow");
		process.kill(slow.pid, "SIGSTOP");
		await engine.ok("exec", "slow", "sh", "-c", "head -c 30000000 /dev/zero > /proc/1/fd/1; echo end > /proc/1/fd/1");
		// The program's own end comes after all of that, so it has not been kept waiting.
		quick.write("exit 5\n");
		expect(await quick.ended()).toBe(5);
		const log = await engine.run("logs", "slow");
		expect(log.bytes.length).toBe("here\nhere\n".length + 30_000_000 + "end\n".length);
		process.kill(slow.pid, "SIGCONT");
		expect(await slow.ended()).toBe(5);
		const [, missed] = /^WARNING: (\d+) bytes of output came faster than they were read/.exec(slow.stderr) ?? [];
		expect(slow.bytes.length + Number(missed)).toBe(log.bytes.length);
		await engine.ok("rm", "slow");
	});

	ours("a client that does not read delays neither stop nor the exit record", async () => {
		const script = "trap 'exit 5' TERM; yes & while :; do sleep 0.1; done";
		await engine.ok("run", "-d", "--name", "busy", "--log-driver", "none", IMAGE, "sh", "-c", script);
		const client = engine.spawn("attach", "busy");
		await client.prints("y\n");
		process.kill(client.pid, "SIGSTOP");
		await engine.ok("stop", "busy");
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(5\)/);
		process.kill(client.pid, "SIGCONT");
		expect(await client.ended()).toBe(5);
		await engine.ok("rm", "busy");
	});

	ours("| head -1 ends the attach, and not the program", async () => {
		await engine.ok("run", "-d", "--name", "head", IMAGE, "sh", "-c", "while :; do echo y; sleep 0.05; done");
		expect(shell("bunker attach head | head -1").stdout.toString()).toBe("y\n");
		expect(await engine.ok("ps")).toContain("head");
		await engine.ok("rm", "-f", "head");
	});

	ours("signals go to the program", async () => {
		const script = "trap 'echo hup; exit 9' HUP; while :; do echo y; sleep 0.05; done";
		await engine.ok("run", "-d", "--name", "signals", IMAGE, "sh", "-c", script);
		const client = engine.spawn("attach", "signals");
		await client.prints("y\n");
		client.kill("SIGHUP");
		expect(await client.ended()).toBe(9);
		expect(client.stdout).toContain("hup\n");
		await engine.ok("rm", "signals");
	});

	ours("signals go to the program though it reads none of the input that we have sent", async () => {
		const script = "trap 'exit 9' USR1; while :; do echo y; sleep 0.05; done";
		await engine.ok("run", "-d", "-i", "--name", "unread", IMAGE, "sh", "-c", script);
		const zeros = openSync("/dev/zero", "r");
		const client = engine.spawn("attach", "unread", { stdin: zeros });
		closeSync(zeros);
		await client.prints("y\n");
		client.kill("SIGUSR1");
		expect(await client.ended()).toBe(9);
		await engine.ok("rm", "unread");
	});

	ours("--sig-proxy=false: a signal ends the attach, and not the program", async () => {
		await engine.ok("run", "-d", "--name", "proxy", IMAGE, "sh", "-c", "while :; do echo y; sleep 0.05; done");
		const client = engine.spawn("attach", "--sig-proxy=false", "proxy");
		await client.prints("y\n");
		client.kill("SIGTERM");
		expect(await client.ended()).toBe(143);
		expect(await engine.ok("ps")).toContain("proxy");
		await engine.ok("rm", "-f", "proxy");
	});

	ours("a container that is killed with its monitor: attach says so, and 137", async () => {
		await start("orphan");
		const client = await attached("orphan");
		process.kill(await monitorOf("orphan"), "SIGKILL");
		expect(await client.ended()).toBe(137);
		expect(client.stderr).toBe("bunker: the container's monitor was killed, and the program with it\n");
		await engine.ok("rm", "orphan");
	});

	ours("a --rm container's exit status is that of attach, too", async () => {
		await start("gone", "--rm");
		const client = await attached("gone");
		client.write("exit 11\n");
		expect(await client.ended()).toBe(11);
		await until("it is removed", async () => (await engine.ok("ps", "-a", "-q")) === "");
	});

	// docker/cli v28, container/attach.go
	ours("a stopped container cannot be attached to", async () => {
		await engine.ok("run", "--name", "over", IMAGE, "true");
		expect(await engine.run("attach", "over")).toMatchObject({
			code: 1,
			stderr: "bunker: attach to over: you cannot attach to a stopped container, start it first\n",
		});
		await engine.ok("rm", "over");
	});

	ours("wrong use is said, and exits as docker does", async () => {
		expect((await engine.run("attach", "nosuch")).stderr).toBe("bunker: No such container: nosuch\n");
		expect(await engine.run("attach")).toMatchObject({ code: 1, stdout: "" });
		expect((await engine.run("attach", "a", "b")).stderr).toStartWith("bunker: 'bunker attach' requires 1 argument\n");
		expect(await engine.run("attach", "--nosuch", "a")).toMatchObject({ code: 125 });
	});

	ours("a container of an older bunker has no socket: attach says so, all else works", async () => {
		await start("old");
		rmSync(await socketOf("old"));
		const { code, stderr } = await engine.run("attach", "old");
		expect(code).toBe(1);
		expect(stderr).toBe(
			"bunker: attach to old: it was started by an older bunker, which had no attach\nRestart it, or read it with 'bunker logs -f old'\n",
		);
		expect(await engine.ok("ps")).toContain("old");
		expect(await engine.ok("logs", "old")).toBe("");
		await engine.ok("stop", "-t", "0", "old");
		await engine.ok("rm", "old");
	});

	ours("the socket is root's alone, and there in a run root of any length", async () => {
		const env = { BUNKER_RUN_ROOT: `${engine.runRoot}/${"long".repeat(50)}` };
		const id = await engine.ok("run", "-d", "-i", "--name", "far", IMAGE, "sh", "-c", obedient, { env });
		expect(statSync(`${env.BUNKER_RUN_ROOT}/containers/${id}/attach`).mode & 0o777).toBe(0o600);
		expect(await engine.run("attach", "far", { env, stdin: "exit 8\n" })).toMatchObject({ code: 8 });
		await engine.ok("rm", "far", { env });
		rmSync(env.BUNKER_RUN_ROOT, { recursive: true });
	});

	ours("a monitor with eight idle clients wakes up for nothing, and stays small", async () => {
		await start("idle");
		const clients = [];
		for (let count = 0; count < 8; count++) clients.push(await attached("idle"));
		const monitor = await monitorOf("idle");
		const proc = (name: string) => readFileSync(`/proc/${monitor}/${name}`, "utf8");
		const wakeups = () => /^voluntary_ctxt_switches:\s+(\d+)/m.exec(proc("status"))?.[1];
		// One timer may follow traffic.
		await until("it sleeps for two seconds", async () => {
			const before = wakeups();
			await Bun.sleep(2000);
			return wakeups() === before;
		});
		expect(Number(/^Pss:\s+(\d+)/m.exec(proc("smaps_rollup"))?.[1])).toBeLessThan(250);
		clients[0]?.write("exit 0\n");
		for (const client of clients) expect(await client.ended()).toBe(0);
		await engine.ok("rm", "idle");
	});

	ours("what the program writes last reaches a client that reads it only afterwards", async () => {
		await start("last");
		const client = await attached("last");
		process.kill(client.pid, "SIGSTOP");
		const other = await attached("last");
		other.write("out end\nexit 4\n");
		expect(await other.ended()).toBe(4);
		process.kill(client.pid, "SIGCONT");
		expect(await client.ended()).toBe(4);
		expect(client.stdout).toEndWith("end\n");
		await engine.ok("rm", "last");
	});

	describe("start", () => {
		ours("-a attaches to a container that runs already, -i gives it input", async () => {
			await start("runs");
			const watching = engine.spawn("start", "-a", "runs");
			const typing = engine.spawn("start", "-ai", "runs");
			typing.write("out typed\n");
			await typing.prints("typed\n");
			typing.write("exit 12\n");
			expect(await typing.ended()).toBe(12);
			expect(await watching.ended()).toBe(12);
			await engine.ok("rm", "runs");
		});

		test("-a of several containers is refused", async () => {
			const { code, stderr } = await engine.run("start", "-a", "one", "two");
			expect(code).toBe(process.env.TARGET === "podman" ? 125 : 1);
			expect(stderr).toMatch(/you cannot start and attach multiple containers at once/i);
		});
	});

	describe("run", () => {
		const both = ["sh", "-c", "echo out; echo err >&2; exit 3"];

		test("-a stdout shows stdout alone", async () => {
			const { code, stdout, stderr } = await engine.run("run", "--rm", "-a", "stdout", IMAGE, ...both);
			expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "out\n", stderr: "" });
		});

		test("-a STDERR shows stderr alone; names are of any case", async () => {
			const { code, stdout, stderr } = await engine.run("run", "--rm", "-a", "STDERR", IMAGE, ...both);
			expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "", stderr: "err\n" });
		});

		test("--attach may be given again and again", async () => {
			const flags = ["--attach", "stdout", "--attach=stderr"];
			expect(await engine.run("run", "--rm", ...flags, IMAGE, ...both)).toMatchObject({
				stdout: "out\n",
				stderr: "err\n",
			});
		});

		ours("-a stdin with -i feeds the program, shows nothing, logs everything, and waits for its end", async () => {
			const outcome = await engine.run("run", "-i", "-a", "stdin", "--name", "fed", IMAGE, "sh", "-c", "cat; exit 2", {
				stdin: "fed\n",
			});
			expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: "" });
			expect(await engine.ok("logs", "fed")).toBe("fed");
			await engine.ok("rm", "fed");
		});

		ours("-a stdout -t shows the terminal, -a stderr -t nothing", async () => {
			const pty = async (stream: string) => (await engine.run("run", "--rm", "-t", "-a", stream, IMAGE, "tty")).stdout;
			expect(await pty("stdout")).toBe("/dev/pts/0\r\n");
			expect(await pty("stderr")).toBe("");
		});

		// docker 28's client: "conflicting options: cannot specify both --attach and --detach", exit 1
		ours("-a with -d is refused, and nothing is made", async () => {
			expect(await engine.run("run", "-d", "-a", "stdout", IMAGE, "true")).toMatchObject({
				code: 1,
				stderr: "bunker: conflicting options: cannot specify both --attach and --detach\n",
			});
			expect(await engine.ok("ps", "-a", "-q")).toBe("");
		});

		ours("-a with anything but a stream is refused", async () => {
			const { code, stderr } = await engine.run("run", "-a", "sideways", IMAGE, "true");
			expect(code).toBe(125);
			expect(stderr).toBe('bunker: invalid value "sideways" for --attach: STDIN, STDOUT or STDERR is expected\n');
		});

		ours("--sig-proxy=false: a signal ends run, and not the container", async () => {
			const script = "while :; do echo y; sleep 0.05; done";
			const client = engine.spawn("run", "--sig-proxy=false", "--name", "unsent", IMAGE, "sh", "-c", script);
			await client.prints("y\n");
			client.kill("SIGTERM");
			expect(await client.ended()).toBe(143);
			expect(await engine.ok("ps")).toContain("unsent");
			await engine.ok("rm", "-f", "unsent");
		});
	});

	// docker's client leaves them to the daemon: 1, but of run (docker/cli, container/attach.go)
	ours("detach keys that there are not are refused by every verb that takes them, and nothing is made", async () => {
		for (const line of [
			["run", "--detach-keys", "ctrl-p,wrong", IMAGE, "true"],
			["exec", "--detach-keys", "ctrl-p,wrong", "any", "true"],
			["start", "--detach-keys", "ctrl-p,wrong", "any"],
			["attach", "--detach-keys", "ctrl-p,wrong", "any"],
		]) {
			const { code, stderr } = await engine.run(...line);
			expect(code).toBe(line[0] === "run" ? 125 : 1);
			expect(stderr).toStartWith("bunker: invalid detach keys (ctrl-p,wrong): unknown character: 'wrong'\n");
		}
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	ours("a killed client leaves no process", async () => {
		await start("none");
		const client = await attached("none");
		client.kill("SIGKILL");
		await client.ended();
		expect(isAlive(client.pid)).toBe(false);
		await engine.ok("rm", "-f", "none");
	});
});

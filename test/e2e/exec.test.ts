/** `exec`: another program in a running container. */

import { beforeAll, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { writeBusybox } from "./archive.ts";
import { busyboxTar, IMAGE, isAlive, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";
import { awaitSize } from "./terminal.ts";

describe.skipIf(!ready)("exec", () => {
	const engine = useEngine("exec");

	beforeAll(async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"web",
			"-h",
			"web",
			"-e",
			"FROM_RUN=1",
			"-w",
			"/etc",
			IMAGE,
			"sleep",
			"100000",
		);
	});

	test("its output and exit status are exec's own", async () => {
		const outcome = await engine.run("exec", "web", "sh", "-c", "echo hi; echo err >&2; exit 7");
		expect(outcome).toMatchObject({ stdout: "hi\n", stderr: "err\n", code: 7 });
	});

	test("it is in the container: host name, processes, files, network", async () => {
		expect(await engine.ok("exec", "web", "hostname")).toBe("web");
		expect(await engine.ok("exec", "web", "cat", "/proc/1/comm")).toBe("sleep");
		await engine.ok("exec", "web", "sh", "-c", "echo x > /tmp/seen");
		expect(await engine.ok("exec", "web", "cat", "/tmp/seen")).toBe("x");
		expect(await engine.ok("exec", "web", "ls", "/sys/class/net")).toBe("eth0\nlo");
	});

	test("it has all namespaces of the container's first process", async () => {
		const out = await engine.ok(
			"exec",
			"web",
			"sh",
			"-c",
			"cd /proc; for n in pid mnt uts ipc net cgroup; do { readlink 1/ns/$n; readlink self/ns/$n; } | uniq | wc -l; done",
		);
		expect(out.split("\n").map(Number)).toEqual([1, 1, 1, 1, 1, 1]);
	});

	ours("it is in the container's cgroups", async () => {
		const cgroups = await engine.ok("exec", "web", "cat", "/proc/self/cgroup");
		expect(cgroups).toBe(await engine.ok("exec", "web", "cat", "/proc/1/cgroup"));
	});

	test("environment and directory are the container's", async () => {
		const out = await engine.ok("exec", "web", "env");
		expect(out).toContain("FROM_RUN=1");
		expect(out).toContain("HOME=/root");
		expect(await engine.ok("exec", "web", "pwd")).toBe("/etc");
	});

	test("-e sets a variable for this program only", async () => {
		const line = ["sh", "-c", "echo $A $FROM_RUN"];
		expect(await engine.ok("exec", "-e", "A=1", "-e", "FROM_RUN=2", "web", ...line)).toBe("1 2");
		expect(await engine.ok("exec", "web", ...line)).toBe("1");
	});

	test("-w sets its directory", async () => {
		expect(await engine.ok("exec", "-w", "/tmp", "web", "pwd")).toBe("/tmp");
	});

	test("-w of a directory that is not there: 127, and it is named", async () => {
		const outcome = await engine.run("exec", "-w", "/nosuch", "web", "true");
		expect(outcome.code).toBe(127);
		expect(outcome.stderr).toContain("/nosuch");
	});

	ours("-w of a relative directory: 128, and it is named, once the container runs and has such a user", async () => {
		const words = ["exec", "-w", "tmp"];
		const outcome = await engine.run(...words, "web", "true");
		expect(outcome).toMatchObject({ code: 128, stdout: "" });
		expect(outcome.stderr).toBe('bunker: exec: the working directory "tmp": it must be an absolute path\n');
		expect((await engine.run(...words, "-u", "nosuch", "web", "true")).stderr).toContain("nosuch");
		expect(await engine.run(...words, "nosuch", "true")).toMatchObject({
			code: 1,
			stderr: "bunker: No such container: nosuch\n",
		});
	});

	test("-u runs it as another user, with that user's groups and HOME", async () => {
		expect(await engine.ok("exec", "-u", "app", "web", "id")).toMatch(/^uid=1000\(app\) gid=1000\(app\) groups=.*29/);
		expect(await engine.ok("exec", "-u", "1000:29", "web", "id")).toMatch(/^uid=1000\(app\) gid=29\(audio\)/);
		expect(await engine.ok("exec", "-u", "app", "web", "grep", "CapEff", "/proc/self/status")).toMatch(/0{16}/);
	});

	ours("-u app has app's HOME", async () => {
		expect(await engine.ok("exec", "-u", "app", "web", "sh", "-c", "echo $HOME")).toBe("/home");
	});

	ours("-u of a user that there is not: 1, and it is named", async () => {
		const outcome = await engine.run("exec", "-u", "nosuch", "web", "true");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("-i passes stdin through to its end", async () => {
		const bytes = new Uint8Array(1_000_000).map((_, index) => (index * 31) >> 2);
		const outcome = await engine.run("exec", "-i", "web", "cat", { stdin: bytes });
		expect(Buffer.compare(outcome.bytes, bytes)).toBe(0);
	});

	test("without -i it reads nothing", async () => {
		expect(await engine.run("exec", "web", "cat", { stdin: "x" })).toMatchObject({ code: 0, stdout: "" });
	});

	test("-d returns at once, and the program runs on", async () => {
		expect(
			await engine.ok("exec", "-d", "web", "sh", "-c", "sleep 0.3; echo done > /tmp/detached; sleep 1000"),
		).toMatch(/^$|^[0-9a-f]{64}$/);
		await until(
			"it has written",
			async () => (await engine.run("exec", "web", "test", "-e", "/tmp/detached")).code === 0,
		);
	});

	test("a program that is not there: 127; one that cannot be executed: 126", async () => {
		const missing = await engine.run("exec", "web", "nosuch");
		expect(missing.code).toBe(127);
		expect(missing.stderr).toContain("nosuch");
		expect((await engine.run("exec", "web", "/etc/passwd")).code).toBe(126);
	});

	test("exec in a stopped container says so and exits 1", async () => {
		await engine.run("run", "--name", "still", IMAGE, "true");
		const outcome = await engine.run("exec", "still", "true");
		if (process.env.TARGET !== "podman") expect(outcome.code).toBe(1);
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toMatch(/not running|state improper/);
		await engine.ok("rm", "still");
	});

	ours("exec in an unknown container: 1, and it is named", async () => {
		const outcome = await engine.run("exec", "nosuch", "true");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("its output is not in the container's log", async () => {
		await engine.ok("exec", "web", "echo", "not for the log");
		expect(await engine.ok("logs", "web")).not.toContain("not for the log");
	});

	test("it has the container's capabilities", async () => {
		expect(await engine.ok("exec", "web", "grep", "CapEff", "/proc/self/status")).toMatch(/a80425fb$|800405fb$/);
	});

	ours("kill -9 of its CLI leaves the program running", async () => {
		const program = engine.spawn(
			"exec",
			"web",
			"sh",
			"-c",
			"echo ready; sleep 2; echo alive > /tmp/survived; sleep 1000",
		);
		await program.prints("ready");
		program.kill("SIGKILL");
		await program.ended();
		await until("it goes on", async () => (await engine.run("exec", "web", "test", "-e", "/tmp/survived")).code === 0);
	});

	test("a signal to exec does not end the container", async () => {
		const program = engine.spawn("exec", "web", "sleep", "3");
		await Bun.sleep(500);
		program.kill("SIGTERM");
		await program.ended();
		expect(await engine.ok("ps")).toContain("web");
	});

	test("the container's end ends exec", async () => {
		await engine.ok("run", "-d", "--name", "short", IMAGE, "sleep", "1000");
		const program = engine.spawn("exec", "short", "sh", "-c", "echo ready; sleep 1000");
		await program.prints("ready");
		await engine.ok("rm", "-f", "short");
		expect(await program.ended()).toBe(137);
	});

	test("128 MB from exec arrive whole", async () => {
		const { bytes } = await engine.run("exec", "web", "sh", "-c", "head -c 134217727 /dev/zero; printf E", {
			timeout: 60_000,
		});
		expect(bytes.length).toBe(134_217_728);
		expect(bytes.at(-1)).toBe("E".charCodeAt(0));
	});

	ours("a child that it leaves behind holds neither exec nor its output", async () => {
		const before = Date.now();
		const outcome = await engine.run("exec", "web", "sh", "-c", "sleep 1000 & echo done");
		expect(outcome.stdout).toBe("done\n");
		expect(Date.now() - before).toBeLessThan(5000);
	});

	ours("the image's user and its environment hold for exec, too", async () => {
		const path = `${engine.scratch()}/image.tar`;
		await writeBusybox(path, "configured:1", await busyboxTar(), {
			User: "app",
			Env: ["A=image"],
			WorkingDir: "/tmp",
			Cmd: ["sleep", "1000"],
		});
		await engine.ok("load", "-i", path);
		await engine.ok("run", "-d", "--name", "conf", "configured:1");
		expect(await engine.ok("exec", "conf", "sh", "-c", "id -un; echo $A; pwd")).toBe("app\nimage\n/tmp");
		await engine.ok("rm", "-f", "conf");
	});

	test.skipIf(!requires("tmux"))("-it is a shell in a pty of the container, with the terminal's size", async () => {
		await using screen = await engine.terminal({ columns: 87, rows: 21 });
		await screen.type("bunker exec -it web sh; echo status=$?\n");
		await screen.shows("/etc #");
		await screen.type("tty; stty size; exit 4\n");
		await screen.shows(/\/dev\/pts\/\d/);
		await screen.shows("21 87");
		await screen.shows("status=4");
	});

	test.skipIf(!requires("tmux"))("the size follows the terminal's", async () => {
		await using screen = await engine.terminal();
		await screen.type("bunker exec -it web sh\n");
		await screen.shows("/etc #");
		await screen.resize(71, 18);
		await screen.type(`clear; ${awaitSize("18 71")}\n`);
		await screen.shows("size 42");
		await screen.type("exit\n");
	});

	ours("-it where stdin is no terminal is refused, as docker refuses it", async () => {
		const outcome = await engine.run("exec", "-it", "web", "true");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toMatch(/the input device is not a TTY/i);
	});

	ours("its monitor is gone when the program is", async () => {
		const [{ Id, State }] = JSON.parse(await engine.ok("inspect", "web"));
		const monitors = () => pidsOf(`bunker-monitor exec ${Id.slice(0, 12)}`);
		const before = monitors(); // of tests above
		await engine.ok("exec", "-d", "web", "sleep", "1000");
		expect(monitors().length).toBeGreaterThan(before.length);
		const during = monitors();
		for (let n = 0; n < 5; n++) await engine.ok("exec", "web", "true");
		await until("no other monitor is left", () => monitors().every((pid) => during.includes(pid)));
		expect(isAlive(State.Pid)).toBe(true);
	});

	ours("in a container that has just ended, and whose monitor has not noticed: not running, 1", async () => {
		await engine.ok("run", "-d", "--name", "ending", IMAGE, "sleep", "1000");
		const pid = JSON.parse(await engine.ok("inspect", "ending"))[0].State.Pid as number;
		const monitor = Number(/^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1]);
		process.kill(monitor, "SIGSTOP");
		try {
			process.kill(pid, "SIGKILL");
			await until("it is dead", () => !isAlive(pid));
			for (const flags of [[], ["-u", "app"], ["-w", "/nosuch"]]) {
				const outcome = await engine.run("exec", ...flags, "ending", "true");
				expect(outcome).toMatchObject({ code: 1, stderr: "bunker: container ending is not running\n" });
			}
		} finally {
			process.kill(monitor, "SIGCONT");
		}
		await engine.ok("rm", "-f", "ending");
	});

	ours("whose monitor is killed says that its program runs on", async () => {
		await engine.ok("run", "-d", "--name", "outlived", IMAGE, "sleep", "1000");
		const exec = engine.spawn("exec", "outlived", "sh", "-c", `exec sleep ${ownSeconds(6)}`);
		const program = () => pidsOf(`sleep ${ownSeconds(6)}`)[0] ?? 0;
		await until("it runs", program);
		const pid = program();
		const monitor = /^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1];
		process.kill(Number(monitor), "SIGKILL");
		expect(await exec.ended()).toBe(137);
		expect(exec.stderr).toBe("bunker: the monitor of this exec was killed; its program runs on, if it has not ended\n");
		expect(program()).toBe(pid);
		await engine.ok("rm", "-f", "outlived");
	});
});

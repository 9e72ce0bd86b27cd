/** Restart policies, with nobody there but the monitor: what ends starts again, once, and the user's word counts. */

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { busyboxTar, IMAGE, isAlive, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";
import { cgroupsOf } from "./leftovers.ts";

describe.skipIf(!ready)("--restart", () => {
	const engine = useEngine("restart");
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const statusOf = async (name: string) => (await inspect(name)).State.Status as string;
	const programOf = async (name: string) => (await inspect(name)).State.Pid as number;
	const monitorOf = (program: number) =>
		Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${program}/status`, "utf8"))?.[1]);
	const start = (name: string, policy: string, ...command: string[]) =>
		engine.ok("run", "-d", "--name", name, "--restart", policy, IMAGE, ...command);
	const actionsOf = async (name: string) =>
		(await engine.ok("events", "--since", "1h", "--until", "0s", "-f", `container=${name}`, "--format", "{{.Action}}"))
			.split("\n")
			.filter(Boolean);
	/** Ends the program until its waiter is caught before it becomes bunker: each time it waits twice as long. */
	const stoppedWaiter = async (name: string): Promise<number> => {
		for (;;) {
			const program = await programOf(name);
			const monitor = monitorOf(program);
			process.kill(program, "SIGKILL");
			await until("the monitor is gone", () => !isAlive(monitor));
			const [waiter] = waiters(monitor, engine);
			if (waiter !== undefined) {
				process.kill(waiter, "SIGSTOP");
				if (processes().some(({ pid, command }) => pid === waiter && command.startsWith("bunker-monitor")))
					return waiter;
				process.kill(waiter, "SIGCONT");
			}
			await until("it runs again", async () => (await statusOf(name)) === "running");
		}
	};
	const starts = async (name: string) => (await actionsOf(name)).filter((action) => action === "start").length;

	test("on-failure:3 of a program that exits 1: four starts, and then it has exited", async () => {
		await start("fails", "on-failure:3", "sh", "-c", "echo x; exit 1");
		await until("it has given up", async () => (await statusOf("fails")) === "exited");
		const { RestartCount, State, HostConfig } = await inspect("fails");
		expect(RestartCount).toBe(3);
		expect(State).toMatchObject({ ExitCode: 1, Restarting: false, Running: false });
		expect(HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
		expect(await engine.ok("logs", "fails")).toBe("x\nx\nx\nx");
		await engine.ok("rm", "fails");
	});

	ours("on-failure:3 of a program that exits 1: the events in order, and the end with its exit code", async () => {
		await start("order", "on-failure:3", "sh", "-c", "exit 1");
		await until("it has given up", async () => (await statusOf("order")) === "exited");
		expect(await actionsOf("order")).toEqual(["create", ...Array(4).fill(["start", "die"]).flat()]);
		const format = ["--format", "{{.Actor.Attributes.exitCode}}"];
		const codes = await engine.ok("events", "--since", "1h", "--until", "0s", "-f", "event=die", ...format);
		expect(codes.split("\n").slice(-4)).toEqual(["1", "1", "1", "1"]);
		await engine.ok("rm", "order");
	});

	test("on-failure does not restart what has succeeded", async () => {
		await start("fine", "on-failure", "true");
		await until("it has exited", async () => (await statusOf("fine")) === "exited");
		await Bun.sleep(300);
		expect((await inspect("fine")).RestartCount).toBe(0);
		await engine.ok("rm", "fine");
	});

	test("always: kill -9 of its program, and it comes back once", async () => {
		await start("back", "always", "sleep", "1000");
		const before = await programOf("back");
		process.kill(before, "SIGKILL");
		await until("it is back", async () => {
			const { State } = await inspect("back");
			return State.Pid > 0 && State.Pid !== before;
		});
		await Bun.sleep(300);
		expect((await inspect("back")).RestartCount).toBe(1);
		await engine.ok("rm", "-f", "back");
	});

	ours("kill -9 of its monitor, then ten commands at once: one monitor, one program, one restart counted", async () => {
		// Of nobody else on this machine.
		const seconds = ownSeconds(1);
		await start("lost", "always", "sleep", seconds);
		const program = await programOf("lost");
		process.kill(monitorOf(program), "SIGKILL");
		await until("the program is dead", () => !isAlive(program));
		const kinds = [["ps", "-a"], ["images"], ["inspect", "lost"], ["info"], ["logs", "lost"]];
		await Promise.all([...kinds, ...kinds].map((words) => engine.run(...words)));
		await until("it is back", async () => (await statusOf("lost")) === "running");
		await Bun.sleep(500);
		const { RestartCount, State } = await inspect("lost");
		expect(RestartCount).toBe(1);
		expect(await starts("lost")).toBe(2);
		expect(pidsOf(`sleep ${seconds}`)).toEqual([State.Pid]);
		await engine.ok("rm", "-f", "lost");
	});

	ours("a killed monitor is noticed although another process has its number", async () => {
		await start("reused", "always", "sleep", "1000");
		const program = await programOf("reused");
		const monitor = monitorOf(program);
		process.kill(monitor, "SIGKILL");
		await until("the program is dead", () => !isAlive(program));
		const marks = `${engine.runRoot}/watched`;
		const [mark = ""] = readdirSync(marks).filter((name) => name.startsWith(`${monitor}-`));
		renameSync(`${marks}/${mark}`, `${marks}/${mark.replace(/^\d+/, String(process.pid))}`);
		await engine.ok("images");
		await until("it is back", async () => (await starts("reused")) === 2);
		await engine.ok("rm", "-f", "reused");
	});

	ours("a command that has nothing to do with containers notices a killed monitor", async () => {
		await start("noticed", "always", "sleep", "1000");
		const program = await programOf("noticed");
		process.kill(monitorOf(program), "SIGKILL");
		await until("the program is dead", () => !isAlive(program));
		await engine.ok("images");
		await until("it is back", async () => (await starts("noticed")) === 2);
		expect(await actionsOf("noticed")).toEqual(["create", "start", "die", "start"]);
		await engine.ok("rm", "-f", "noticed");
	});

	ours("a restart whose waiter was killed is taken over by the next command", async () => {
		await start("orphan", "always", "sleep", "1000");
		const monitor = monitorOf(await programOf("orphan"));
		process.kill(await programOf("orphan"), "SIGKILL");
		await until("the monitor is gone", () => !isAlive(monitor));
		for (const pid of waiters(monitor, engine)) process.kill(pid, "SIGKILL");
		await engine.ok("images");
		await until("it is back", async () => (await statusOf("orphan")) === "running");
		expect((await inspect("orphan")).RestartCount).toBe(1);
		await engine.ok("rm", "-f", "orphan");
	});

	test.each(["kill", "stop --time=0"])(
		"%s does not wait for a restart that waits for the program's end",
		async (verb) => {
			await start("deaf", "always", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done");
			await until("it is deaf", async () => (await engine.ok("logs", "deaf")) === "up");
			const program = await programOf("deaf");
			const restart = engine.spawn("restart", "-t", "-1", "deaf");
			await until("it was asked to end", async () => (await actionsOf("deaf")).includes("kill"));
			await engine.ok(...verb.split(" "), "deaf", { timeout: 10_000 });
			expect(await restart.ended()).toBe(0);
			expect([0, program]).not.toContain(await programOf("deaf"));
			await engine.ok("rm", "-f", "deaf");
		},
	);

	ours("what was stopped while its own end was written down is not restarted by who waits", async () => {
		await start("late", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("late")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("late")) === "restarting");
		const database = new Database(`${engine.root}/bunker.db`);
		database.run("UPDATE container SET stopped = 1 WHERE name = 'late'");
		database.close();
		const before = await starts("late");
		await until("nobody waits any more", async () => (await statusOf("late")) !== "restarting");
		expect([await statusOf("late"), await starts("late")]).toEqual(["exited", before]);
		await engine.ok("rm", "late");
	});

	ours("a wait whose container loses its waiter sees to the restart, and does not wait for itself", async () => {
		const flags = engine.scratch();
		const script = "[ -e /flags/soon ] && exec sleep 1; exec sleep 1000";
		const policy = ["--restart", "always", "-v", `${flags}:/flags`];
		await engine.ok("run", "-d", "--name", "waited", ...policy, IMAGE, "sh", "-c", script);
		const waiter = await stoppedWaiter("waited");
		writeFileSync(`${flags}/soon`, "");
		const wait = engine.spawn("wait", "waited");
		await until("it waits for the waiter", () => pidfdsOf(wait.pid).includes(waiter));
		process.kill(waiter, "SIGKILL");
		expect(await wait.ended(10_000)).toBe(0);
		expect(wait.stdout).toBe("0\n");
		await engine.ok("rm", "-f", "waited");
	});

	ours("a wait for two hands the restart of the first over while it waits for the second", async () => {
		await start("first", "always", "sleep", "1000");
		await engine.ok("run", "-d", "--name", "second", IMAGE, "sleep", "1000");
		const program = await programOf("first");
		const monitor = monitorOf(program);
		const wait = engine.spawn("wait", "first", "second");
		await until("it waits for the first", () => pidfdsOf(wait.pid).includes(monitor));
		process.kill(monitor, "SIGKILL");
		await until("the first is back", async () => ![0, program].includes(await programOf("first")));
		await engine.ok("rm", "-f", "second", "first");
		expect(await wait.ended(10_000)).toBe(0);
	});

	test("while it waits it is restarting: in ps, which lists it, and in inspect", async () => {
		await start("waits", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("waits")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("waits")) === "restarting");
		expect(await engine.ok("ps")).toMatch(/Restarting \(3\) (Less than a|\d+) seconds? ago .*waits/);
		expect((await inspect("waits")).State).toMatchObject({ Restarting: true, Running: true, ExitCode: 3, Pid: 0 });
		await engine.ok("rm", "-f", "waits");
	});

	test("stop during the delay ends it at once and for good", async () => {
		await start("stopped", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("stopped")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("stopped")) === "restarting");
		expect(await engine.ok("stop", "stopped")).toBe("stopped");
		const { State, RestartCount } = await inspect("stopped");
		expect(State).toMatchObject({ Status: "exited", ExitCode: 3, Running: false });
		await Bun.sleep(2000);
		expect((await inspect("stopped")).RestartCount).toBe(RestartCount);
		await engine.ok("rm", "stopped");
	});

	ours.each([[["kill"]], [["rm", "-f"]]])("%j during the delay ends it: nobody is left who waits", async (words) => {
		await start("gone", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("gone")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("gone")) === "restarting");
		const id = (await inspect("gone")).Id.slice(0, 12);
		expect(await engine.ok(...words, "gone")).toBe("gone");
		await until("nobody waits", () => !commands().some((command) => command.includes(id)));
		await engine.run("rm", "gone");
	});

	ours("exec and top during the delay say that it is restarting", async () => {
		await start("busy", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("busy")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("busy")) === "restarting");
		// Again where the delay was over just then.
		for (const words of [
			["exec", "busy", "true"],
			["top", "busy"],
		])
			await until(`${words[0]} says so`, async () => {
				const { code, stderr } = await engine.run(...words);
				return code === 1 && stderr.includes("is restarting, wait until it is running");
			});
		await engine.ok("rm", "-f", "busy");
	});

	ours("rm without -f during the delay says that it is restarting", async () => {
		await start("kept", "always", "sh", "-c", "exit 3");
		await until("it waits long", async () => (await inspect("kept")).RestartCount >= 4);
		await until("it waits", async () => (await statusOf("kept")) === "restarting");
		await until("rm says so", async () => {
			const { code, stderr } = await engine.run("rm", "kept");
			expect(code).toBe(1);
			return stderr.includes("container is restarting");
		});
		await engine.ok("rm", "-f", "kept");
	});

	test.each(["always", "unless-stopped", "on-failure"])("%s: what is stopped stays so", async (policy) => {
		await start("asked", policy, "sleep", "1000");
		await engine.ok("stop", "-t", "0", "asked");
		await Bun.sleep(300);
		expect(await inspect("asked")).toMatchObject({ RestartCount: 0, State: { Status: "exited", ExitCode: 137 } });
		expect(await engine.ok("start", "asked")).toBe("asked");
		expect(await statusOf("asked")).toBe("running");
		await engine.ok("rm", "-f", "asked");
	});

	test("start counts anew", async () => {
		await start("anew", "on-failure:1", "sh", "-c", "exit 1");
		await until("it has given up", async () => (await statusOf("anew")) === "exited");
		expect((await inspect("anew")).RestartCount).toBe(1);
		await engine.ok("start", "anew");
		await until("it has given up again", async () => {
			const { State, RestartCount } = await inspect("anew");
			return State.Status === "exited" && RestartCount === 1;
		});
		await engine.ok("rm", "anew");
	});

	test("in the foreground run ends with the program, and the restart is the monitor's", async () => {
		const script = "echo once; test -e /again && exec sleep 1000; touch /again; exit 5";
		const outcome = await engine.run("run", "--name", "front", "--restart", "always", IMAGE, "sh", "-c", script);
		expect(outcome).toMatchObject({ code: 5, stdout: "once\n" });
		await until("it is back", async () => (await statusOf("front")) === "running");
		expect(await engine.ok("logs", "front")).toBe("once\nonce");
		await engine.ok("rm", "-f", "front");
	});

	ours("a restart has the limit of open files that the first start had", async () => {
		const words = ["-d", "--name", "limit", "--restart", "on-failure:2", IMAGE, "sh", "-c", "ulimit -n; exit 1"];
		const { command, environment } = engine;
		const shell = ["sh", "-c", 'ulimit -Sn 555; "$@"; exit $?', "sh", ...command, "run", ...words];
		expect(Bun.spawnSync(shell, { env: environment }).exitCode).toBe(0);
		await until("it has given up", async () => (await statusOf("limit")) === "exited");
		expect(await engine.ok("logs", "limit")).toBe("555\n555\n555");
		await engine.ok("rm", "limit");
	});

	ours("a restart that fails gives up, and says why", async () => {
		const host = engine.scratch();
		await Bun.write(`${host}/program`, "#!/bin/sh\nrm $0\nexit 1\n");
		Bun.spawnSync(["chmod", "755", `${host}/program`]);
		await engine.ok("run", "-d", "--name", "broken", "--restart", "always", "-v", `${host}:/p`, IMAGE, "/p/program");
		await until("it has given up", async () => (await statusOf("broken")) === "exited");
		expect((await inspect("broken")).State).toMatchObject({ ExitCode: 127, Error: expect.stringContaining("ENOENT") });
		await engine.ok("rm", "broken");
	});

	test("with --rm it is refused: 125", async () => {
		const outcome = await engine.run("run", "--rm", "--restart", "always", IMAGE, "true");
		expect(outcome.code).toBe(125);
	});

	ours("with --rm, and a policy that is none, are refused in docker's words", async () => {
		const conflict = await engine.run("run", "--rm", "--restart", "always", IMAGE, "true");
		expect(conflict.stderr).toContain("conflicting options: cannot specify both --restart and --rm");
		const unknown = await engine.run("create", "--restart", "sometimes", IMAGE);
		expect([unknown.code, unknown.stderr]).toEqual([125, expect.stringContaining("unknown policy 'sometimes'")]);
		expect(await engine.ok("ps", "-aq")).toBe("");
	});

	describe("after a reboot", () => {
		/** What a boot leaves: no processes, an empty run root, and another boot id than the row's. */
		async function reboot(...names: string[]): Promise<void> {
			const found = await Promise.all(names.map(inspect));
			// Without a command in between, which would notice.
			for (const { State } of found) if (State.Pid > 0) process.kill(monitorOf(State.Pid), "SIGKILL");
			await until("all are dead", () => found.every(({ State }) => State.Pid === 0 || !isAlive(State.Pid)));
			for (const { Id } of found) {
				rmSync(`${engine.runRoot}/containers/${Id}`, { recursive: true, force: true });
				for (const path of cgroupsOf(Id)) rmdirSync(path);
			}
			rmSync(`${engine.runRoot}/watched`, { recursive: true, force: true });
			const database = new Database(`${engine.root}/bunker.db`);
			for (const name of names) {
				const row = database.query<{ waiter: string | null }, [string]>("SELECT waiter FROM container WHERE name = ?");
				const waiter = Number.parseInt(row.get(name)?.waiter ?? "", 10);
				if (isAlive(waiter)) process.kill(waiter, "SIGKILL");
			}
			database.run("UPDATE container SET boot = 'before' WHERE boot IS NOT NULL");
			database.close();
		}

		ours(
			"__boot starts always and unless-stopped again, but nothing that was stopped, and on-failure not",
			async () => {
				for (const policy of ["always", "unless-stopped", "on-failure", "no"])
					await start(policy, policy, "sleep", "1000");
				await start("was-stopped", "unless-stopped", "sleep", "1000");
				await start("always-stopped", "always", "sleep", "1000");
				await engine.ok("stop", "-t", "0", "was-stopped", "always-stopped");
				await engine.ok("create", "--name", "never-ran", "--restart", "always", IMAGE, "sleep", "1000");
				const names = ["always", "unless-stopped", "on-failure", "no", "was-stopped", "always-stopped"];
				await reboot(...names);
				expect(await engine.ok("__boot")).toBe("always\nunless-stopped\nalways-stopped");
				expect(await engine.ok("__boot")).toBe("");
				expect((await inspect("always")).RestartCount).toBe(0);
				expect((await inspect("on-failure")).State).toMatchObject({ Status: "exited", ExitCode: 255 });
				expect(await actionsOf("on-failure")).toEqual(["create", "start", "die"]);
				await engine.removeAll();
			},
		);

		ours("what waited for its restart is started too, also where another command has looked before", async () => {
			// The fifth wait is of more than a second: time enough for the power to go.
			const script = "echo x >> /starts; test $(wc -l < /starts) -gt 5 && exec sleep 1000; exit 3";
			await start("waited", "always", "sh", "-c", script);
			await until("it waits long", async () => (await inspect("waited")).RestartCount >= 5);
			await until("it waits", async () => (await statusOf("waited")) === "restarting");
			await reboot("waited");
			await engine.ok("ps", "-a");
			expect(await statusOf("waited")).toBe("exited");
			expect(await engine.ok("__boot")).toBe("waited");
			expect(await statusOf("waited")).toBe("running");
			await engine.ok("rm", "-f", "waited");
		});

		ours("__boot says what cannot be started, starts the rest, and exits 1", async () => {
			const root = engine.scratch();
			await engine.ok("run", "-d", "--name", "fine", "--restart", "always", IMAGE, "sleep", "1000");
			Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", root]);
			await engine.ok("run", "-d", "--name", "rootless", "--restart", "always", "--rootfs", root, "sleep", "1000");
			await reboot("fine", "rootless");
			rmSync(root, { recursive: true });
			const outcome = await engine.run("__boot");
			expect(outcome).toMatchObject({ code: 1, stdout: "fine\n" });
			expect(outcome.stderr).toContain(root);
			await engine.ok("rm", "-f", "fine", "rootless");
		});
	});

	describe.skipIf(!requires("strace"))("idle", () => {
		ours("the one who waits wakes up for nothing", async () => {
			await start("idle", "always", "sh", "-c", "exit 3");
			await until("it waits long", async () => (await inspect("idle")).RestartCount >= 5);
			await until("it waits", async () => (await statusOf("idle")) === "restarting");
			const id = (await inspect("idle")).Id.slice(0, 12);
			const [pid = 0] = processes()
				.filter((found) => found.command.includes(id))
				.map((found) => found.pid);
			const calls = `${engine.scratch()}/calls`;
			Bun.spawnSync(["timeout", "0.5", "strace", "-qq", "-o", calls, "-p", String(pid)]);
			expect(readFileSync(calls, "utf8").trim()).toMatch(/^(restart_syscall|ppoll)\([^\n]*<detached \.\.\.>$/);
			await engine.ok("rm", "-f", "idle");
		});
	});
});

interface Found {
	pid: number;
	command: string;
}

function processes(): Found[] {
	const listed = Bun.spawnSync(["ps", "-eo", "pid=,stat=,args="]).stdout.toString();
	return [...listed.matchAll(/^ *(\d+) +([^ ]+) +(.*)$/gm)]
		.filter(([, , state]) => !state?.startsWith("Z"))
		.map(([, pid, , command = ""]) => ({ pid: Number(pid), command }));
}

const commands = (): string[] => processes().map(({ command }) => command);

/** Who waits for the restart of a container whose monitor has gone: named as the monitor was. */
function waiters(monitor: number, { runRoot }: { runRoot: string }): number[] {
	const [id = ""] = Bun.spawnSync(["ls", `${runRoot}/watched`])
		.stdout.toString()
		.split("\n")
		.filter((name) => name.startsWith(`${monitor}-`))
		.map((name) => name.slice(name.lastIndexOf("-") + 1));
	return processes()
		.filter(({ command }) => id !== "" && command === `bunker-monitor ${id.slice(0, 12)}`)
		.map(({ pid }) => pid);
}

/** The processes that a process holds pidfds of. */
function pidfdsOf(pid: number): number[] {
	const infos = Bun.spawnSync(["sh", "-c", `cat /proc/${pid}/fdinfo/*`]).stdout.toString();
	return [...infos.matchAll(/^Pid:\s+(\d+)$/gm)].map(([, number]) => Number(number));
}

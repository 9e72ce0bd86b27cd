/**
 * What the kernel does when memory runs out, and what ends with a container: on
 * cgroup v1 and v2 alike. docker: OOMKilled from the first kill of any process
 * to the next start, and an event each time (moby, daemon/monitor.go).
 */

import { describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { patience } from "../patience.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";
import { cgroupsOf } from "./leftovers.ts";

const LIMIT = ["-m", "64m"];
/** Takes memory until somebody ends that: a line of /dev/zero has no end. With swap it is more than twice the limit. */
const HUNGRY = ["tail", "/dev/zero"];
const LINE = HUNGRY.join(" ");

describe.skipIf(!ready)("OOM kills", () => {
	const engine = useEngine("oom");
	const stateOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State;
	/** Actions of the past, the oldest first. */
	const history = async (name: string, ...filters: string[]) => {
		const wanted = [`container=${name}`, ...filters].flatMap((filter) => ["-f", filter]);
		const said = await engine.ok("events", "--since", "1h", "--until", "0s", ...wanted, "--format", "{{.Action}}");
		return said.split("\n").filter(Boolean);
	};
	/** A follower of events that listens already. */
	const follow = async (...filters: string[]) => {
		const follower = engine.spawn("events", ...["event=destroy", ...filters].flatMap((filter) => ["-f", filter]));
		await until("it listens", async () => {
			await engine.ok("run", "--rm", "--name", "probe", IMAGE, "true");
			return follower.stdout !== "";
		});
		return follower;
	};

	ours("-m: a program that takes more ends with 137, is OOMKilled, and that is an event", async () => {
		expect((await engine.run("run", "--name", "greedy", ...LIMIT, IMAGE, ...HUNGRY)).code).toBe(137);
		expect(await stateOf("greedy")).toMatchObject({ OOMKilled: true, ExitCode: 137, Status: "exited" });
		expect(await history("greedy")).toEqual(["create", "attach", "start", "oom", "die"]);
		expect(await history("greedy", "event=oom")).toEqual(["oom"]);
		await engine.ok("rm", "greedy");
	});

	ours("-d: the same, told to who follows the events at once", async () => {
		const follower = await follow("event=oom", "event=die");
		await engine.ok("run", "-d", "--name", "greedy", ...LIMIT, IMAGE, ...HUNGRY);
		await follower.prints(/ container oom [0-9a-f]{64} \(image=busybox,.* name=greedy\)\n/);
		await follower.prints(/ container oom .*\n.* container die .*exitCode=137.*name=greedy/);
		follower.kill("SIGKILL");
		await follower.ended();
		expect(await engine.ok("wait", "greedy")).toBe("137");
		expect(await stateOf("greedy")).toMatchObject({ OOMKilled: true, ExitCode: 137 });
		await engine.ok("rm", "greedy");
	});

	ours("--rm: the event is there though nothing else is", async () => {
		expect((await engine.run("run", "--rm", "--name", "brief", ...LIMIT, IMAGE, ...HUNGRY)).code).toBe(137);
		expect(await history("brief")).toEqual(["create", "attach", "start", "oom", "die", "destroy"]);
		await engine.ok("run", "-d", "--rm", "--name", "away", ...LIMIT, IMAGE, ...HUNGRY);
		await until("it is gone", async () => (await engine.ok("ps", "-a", "-q")) === "");
		await until("it is told", async () => (await history("away")).includes("destroy"));
		expect(await history("away")).toEqual(["create", "start", "oom", "die", "destroy"]);
	});

	ours("of a child: told at once, while the first process lives on, and OOMKilled from then on", async () => {
		const follower = await follow("event=oom");
		await engine.ok("run", "-d", "-i", "--name", "parent", ...LIMIT, IMAGE, "sh", "-c", `${LINE}; echo $?; sleep 1000`);
		await follower.prints(/ container oom .*name=parent/);
		follower.kill("SIGKILL");
		await follower.ended();
		expect(await stateOf("parent")).toMatchObject({ OOMKilled: true, Running: true, ExitCode: 0 });
		await until("the shell has seen it", async () => (await engine.ok("logs", "parent")) === "137");
		await engine.ok("stop", "-t", "0", "parent");
		expect(await stateOf("parent")).toMatchObject({ OOMKilled: true, Running: false });
		expect(await history("parent", "event=oom")).toEqual(["oom"]);
		await engine.ok("rm", "parent");
	});

	ours("of a program of exec: that ends with 137, and the container runs on", async () => {
		await engine.ok("run", "-d", "--name", "host", ...LIMIT, IMAGE, "sleep", "1000");
		expect((await stateOf("host")).OOMKilled).toBe(false);
		for (const times of [1, 2]) {
			expect((await engine.run("exec", "host", ...HUNGRY)).code).toBe(137);
			await until("it is told", async () => (await history("host", "event=oom")).length === times);
		}
		expect(await stateOf("host")).toMatchObject({ OOMKilled: true, Running: true });
		await engine.ok("rm", "-f", "host");
		// What was told already is not told again with the end.
		expect(await history("host", "event=oom")).toEqual(["oom", "oom"]);
	});

	ours("the next start begins anew, and what was killed otherwise was not OOMKilled", async () => {
		const once = `test -e /been || { touch /been; ${LINE}; exit 1; }; exec sleep 1000`;
		expect((await engine.run("run", "--name", "again", ...LIMIT, IMAGE, "sh", "-c", once)).code).toBe(1);
		expect((await stateOf("again")).OOMKilled).toBe(true);
		await engine.ok("start", "again");
		expect((await stateOf("again")).OOMKilled).toBe(false);
		await engine.ok("kill", "again");
		expect(await stateOf("again")).toMatchObject({ OOMKilled: false, ExitCode: 137 });
		expect(await history("again", "event=oom")).toEqual(["oom"]);
		await engine.ok("rm", "again");
	});

	ours("--restart: each run's is told, and the one that goes well is not OOMKilled", async () => {
		const twice = `echo x >> /runs; test $(wc -l < /runs) -gt 2 || exec ${LINE}; exit 0`;
		const policy = ["--restart", "on-failure"];
		await engine.ok("run", "-d", "--name", "tries", ...policy, ...LIMIT, IMAGE, "sh", "-c", twice);
		await until("it has gone well", async () => (await stateOf("tries")).Status === "exited");
		expect(await stateOf("tries")).toMatchObject({ OOMKilled: false, ExitCode: 0 });
		expect(await history("tries", "event=oom")).toEqual(["oom", "oom"]);
		await engine.ok("rm", "tries");
	});

	ours("a killed monitor has told of it", async () => {
		await engine.ok("run", "-d", "--name", "lost", ...LIMIT, IMAGE, "sh", "-c", `${LINE}; sleep 1000`);
		await until("it was noted", async () => (await stateOf("lost")).OOMKilled);
		process.kill(await monitorOf((await stateOf("lost")).Pid), "SIGKILL");
		await until("it is over", async () => !(await engine.ok("ps")).includes("lost"));
		expect(await stateOf("lost")).toMatchObject({ OOMKilled: true, ExitCode: 137 });
		expect(await history("lost", "event=oom")).toEqual(["oom"]);
		await engine.ok("rm", "lost");
	});
});

describe.skipIf(!ready)("the end of a container's cgroup", () => {
	const engine = useEngine("cgroup-end");
	const stateOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State;
	/** Starts a container of the host's processes that leaves one behind. @returns its id and that one's pid */
	const leave = async (name: string, script: string) => {
		const line = `setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!; ${script}`;
		const id = await engine.ok("run", "-d", "-i", "--pid", "host", "--name", name, IMAGE, "sh", "-c", line);
		await until("it has said it", async () => (await engine.ok("logs", name)) !== "");
		return { id, pid: Number(await engine.ok("logs", name)) };
	};

	ours("it is there while the container runs, and gone when that has ended", async () => {
		const id = await engine.ok("run", "-d", "--name", "plain", IMAGE, "sleep", "1000");
		expect(cgroupsOf(id)).not.toEqual([]);
		await engine.ok("stop", "-t", "0", "plain");
		expect(cgroupsOf(id)).toEqual([]);
		await engine.ok("start", "plain");
		expect(cgroupsOf(id)).not.toEqual([]);
		await engine.ok("rm", "-f", "plain");
		expect(cgroupsOf(id)).toEqual([]);
	});

	ours("what a program of --pid host leaves behind ends with its container", async () => {
		const { id, pid } = await leave("leaves", "read line; exit 3");
		expect(isAlive(pid)).toBe(true);
		await engine.ok("stop", "leaves");
		expect(isAlive(pid)).toBe(false);
		expect(cgroupsOf(id)).toEqual([]);
		await engine.ok("rm", "leaves");
	});

	ours("... also where the monitor was killed: by the next command that looks", async () => {
		const { id, pid } = await leave("orphaned", "sleep 1000");
		process.kill(monitorOf((await stateOf("orphaned")).Pid), "SIGKILL");
		await until("it is over", async () => !(await engine.ok("ps")).includes("orphaned"));
		await until("it is dead", () => !isAlive(pid));
		expect(cgroupsOf(id)).toEqual([]);
		await engine.ok("rm", "orphaned");
	});

	ours("... and by rm, with nobody looking before", async () => {
		const { id, pid } = await leave("orphaned", "sleep 1000");
		process.kill(monitorOf((await stateOf("orphaned")).Pid), "SIGKILL");
		await engine.ok("rm", "-f", "orphaned");
		await until("it is dead", () => !isAlive(pid));
		expect(cgroupsOf(id)).toEqual([]);
	});

	ours("the cgroups that a privileged container has made in its own go with it", async () => {
		const script =
			"for d in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir -p $d/one/two $d/three; done 2>/dev/null; echo made";
		const id = await engine.ok(
			"run",
			"-d",
			"-i",
			"--privileged",
			"--name",
			"nested",
			IMAGE,
			"sh",
			"-c",
			`${script}; cat`,
		);
		await until("they are made", async () => (await engine.ok("logs", "nested")) === "made");
		const below = Bun.spawnSync(["find", ...cgroupsOf(id), "-name", "two"]).stdout.toString();
		expect(below).not.toBe("");
		await engine.ok("stop", "-t", "0", "nested");
		expect(cgroupsOf(id)).toEqual([]);
		await engine.ok("rm", "nested");
	});

	ours("kill -9 of commands and monitors at any moment: the next command leaves none", async () => {
		const directory = engine.scratch();
		for (let round = 0; round < 20; round++) {
			const name = `round${round}`;
			const program = engine.spawn("run", "--cidfile", `${directory}/${name}`, "--name", name, IMAGE, "sleep", "1000");
			// So that they are spread over a start, as long as that takes here.
			await Bun.sleep(patience(round * 3));
			const victim = round % 2 === 0 ? program.pid : helperOf(program.pid);
			if (victim !== undefined) process.kill(victim, "SIGKILL");
			else program.kill("SIGKILL");
			await program.ended();
			await engine.run("rm", "-f", name);
		}
		await engine.becomesClean();
		const said = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, "utf8").trim());
		const ids = said.filter((id) => id.length === 64);
		expect(ids.length).toBeGreaterThan(0);
		expect(ids.flatMap(cgroupsOf)).toEqual([]);
	});
});

/** The helper that a command has started, if it has by now. */
function helperOf(pid: number): number | undefined {
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
	return children === "" ? undefined : Number(children.split(" ")[0]);
}

function monitorOf(pid: number): number {
	return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

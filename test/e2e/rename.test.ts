/** `rename`, `restart` and what is new of `rm`. */

import { describe, expect, test } from "bun:test";
import { IMAGE, isAlive, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("rename and restart", () => {
	const engine = useEngine("rename");
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const pid = async (name: string): Promise<number> => (await inspect(name)).State.Pid;

	describe("rename", () => {
		test("gives a container another name, running or not, and frees the old one", async () => {
			const id = await engine.ok("run", "-d", "--name", "old", IMAGE, "sleep", "1000");
			expect(await engine.run("rename", "old", "new")).toMatchObject({ code: 0, stdout: "", stderr: "" });
			expect((await inspect("new")).Id).toBe(id);
			expect((await engine.run("inspect", "old")).code).not.toBe(0);
			await engine.ok("create", "--name", "old", IMAGE, "true");
			await engine.ok("rename", "old", "older");
			await engine.removeAll();
		});

		ours("docker's errors, all of them 1", async () => {
			await engine.ok("create", "--name", "one", IMAGE, "true");
			await engine.ok("create", "--name", "two", IMAGE, "true");
			const cases: [string[], string][] = [
				[["one", "one"], "renaming a container with the same name as its current name"],
				[["one", "/one"], "renaming a container with the same name as its current name"],
				[["one", "two"], 'the container name "two" is already in use by container'],
				[["one", "a b"], "invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"],
				[["one", ""], "neither old nor new names may be empty"],
				[["nosuch", "x"], "No such container: nosuch"],
				[["one"], "'bunker rename' requires 2 arguments"],
				[["one", "two", "three"], "'bunker rename' requires 2 arguments"],
			];
			for (const [args, message] of cases) {
				const outcome = await engine.run("rename", ...args);
				expect(outcome).toMatchObject({ code: 1, stdout: "" });
				expect(outcome.stderr).toContain(message);
			}
			expect((await inspect("one")).Name).toBe("/one");
			await engine.removeAll();
		});
	});

	describe("restart", () => {
		test("stops and starts each of several, and prints their names", async () => {
			for (const name of ["one", "two"]) await engine.ok("run", "-d", "--name", name, IMAGE, "sleep", "1000");
			const before = [await pid("one"), await pid("two")];
			expect(await engine.ok("restart", "-t", "0", "one", "two")).toBe("one\ntwo");
			const after = [await pid("one"), await pid("two")];
			expect(before.some(isAlive)).toBe(false);
			expect(after.every(isAlive)).toBe(true);
			await engine.removeAll();
		});

		test("starts one that has ended, and one that never ran", async () => {
			await engine.ok("create", "--name", "made", IMAGE, "sleep", "1000");
			await engine.ok("restart", "made");
			expect((await inspect("made")).State.Status).toBe("running");
			await engine.ok("kill", "made");
			await engine.ok("wait", "made");
			await engine.ok("restart", "made");
			expect((await inspect("made")).State.Status).toBe("running");
			await engine.removeAll();
		});

		ours("one of --rm stays, as docker's does, and goes when it ends", async () => {
			await engine.ok("run", "-d", "--rm", "--name", "gone", IMAGE, "sleep", "1000");
			const before = await pid("gone");
			await engine.ok("restart", "-t", "0", "gone");
			expect(await pid("gone")).not.toBe(before);
			await engine.ok("restart", "-t", "0", "gone");
			expect((await inspect("gone")).State.Status).toBe("running");
			await engine.ok("kill", "gone");
			await engine.becomesClean();
		});

		const script = "trap 'echo usr1; exit' USR1; trap 'echo term; exit' TERM; echo ready; while :; do sleep 0.05; done";
		ours("-s says with what it is stopped; else the container's own signal", async () => {
			await engine.ok("run", "-d", "--name", "web", "--stop-signal", "USR1", IMAGE, "sh", "-c", script);
			const starts = async (count: number) => {
				while ((await engine.ok("logs", "web")).split("ready").length <= count) await Bun.sleep(10);
			};
			await starts(1);
			await engine.ok("restart", "web");
			await starts(2);
			await engine.ok("restart", "-s", "TERM", "web");
			await starts(3);
			expect(await engine.ok("logs", "web")).toBe("ready\nusr1\nready\nterm\nready");
			await engine.removeAll();
		});

		ours("with a restart policy it counts as the user's start, and the policy holds on", async () => {
			await engine.ok("run", "-d", "--name", "web", "--restart", "always", IMAGE, "sleep", "1000");
			await engine.ok("restart", "-t", "0", "web");
			expect(await inspect("web")).toMatchObject({ RestartCount: 0, State: { Status: "running" } });
			const before = await pid("web");
			process.kill(before, "SIGKILL");
			while ((await pid("web")) === before || (await pid("web")) === 0) await Bun.sleep(20);
			expect((await inspect("web")).RestartCount).toBe(1);
			expect((await engine.ok("top", "web")).split("\n")).toHaveLength(2);
			await engine.removeAll();
		});

		ours("events tell it as docker does", async () => {
			const before = new Date().toISOString();
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			await engine.ok("restart", "-t", "0", "web");
			await engine.ok("rename", "web", "other");
			const until = new Date(Date.now() + 10).toISOString();
			const out = await engine.ok("events", "--filter", "type=container", "--since", before, "--until", until);
			const actions = out.split("\n").map((line) => line.split(" ")[2]);
			const stopped = ["kill", "kill", "die", "stop"];
			expect(actions).toEqual(["create", "start", ...stopped, "start", "restart", "rename"]);
			expect(out).toContain("oldName=/web");
			await engine.removeAll();
		});

		ours("all are done, whatever becomes of the others: 1", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			const outcome = await engine.run("restart", "-t", "0", "nosuch", "web");
			expect(outcome).toMatchObject({ code: 1, stdout: "web\n" });
			expect(outcome.stderr).toContain("No such container: nosuch");
			await engine.removeAll();
		});

		ours("four at once leave one program", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			const all = await Promise.all([1, 2, 3, 4].map(() => engine.run("restart", "-t", "0", "web")));
			expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
			expect((await engine.ok("top", "web")).split("\n")).toHaveLength(2);
			await engine.removeAll();
		});
	});

	test("rm -v is accepted", async () => {
		await engine.ok("create", "--name", "made", IMAGE, "true");
		expect(await engine.ok("rm", "-v", "made")).toBe("made");
	});
});

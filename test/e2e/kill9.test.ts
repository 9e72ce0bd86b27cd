/** Whatever is killed: nothing is lost, and the next command puts things right. */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeBusybox } from "./archive.ts";
import { busyboxTar, IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("kill -9", () => {
	const engine = useEngine("kill9");
	const programOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
	const monitorOf = async (name: string) => {
		const status = readFileSync(`/proc/${await programOf(name)}/status`, "utf8");
		return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
	};

	ours(
		"of the CLI at any moment: either there is no container, or it runs and its log and status are whole",
		async () => {
			for (let delay = 0; delay <= 60; delay += 4) {
				const name = `at${delay}`;
				const program = engine.spawn("run", "--name", name, IMAGE, "sh", "-c", "seq 2000; sleep 0.2; echo end; exit 7");
				await Bun.sleep(delay);
				program.kill("SIGKILL");
				await program.ended();
				const all = await engine.ok("ps", "-a");
				if (!all.includes(name)) continue;
				await until(`${name} is over`, async () => !(await engine.ok("ps")).includes(name));
				const line = (await engine.ok("ps", "-a")).split("\n").find((found) => found.endsWith(name)) ?? "";
				if (/Exited \(7\)/.test(line)) expect(await engine.ok("logs", name)).toEndWith("1999\n2000\nend");
				else expect(line).toMatch(/Created|Exited \(137\)/);
				await engine.ok("rm", name);
			}
			await engine.assertClean();
		},
	);

	test("of the CLI of run --rm: the container runs on, and is removed with everything when it ends", async () => {
		const script = "echo ready; sleep 1; echo end";
		const program = engine.spawn("run", "--rm", "--name", "orphan", IMAGE, "sh", "-c", script);
		await program.prints("ready");
		program.kill("SIGKILL");
		await program.ended();
		expect(await engine.ok("ps")).toContain("orphan");
		await until("it is gone", async () => (await engine.ok("ps", "-a", "-q")) === "");
		await engine.becomesClean();
	});

	ours("of the CLI of run -d, while the program starts, leaves nothing half-made", async () => {
		for (let delay = 0; delay <= 40; delay += 5) {
			const program = engine.spawn("run", "-d", "--name", "half", IMAGE, "sleep", "1000");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			await engine.run("rm", "-f", "half");
			expect(await engine.ok("ps", "-a", "-q")).toBe("");
		}
		await engine.becomesClean();
	});

	ours("of a monitor: the container dies with it, and is exited (137), said by the next command", async () => {
		await engine.ok("run", "-d", "--name", "lost", IMAGE, "sleep", "1000");
		const [program, monitor] = [await programOf("lost"), await monitorOf("lost")];
		expect(readFileSync(`/proc/${monitor}/comm`, "utf8")).toContain("bunker");
		process.kill(monitor, "SIGKILL");
		await until("the program is dead", () => !isAlive(program));
		expect(await engine.ok("ps")).not.toContain("lost");
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*lost/);
		expect(JSON.parse(await engine.ok("inspect", "lost"))[0].State.Error).toContain("monitor");
		expect(await engine.ok("start", "lost")).toBe("lost");
		expect(await engine.ok("ps")).toMatch(/Up .*lost/);
		await engine.ok("rm", "-f", "lost");
		await engine.assertClean();
	});

	ours("of a monitor: it can be removed at once", async () => {
		await engine.ok("run", "-d", "--name", "lost", IMAGE, "sh", "-c", "sleep 1000 & sleep 1000");
		process.kill(await monitorOf("lost"), "SIGKILL");
		expect(await engine.ok("rm", "lost")).toBe("lost");
		await engine.assertClean();
	});

	ours("of a monitor whose program cleared its parent-death signal: the next command that looks kills it", async () => {
		// An execve that changes the credentials clears PR_SET_PDEATHSIG (prctl(2)).
		const path = `${engine.scratch()}/image.tar`;
		const sleep = readFileSync(Bun.which("busybox") ?? "");
		await writeBusybox(path, "suid:1", await busyboxTar(), {}, [{ name: "suid/sleep", mode: 0o4755, content: sleep }]);
		await engine.ok("load", "-i", path);
		await engine.ok("run", "-d", "--name", "clear", "-u", "app", "suid:1", "/suid/sleep", "1000");
		const program = await programOf("clear");
		process.kill(await monitorOf("clear"), "SIGKILL");
		await Bun.sleep(200);
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*clear/);
		await until("the program is dead", () => !isAlive(program));
		await engine.ok("rm", "clear");
	});

	ours("of a monitor while run waits in the foreground: run says so and ends", async () => {
		const program = engine.spawn("run", "--name", "front", IMAGE, "sh", "-c", "echo ready; sleep 1000");
		await program.prints("ready");
		process.kill(await monitorOf("front"), "SIGKILL");
		expect(await program.ended()).toBe(137);
		expect(program.stderr).toContain("monitor");
		await engine.ok("rm", "front");
	});

	ours("of the program: run ends with 137, as does the record", async () => {
		const program = engine.spawn("run", "--name", "shot", IMAGE, "sh", "-c", "echo ready; sleep 1000");
		await program.prints("ready");
		process.kill(await programOf("shot"), "SIGKILL");
		expect(await program.ended()).toBe(137);
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*shot/);
		await engine.ok("rm", "shot");
	});

	ours("of rm -f: the next rm finishes it", async () => {
		for (const delay of [2, 6, 10, 15, 20]) {
			await engine.ok("run", "-d", "--name", "twice", IMAGE, "sleep", "1000");
			const program = engine.spawn("rm", "-f", "twice");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			expect((await engine.run("rm", "-f", "twice")).code).toBe(0);
			await engine.becomesClean();
		}
	});

	ours("between a container's lock and its row: the next rm clears the lock's file", async () => {
		const locks = () => readdirSync(`${engine.runRoot}/locks`);
		await engine.ok("create", "--name", "other", IMAGE, "true");
		const before = locks();
		writeFileSync(`${engine.runRoot}/locks/${"f".repeat(64)}`, "");
		await engine.ok("create", "--name", "removed", IMAGE, "true");
		await engine.ok("rm", "removed");
		expect(locks()).toEqual(before);
		await engine.ok("rm", "other");
		expect(locks()).toEqual([]);
	});

	ours("of an import: nothing is left but what the next one clears away", async () => {
		const tar = `${engine.directory}/../busybox.tar`;
		for (const delay of [5, 10, 15, 25]) {
			const program = engine.spawn("import", tar, "half:1");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
		}
		await engine.ok("import", tar, "half:2");
		await engine.assertClean();
	});

	test("of a process inside by the container itself changes nothing outside", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "sh", "-c", "kill -9 -1; echo still here");
		expect(outcome.stdout).toBe("still here\n");
	});
});

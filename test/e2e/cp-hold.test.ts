/** `cp` beside start, stop, rm and kill -9: what is held is let go, and nobody mounts an upper layer twice. */

import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { tar } from "./archive.ts";
import { IMAGE, isAlive, ours, ready, until, untilIdle, useEngine } from "./harness.ts";
import type { Program } from "./program.ts";

const MB = 1 << 20;

describe.skipIf(!ready)("cp", () => {
	const engine = useEngine("cp-hold");

	/** A cp into a container that has it in hand, and waits for the rest of its archive. @returns what ends it */
	async function holding(
		target: string,
		name = "held",
		content = "whole",
	): Promise<{ cp: Program; finish: () => Promise<number> }> {
		const archive = await tar([{ name, content }]);
		const cp = engine.spawn("cp", "-", target);
		cp.write(archive.subarray(0, 600));
		await untilIdle(cp.pid);
		const finish = async () => {
			await cp.feed(archive.subarray(600));
			return await cp.ended(30_000);
		};
		return { cp, finish };
	}

	/** The process that keeps a root for another. */
	function helperOf(pid: number): number | undefined {
		const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
		return children
			.map(Number)
			.find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").startsWith("bunker-monitor"));
	}

	ours("into a container that does not run lets a start wait, and nothing is lost", async () => {
		await engine.ok("create", "--name", "late", IMAGE, "cat", "/tmp/held");
		const { finish } = await holding("late:/tmp");
		const start = engine.spawn("start", "-a", "late");
		await untilIdle(start.pid);
		expect(await engine.ok("ps", "-a", "--format", "{{.Names}} {{.State}}")).toBe("late created");
		expect(await finish()).toBe(0);
		expect([await start.ended(30_000), start.stdout]).toEqual([0, "whole"]);
		await engine.ok("rm", "late");
	});

	ours("of a big file into a container that is started meanwhile: before or after, and whole", async () => {
		const cwd = engine.scratch();
		const big = new Uint8Array(64 * MB).fill(7);
		writeFileSync(`${cwd}/big`, big);
		const sum = Bun.spawnSync(["md5sum", `${cwd}/big`])
			.stdout.toString()
			.split(" ")[0] as string;
		await engine.ok("create", "--name", "big", IMAGE, "sh", "-c", "[ ! -e /big ] || md5sum /big");
		for (let delay = 0; delay < 100; delay += 20) {
			const cp = engine.spawn("cp", "big", "big:/", { cwd });
			await Bun.sleep(delay);
			const start = await engine.run("start", "-a", "big");
			expect([await cp.ended(60_000), cp.stderr]).toEqual([0, ""]);
			expect([start.code, start.stderr]).toEqual([0, ""]);
			// It may have come first; then, or after an earlier round, it saw what was there while that was copied.
			if (delay === 0) expect(["", `${sum}  /big\n`]).toContain(start.stdout);
			expect((await engine.ok("start", "-a", "big")).split(" ")[0]).toBe(sum);
		}
		await engine.ok("rm", "big");
	});

	ours("into a container that ends meanwhile: what is in a volume goes there, and a start waits", async () => {
		const source = engine.scratch();
		await engine.ok(
			"run",
			"-d",
			"--name",
			"ends",
			"-v",
			`${source}:/data`,
			IMAGE,
			"sh",
			"-c",
			"cat /tmp/held; exec sleep 1000",
		);
		const one = await holding("ends:/tmp");
		const two = await holding("ends:/", "data/held", "in the volume");
		await engine.ok("kill", "ends");
		await engine.ok("wait", "ends");
		const three = engine.spawn("cp", "ends:/etc/passwd", "-");
		await untilIdle(three.pid);
		const start = engine.spawn("start", "ends");
		await untilIdle(start.pid);
		expect([three.running, start.running]).toEqual([true, true]);
		expect(await one.finish()).toBe(0);
		expect([await two.finish(), two.cp.stderr]).toEqual([0, ""]);
		expect(readFileSync(`${source}/held`, "utf8")).toBe("in the volume");
		expect([await three.ended(30_000), await start.ended(30_000)]).toEqual([0, 0]);
		await until("it has seen the file", async () => (await engine.ok("logs", "ends")).includes("whole"));
		await engine.ok("rm", "-f", "ends");
		// Nothing under the place where the volume was mounted, as it would be if that were gone.
		expect(readdirSync(source)).toEqual(["held"]);
	});

	ours("of a container that ends and is started again goes on with what it found", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"again",
			IMAGE,
			"sh",
			"-c",
			"dd if=/dev/zero of=/zeros bs=1M count=20 2>/dev/null; echo written; sleep 1000",
		);
		await until("it has written", async () => (await engine.ok("logs", "again")).includes("written"));
		const fifo = `${engine.scratch()}/fifo`;
		Bun.spawnSync(["mkfifo", fifo]);
		const typed = `exec "${engine.directory}/bin/bunker" cp again:/zeros - > ${fifo}`;
		const cp = Bun.spawn(["sh", "-c", typed], { env: engine.environment, stdin: "ignore", stderr: "pipe" });
		const reader = openSync(fifo, "r");
		const buffer = new Uint8Array(MB);
		let size = readSync(reader, buffer);
		await engine.ok("kill", "again");
		const start = engine.spawn("start", "again");
		await untilIdle(start.pid);
		expect(start.running).toBe(true);
		for (let n = 1; n > 0; size += n) n = readSync(reader, buffer);
		closeSync(reader);
		expect([await cp.exited, await new Response(cp.stderr).text()]).toEqual([0, ""]);
		expect(size).toBeGreaterThan(20 * MB);
		expect(await start.ended(30_000)).toBe(0);
		await engine.ok("rm", "-f", "again");
	});

	ours("that is killed leaves no process, no mount and no lock", async () => {
		await engine.ok("run", "-d", "--name", "running", IMAGE, "sleep", "1000");
		await engine.ok("create", "--name", "stopped", IMAGE, "sleep", "1000");
		for (const name of ["running", "stopped"]) {
			const { cp } = await holding(`${name}:/tmp`);
			const helper = helperOf(cp.pid) as number;
			expect(isAlive(helper)).toBe(true);
			cp.kill("SIGKILL");
			await cp.ended();
			await until("its helper has ended", () => !isAlive(helper));
		}
		for (const name of ["running", "stopped"]) {
			await engine.ok("restart", "-t", "0", name, { timeout: 10_000 });
			await engine.ok("cp", `${name}:/etc/passwd`, engine.scratch());
		}
		// What it had of its archive is removed by the next that reads one.
		await engine.ok("cp", "-", "running:/tmp", { stdin: await tar([]) });
		await engine.ok("rm", "-f", "running", "stopped");
		await engine.becomesClean();
	});

	ours("whose helper is killed says so, and still nobody starts the container meanwhile", async () => {
		await engine.ok("create", "--name", "helped", IMAGE, "true");
		const { cp, finish } = await holding("helped:/tmp");
		process.kill(helperOf(cp.pid) as number, "SIGKILL");
		const start = engine.spawn("start", "-a", "helped");
		await untilIdle(start.pid);
		expect(start.running).toBe(true);
		expect([await finish(), cp.stderr]).toEqual([1, "bunker: cp helped: the process that kept its root was killed\n"]);
		expect(await start.ended(10_000)).toBe(0);
		await engine.ok("rm", "helped");
	});

	ours("killed at any moment leaves none of a tree half in hand", async () => {
		const cwd = engine.scratch();
		mkdirSync(`${cwd}/tree`);
		for (let file = 0; file < 300; file++) writeFileSync(`${cwd}/tree/${file}`, "x".repeat(1000));
		await engine.ok("create", "--name", "moments", IMAGE, "sh", "-c", "cat /tree/* | wc -c");
		for (let delay = 0; delay < 60; delay += 6) {
			const cp = engine.spawn("cp", "tree", "moments:/", { cwd });
			await Bun.sleep(delay);
			cp.kill("SIGKILL");
			await cp.ended();
			await engine.ok("cp", "tree/.", "moments:/tree", { cwd, timeout: 10_000 }).catch(() => {});
		}
		await engine.ok("cp", "tree", "moments:/", { cwd });
		expect(await engine.ok("start", "-a", "moments")).toBe("300000");
		await engine.ok("rm", "moments");
		await engine.becomesClean();
	});

	ours("of a container that is removed meanwhile says so", async () => {
		for (const verb of [["run", "-d"], ["create"]]) {
			await engine.ok(...verb, "--name", "gone", IMAGE, "sleep", "1000");
			const { cp, finish } = await holding("gone:/tmp");
			await engine.ok("rm", "-f", "gone", { timeout: 10_000 });
			expect([await finish(), cp.stderr]).toEqual([1, "bunker: cp gone: it was removed meanwhile\n"]);
		}
		await engine.becomesClean();
	});

	ours("into a container that is removed meanwhile holds up neither rm nor ps", async () => {
		const cwd = engine.scratch();
		mkdirSync(`${cwd}/wide`);
		for (let file = 0; file < 5000; file++) writeFileSync(`${cwd}/wide/${file}`, "");
		for (let round = 0; round < 4; round++) {
			await engine.ok("run", "-d", "--name", "gone", "-v", "/own", IMAGE, "sleep", "1000");
			const cp = engine.spawn("cp", "wide", round % 2 ? "gone:/" : "gone:/own/", { cwd });
			await until("it has begun", async () => (await engine.ok("exec", "gone", "ls", "/", "/own")).includes("wide"));
			for (const verb of ["rm -f -v gone", "ps -aq", "rm -f none", "volume prune -f"])
				expect(await engine.run(...verb.split(" "))).toMatchObject({ code: 0 });
			expect(await cp.ended(30_000)).toBe(1);
		}
		await engine.run("rm", "-f", "none");
		expect(readdirSync(`${engine.root}/tmp`)).toEqual([]);
		await engine.becomesClean();
	});

	ours("of a throw-away container, which ends while it is copied", async () => {
		const run = engine.spawn("run", "--rm", "--name", "brief", IMAGE, "sleep", "1000");
		await until("it runs", async () => (await engine.ok("ps", "--format", "{{.Names}}")) === "brief");
		const { cp, finish } = await holding("brief:/tmp");
		await engine.ok("kill", "brief");
		expect(await run.ended(10_000)).toBe(137);
		expect([await finish(), cp.stderr]).toEqual([1, "bunker: cp brief: it was removed meanwhile\n"]);
		await engine.becomesClean();
	});

	ours("that never ends lets a start wait, which holds up neither stop nor rm -f", async () => {
		const short = { timeout: 10_000 };
		await engine.ok("run", "-d", "--name", "stuck", IMAGE, "sleep", "1000");
		await engine.ok("run", "-d", "--name", "always", "--restart", "always", IMAGE, "sleep", "1000");
		const held = [await holding("stuck:/tmp"), await holding("always:/tmp")];
		await engine.ok("stop", "-t", "0", "stuck");
		const waiting = [
			engine.spawn("start", "stuck"),
			engine.spawn("restart", "stuck"),
			engine.spawn("cp", "stuck:/etc/passwd", "-"),
		];
		process.kill(Number(await engine.ok("inspect", "always", "--format", "{{.State.Pid}}")), "SIGKILL");
		const state = (name: string) => engine.ok("inspect", name, "--format", "{{.State.Status}}", short);
		await until("it waits to be restarted", async () => (await state("always")) === "restarting");
		for (const { pid } of waiting) await untilIdle(pid);
		expect(await state("stuck")).toBe("exited");
		for (const verb of ["stop", "update --restart=no"]) await engine.ok(...verb.split(" "), "stuck", short);
		// Longer than the policy's delay: it is the cp that it waits for.
		await Bun.sleep(500);
		expect(await state("always")).toBe("restarting");
		await engine.ok("stop", "always", short);
		expect(await state("always")).toBe("exited");
		await engine.ok("rm", "-f", "stuck", "always", short);
		for (const { cp, finish } of held)
			expect([await finish(), cp.stderr.includes("removed meanwhile")]).toEqual([1, true]);
		for (const program of waiting) expect(await program.ended(10_000)).toBe(1);
		await engine.becomesClean();
	});

	ours("lets a policy restart the container when it has ended", async () => {
		await engine.ok("run", "-d", "--name", "again", "--restart", "always", IMAGE, "sleep", "1000");
		const { finish } = await holding("again:/tmp");
		process.kill(Number(await engine.ok("inspect", "again", "--format", "{{.State.Pid}}")), "SIGKILL");
		await Bun.sleep(500);
		expect(await engine.ok("ps", "--format", "{{.State}}")).toBe("restarting");
		expect(await finish()).toBe(0);
		await until("it runs", async () => (await engine.ok("ps", "--format", "{{.State}}")) === "running");
		expect(await engine.ok("exec", "again", "cat", "/tmp/held")).toBe("whole");
		await engine.ok("rm", "-f", "again");
	});

	test("several at once, into one container and out of it", async () => {
		const cwd = engine.scratch();
		await engine.ok("create", "--name", "many", IMAGE, "sh", "-c", "cat /tmp/*");
		for (let file = 0; file < 8; file++) writeFileSync(`${cwd}/${file}`, `${file}`);
		const copies = Array.from({ length: 8 }, (_, file) => engine.run("cp", `${file}`, "many:/tmp/", { cwd }));
		for (const { code, stderr } of await Promise.all(copies)) expect([code, stderr]).toEqual([0, ""]);
		const back = Array.from({ length: 8 }, (_, file) => engine.run("cp", `many:/tmp/${file}`, `out${file}`, { cwd }));
		for (const { code, stderr } of await Promise.all(back)) expect([code, stderr]).toEqual([0, ""]);
		expect(Array.from({ length: 8 }, (_, file) => readFileSync(`${cwd}/out${file}`, "utf8")).join("")).toBe("01234567");
		expect(await engine.ok("start", "-a", "many")).toBe("01234567");
		await engine.ok("rm", "many");
	});
});

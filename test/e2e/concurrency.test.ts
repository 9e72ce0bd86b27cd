/** Many commands at once. */

import { describe, expect } from "bun:test";
import { busyboxTar, ID, IMAGE, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("at once", () => {
	const engine = useEngine("concurrency");
	const times = <T>(count: number, work: (index: number) => Promise<T>) =>
		Promise.all([...Array(count).keys()].map(work));

	ours("fifty run -d at once, then rm -f of all: fifty distinct containers, nothing left", async () => {
		const outcomes = await times(50, () => engine.run("run", "-d", IMAGE, "sleep", "1000", { timeout: 60_000 }));
		expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
		const ids = outcomes.map(({ stdout }) => stdout);
		expect(ids.every((id) => ID.test(id))).toBe(true);
		expect(new Set(ids).size).toBe(50);
		expect((await engine.ok("ps", "-q")).split("\n")).toHaveLength(50);
		const names = (await engine.ok("ps"))
			.split("\n")
			.slice(1)
			.map((line) => line.split(/\s+/).at(-1));
		expect(new Set(names).size).toBe(50);
		await engine.ok("rm", "-f", ...ids.map((id) => id.trim()), { timeout: 60_000 });
		await engine.assertClean();
	});

	ours("thirty run -d --name same at once: exactly one succeeds, the others say why", async () => {
		const outcomes = await times(30, () =>
			engine.run("run", "-d", "--name", "same", IMAGE, "sleep", "1000", { timeout: 60_000 }),
		);
		expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
		for (const { code, stderr } of outcomes.filter((outcome) => outcome.code !== 0)) {
			expect(code).toBe(125);
			expect(stderr).toContain("same");
		}
		expect((await engine.ok("ps", "-a", "-q")).split("\n")).toHaveLength(1);
		await engine.ok("rm", "-f", "same");
		await engine.assertClean();
	});

	ours("thirty run --rm at once in the foreground: each its own output", async () => {
		const outcomes = await times(30, (index) =>
			engine.run("run", "--rm", IMAGE, "sh", "-c", `echo ${index}; exit ${index}`, { timeout: 60_000 }),
		);
		expect(outcomes.map(({ stdout, code }) => [stdout, code])).toEqual(
			[...Array(30).keys()].map((index) => [`${index}\n`, index]),
		);
		await engine.assertClean();
	});

	ours("twenty exec at once in one container", async () => {
		await engine.ok("run", "-d", "--name", "box", IMAGE, "sleep", "1000");
		const outcomes = await times(20, (index) => engine.run("exec", "box", "sh", "-c", `echo ${index}; exit ${index}`));
		expect(outcomes.map(({ code }) => code)).toEqual([...Array(20).keys()]);
		await engine.ok("rm", "-f", "box");
	});

	ours("ten rm -f of the same container at once: it is gone, and none hangs", async () => {
		await engine.ok("run", "-d", "--name", "same", IMAGE, "sleep", "1000");
		const outcomes = await times(10, () => engine.run("rm", "-f", "same"));
		expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
		await engine.assertClean();
	});

	ours("ten start of the same container at once: one process", async () => {
		await engine.run(
			"run",
			"--name",
			"once",
			IMAGE,
			"sh",
			"-c",
			"echo started; [ -e /again ] && sleep 1000; touch /again",
		);
		const outcomes = await times(10, () => engine.run("start", "once"));
		expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
		await until("it has written", async () => (await engine.ok("logs", "once")).split("\n").length >= 2);
		expect(await engine.ok("logs", "once")).toBe("started\nstarted");
		await engine.ok("rm", "-f", "once");
	});

	ours("stop, ps, inspect and logs while others start and end", async () => {
		const churn = times(15, async (index) => {
			await engine.ok("run", "-d", "--name", `c${index}`, IMAGE, "sh", "-c", "echo hi; sleep 0.2");
			await engine.ok("rm", "-f", `c${index}`);
		});
		const looks = times(15, async () => {
			expect((await engine.run("ps", "-a")).code).toBe(0);
			expect((await engine.run("info")).code).toBe(0);
		});
		await Promise.all([churn, looks]);
		await engine.assertClean();
	});

	ours("two imports of the same tar at once both succeed", async () => {
		const tar = await busyboxTar();
		const outcomes = await times(4, (index) => engine.run("import", tar, `twin:${index}`));
		expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
		expect(await engine.ok("run", "--rm", "twin:3", "echo", "hi")).toBe("hi");
		for (let index = 0; index < 4; index++) await engine.ok("rmi", `twin:${index}`);
	});
});

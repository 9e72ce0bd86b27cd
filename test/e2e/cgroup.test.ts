/** One cgroup for each container, in every hierarchy that the host has: who is in it, what is seen of it inside, and when it goes. */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { contentOf, hierarchies } from "./cgroup-files.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { cgroupsOf } from "./leftovers.ts";

/** Where a process is: `memory` and `` (v2) → path. */
function placesOf(pid: number | string): Map<string, string> {
	const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
	return new Map(
		lines.map((line) => {
			const [, name = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
			return [name, path];
		}),
	);
}

/** Hierarchies of this machine that are mounted: others are nobody's. */
const mounted = [...placesOf("self").keys()].filter((name) =>
	readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.some((line) => (name === "" ? line.includes(" - cgroup2 ") : new RegExp(` - cgroup .*\\b${name}\\b`).test(line))),
);

/** How cgroups are mounted here. */
const mounts = () => readFileSync("/proc/self/mounts", "utf8").match(/^\S+ \S+ cgroup.*$/gm);
const mountsBefore = mounts();

describe.skipIf(!ready)("the container's cgroup", () => {
	const engine = useEngine("cgroup");
	const started = async (...flags: string[]) => {
		const id = await engine.ok("run", "-d", ...flags, IMAGE, "sleep", "1000");
		return { id, pid: Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", id)) };
	};
	const pidOf = async (id: string, script: string) => Number((await engine.ok("exec", id, "sh", "-c", script)).trim());

	test("is /bunker/ID in every hierarchy, and the program is in it", async () => {
		const { id, pid } = await started();
		const places = placesOf(pid);
		for (const name of mounted) expect([name, places.get(name)]).toEqual([name, `/bunker/${id}`]);
	});

	test("has what exec starts in it, too", async () => {
		const { id } = await started("--pid", "host");
		const places = placesOf(await pidOf(id, "sleep 1000 >/dev/null & echo $!"));
		for (const name of mounted) expect(places.get(name)).toBe(`/bunker/${id}`);
	});

	test("has the health check in it, too", async () => {
		const script = "cat /proc/self/cgroup > /seen; sleep 1000";
		const { id } = await started("--cgroupns", "host", "--health-cmd", script, "--health-interval", "100ms");
		await until("a check has begun", async () => (await engine.run("exec", id, "test", "-s", "/seen")).code === 0);
		const seen = (await engine.ok("exec", id, "cat", "/seen")).split("\n").filter((line) => !line.endsWith(":/"));
		expect(seen.filter((line) => line.endsWith(`:/bunker/${id}`)).length).toBeGreaterThan(0);
		expect(seen.filter((line) => !line.endsWith(`:/bunker/${id}`))).toEqual([]);
	});

	// docker in docker and systemd move all below, and switch controllers on for it: then v2 takes no process here.
	test.skipIf(!mounted.includes(""))(
		"has the health check where the container has moved itself, below it",
		async () => {
			const script = "cat /proc/self/cgroup > /seen.new; mv /seen.new /seen";
			const { id, pid } = await started("--cgroupns", "host", "--health-cmd", script, "--health-interval", "100ms");
			const own = cgroupsOf(id).find((path) => existsSync(`${path}/cgroup.events`)) as string;
			mkdirSync(`${own}/init`);
			const members = () => readFileSync(`${own}/cgroup.procs`, "utf8").split("\n").filter(Boolean);
			writeFileSync(`${own}/init/cgroup.procs`, String(pid));
			await until("it can have controllers", () => {
				for (const controller of readFileSync(`${own}/cgroup.controllers`, "utf8").split(/\s+/).filter(Boolean))
					if (members().length === 0) writeFileSync(`${own}/cgroup.subtree_control`, `+${controller}`);
				return members().length === 0;
			});
			await engine.ok("exec", id, "rm", "-f", "/seen");
			const seen = async () => (await engine.run("exec", id, "cat", "/seen")).stdout;
			await until("it is checked there", async () => (await seen()).includes(`0::/bunker/${id}/init\n`));
			expect(await engine.ok("inspect", "-f", "{{.State.Health.FailingStreak}}", id)).toBe("0");
		},
	);

	test("does not have the monitor in it", async () => {
		const { pid } = await started();
		const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] as string;
		expect(readFileSync(`/proc/${parent}/cmdline`, "utf8")).toContain("bunker-monitor");
		expect(placesOf(parent)).toEqual(placesOf("self"));
	});

	test("is the root of what the program sees of cgroups", async () => {
		const outcome = await engine.ok("run", "--rm", IMAGE, "cat", "/proc/self/cgroup");
		for (const name of mounted) expect(outcome).toMatch(new RegExp(`^\\d+:${name}:/$`, "m"));
	});

	test("is seen with its path from the host's root with --cgroupns host", async () => {
		const outcome = await engine.ok("run", "--rm", "--cgroupns", "host", IMAGE, "cat", "/proc/self/cgroup");
		for (const name of mounted) expect(outcome).toMatch(new RegExp(`^\\d+:${name}:/bunker/[0-9a-f]{64}$`, "m"));
	});

	test("is all that /sys/fs/cgroup shows, read-only", async () => {
		const script =
			"find /sys/fs/cgroup -name cgroup.procs -exec cat {} + | sort -u; find /sys/fs/cgroup -name pids.max";
		const outcome = await engine
			.ok("run", "--rm", IMAGE, "sh", "-c", `echo $$; ${script}; mkdir /sys/fs/cgroup/x`, {})
			.catch((error: Error) => error.message);
		expect(outcome).toContain("Read-only file system");
		const seen = await engine.ok("run", "--rm", "--init", IMAGE, "sh", "-c", script);
		// Its own processes and no others: the reaper, the shell, find, cat, sort.
		const pids = seen.split("\n").filter((line) => /^\d+$/.test(line));
		expect(pids.length).toBeGreaterThan(1);
		expect(Math.max(...pids.map(Number))).toBeLessThan(20);
		expect(seen).toContain("pids.max");
	});

	test("is all that /sys/fs/cgroup shows of v1 with --cgroupns host, where paths are the host's", async () => {
		const script = "cat /sys/fs/cgroup/pids/cgroup.procs 2>/dev/null || echo 1";
		const pids = await engine.ok("run", "--rm", "--cgroupns", "host", IMAGE, "sh", "-c", script);
		expect(Math.max(...pids.split("\n").map(Number))).toBeLessThan(20);
	});

	// Those of v2 belong to the hierarchy: a mount in the host's cgroup namespace sets them for all.
	test("with --cgroupns host leaves the options with which the host has mounted its cgroups", async () => {
		expect(await engine.ok("run", "--rm", "--cgroupns", "host", IMAGE, "ls", "/sys/fs/cgroup")).not.toBe("");
		await engine.ok("run", "--rm", "--cgroupns", "host", "--privileged", IMAGE, "true");
		expect(mounts()).toEqual(mountsBefore);
	});

	test("can be written with --privileged, and what is made below it goes with the container", async () => {
		const script = `d=$(dirname $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | head -n 1)); mkdir -p $d/a/b && echo made`;
		const id = await engine.ok("run", "-d", "--privileged", IMAGE, "sh", "-c", `${script}; sleep 1000`);
		await until("it is made", async () => (await engine.ok("logs", id)).includes("made"));
		expect(cgroupsOf(id).length).toBeGreaterThan(0);
		await engine.ok("rm", "-f", id);
		expect(cgroupsOf(id)).toEqual([]);
	});

	test("goes when the container ends in the foreground", async () => {
		const file = `${engine.scratch()}/cid`;
		await engine.ok("run", "--rm", "--cidfile", file, IMAGE, "true");
		expect(cgroupsOf(readFileSync(file, "utf8"))).toEqual([]);
		await engine.ok("run", "--cidfile", `${file}2`, IMAGE, "true");
		await engine.ok("ps");
		expect(cgroupsOf(readFileSync(`${file}2`, "utf8"))).toEqual([]);
	});

	test("goes when a container in the background has ended and somebody looks", async () => {
		const id = await engine.ok("run", "-d", IMAGE, "true");
		await engine.ok("wait", id);
		expect(cgroupsOf(id)).toEqual([]);
	});

	test("goes when the program could not be started", async () => {
		const file = `${engine.scratch()}/cid`;
		expect((await engine.run("run", "--cidfile", file, IMAGE, "/missing")).code).toBe(127);
		expect(cgroupsOf(readFileSync(file, "utf8"))).toEqual([]);
	});

	test("of a container whose monitor was killed goes with the next command", async () => {
		const { id, pid } = await started();
		const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
		process.kill(parent, "SIGKILL");
		await until("it is seen", async () => (await engine.ok("ps", "-q", "--no-trunc")) !== id);
		expect(cgroupsOf(id)).toEqual([]);
	});

	test("stands in what --explain prints, and is not made by that", async () => {
		const plan = await engine.ok("run", "--explain", IMAGE, "true");
		const id = /^container ([0-9a-f]{64})$/m.exec(plan)?.[1] as string;
		expect(plan).toMatch(new RegExp(`^ {2}make /sys/fs/cgroup/.*/?bunker/${id}$`, "m"));
		expect(cgroupsOf(id)).toEqual([]);
	});

	ours("that cannot be made in one hierarchy is left in none, and the start says why: 125", async () => {
		// The limit is v2's: also where it is mounted beside v1.
		const top = hierarchies().find(({ version }) => version === 2)?.mount;
		if (top === undefined) return;
		const parent = `full-${process.pid}`;
		mkdirSync(`${top}/${parent}`);
		try {
			writeFileSync(`${top}/${parent}/cgroup.max.descendants`, "0");
			const outcome = await engine.run("run", "--name", "full", "--cgroup-parent", parent, IMAGE, "true");
			expect([outcome.code, outcome.stderr]).toEqual([
				125,
				expect.stringContaining(`make the cgroup ${top}/${parent}/`),
			]);
			// Looked at before any other command could repair it.
			const left = cgroupsOf(parent).flatMap((path) => readdirSync(path).filter((name) => /^[0-9a-f]{64}$/.test(name)));
			expect(left).toEqual([]);
			await engine.ok("rm", "full");
		} finally {
			for (const path of cgroupsOf(parent)) rmdirSync(path);
		}
	});

	ours("has its limits also below a parent that somebody else has made", async () => {
		const parent = `foreign-${process.pid}`;
		for (const { mount } of hierarchies()) mkdirSync(`${mount}/${parent}`);
		try {
			const id = await engine.ok("run", "-d", "--cgroup-parent", parent, "-m", "64m", IMAGE, "sleep", "1000");
			const pid = Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", id));
			expect(contentOf(pid, "memory", { v1: "memory.limit_in_bytes", v2: "memory.max" })).toBe("67108864");
			await engine.ok("rm", "-f", id);
		} finally {
			for (const path of cgroupsOf(parent)) rmdirSync(path);
		}
	});
});

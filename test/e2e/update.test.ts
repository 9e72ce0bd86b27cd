/** `update`: limits and the restart policy of containers that exist, running or not. */

import { describe, expect, test } from "bun:test";
import { contentOf } from "./cgroup-files.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const MB = 1024 * 1024;

describe.skipIf(!ready)("update", () => {
	const engine = useEngine("update");
	const one = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];
	const pidOf = async (name: string) => (await one(name)).State.Pid as number;
	const memory = { v1: "memory.limit_in_bytes", v2: "memory.max" };
	const memoryOf = async (name: string) => Number(contentOf(await pidOf(name), "memory", memory));
	/** Memory and swap together; v2 counts swap alone. */
	const bothOf = async (name: string) => {
		const text = contentOf(await pidOf(name), "memory", { v1: "memory.memsw.limit_in_bytes", v2: "memory.swap.max" });
		const v1 = contentOf(await pidOf(name), "memory", { v1: "memory.limit_in_bytes" }) !== undefined;
		if (text === undefined) return undefined; // a kernel that does not count swap
		return v1 || text === "max" ? text : String(Number(text) + (await memoryOf(name)));
	};
	const refused = async (...words: string[]) => {
		const { code, stdout, stderr } = await engine.run("update", ...words);
		expect([code, stdout]).toEqual([1, ""]);
		return stderr.split("\n")[0] ?? "";
	};

	ours("without a flag is an error, with 1; a wrong value is one with 125", async () => {
		expect(await refused("web")).toBe("bunker: you must provide one or more flags when using this command");
		for (const flags of [["-m", "x"], ["--cpus", "two"], ["--pids-limit", "some"], ["--nosuch"]])
			expect((await engine.run("update", ...flags, "web")).code).toBe(125);
		expect((await engine.run("update")).code).toBe(1);
	});

	test("of a container that does not run is what its next start gets", async () => {
		await engine.ok("create", "--name", "later", IMAGE, "sleep", "1000");
		expect(await engine.ok("update", "-m", "64m", "--memory-swap", "128m", "later")).toBe("later");
		expect((await one("later")).HostConfig).toMatchObject({ Memory: 64 * MB, MemorySwap: 128 * MB });
		await engine.ok("start", "later");
		expect(await memoryOf("later")).toBe(64 * MB);
		await engine.ok("rm", "-f", "later");
	});

	test("of a container that runs takes effect at once, and lasts", async () => {
		await engine.ok("run", "-d", "--name", "web", "-m", "64m", IMAGE, "sleep", "1000");
		expect(await engine.ok("update", "-m", "96m", "web")).toBe("web");
		expect(await memoryOf("web")).toBe(96 * MB);
		await engine.ok("restart", "-t", "0", "web");
		expect(await memoryOf("web")).toBe(96 * MB);
		await engine.ok("rm", "-f", "web");
	});

	test("raises and lowers memory and swap together, in whatever order the kernel wants it", async () => {
		await engine.ok("run", "-d", "--name", "web", "-m", "64m", "--memory-swap", "128m", IMAGE, "sleep", "1000");
		for (const [limit, both] of [
			["200m", "300m"],
			["50m", "80m"],
			["90m", "90m"],
		] as const) {
			await engine.ok("update", "-m", limit, "--memory-swap", both, "web");
			expect(await memoryOf("web")).toBe(Number.parseInt(limit, 10) * MB);
			const set = await bothOf("web");
			if (set !== undefined) expect(set).toBe(String(Number.parseInt(both, 10) * MB));
		}
		await engine.ok("update", "--memory-swap=-1", "web");
		const set = await bothOf("web");
		if (set !== undefined) expect(set === "max" || Number(set) > 2 ** 62).toBe(true);
		expect(await memoryOf("web")).toBe(90 * MB);
		await engine.ok("rm", "-f", "web");
	});

	ours("of memory alone to more than memory and swap says what to do", async () => {
		await engine.ok("run", "-d", "--name", "web", "-m", "64m", "--memory-swap", "128m", IMAGE, "sleep", "1000");
		expect(await refused("-m", "200m", "web")).toBe(
			"bunker: cannot update container web: --memory 200m is more than the limit on memory and swap that is set, 128m: update --memory-swap at the same time",
		);
		expect(await refused("--memory-swap", "32m", "web")).toContain("must not be less than --memory 64m");
		expect(await memoryOf("web")).toBe(64 * MB);
		expect((await one("web")).HostConfig).toMatchObject({ Memory: 64 * MB, MemorySwap: 128 * MB });
		await engine.ok("rm", "-f", "web");
	});

	ours("of memory where there was no limit limits swap as run does", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
		await engine.ok("update", "-m", "64m", "web");
		expect((await one("web")).HostConfig).toMatchObject({ Memory: 64 * MB, MemorySwap: 128 * MB });
		expect(await memoryOf("web")).toBe(64 * MB);
		await engine.ok("rm", "-f", "web");
	});

	ours("to less memory than is in use is an error, and nothing is changed", async () => {
		const script = "dd if=/dev/zero of=/dev/shm/x bs=1M count=32 2> /dev/null; echo ready; exec sleep 1000";
		const flags = ["-m", "200m", "--memory-swap", "200m", "--shm-size", "64m"];
		await engine.ok("run", "-d", "--name", "full", ...flags, IMAGE, "sh", "-c", script);
		await until("the memory is in use", async () => (await engine.ok("logs", "full")) === "ready");
		expect(await refused("-m", "8m", "--memory-swap", "8m", "full")).toMatch(
			/cannot update container full: set the memory limit/,
		);
		expect(await memoryOf("full")).toBe(200 * MB);
		expect((await one("full")).HostConfig).toMatchObject({ Memory: 200 * MB, MemorySwap: 200 * MB });
		expect((await one("full")).State.Running).toBe(true);
		await engine.ok("rm", "-f", "full");
	});

	ours("changes every limit that docker's does, in a container that runs", async () => {
		await engine.ok("run", "-d", "--name", "web", "-m", "64m", IMAGE, "sleep", "1000");
		const flags = ["-c", "512", "--cpu-period", "50000", "--cpu-quota", "25000", "--cpuset-cpus", "0"];
		const more = ["--cpuset-mems", "0", "--pids-limit", "30", "--memory-reservation", "32m"];
		await engine.ok("update", ...flags, ...more, "web");
		const pid = await pidOf("web");
		const value = (controller: string, v1: string, v2: string) => contentOf(pid, controller, { v1, v2 });
		expect([
			value("cpu", "cpu.shares", "cpu.weight") !== "100",
			[value("cpu", "cpu.cfs_quota_us", "cpu.max"), contentOf(pid, "cpu", { v1: "cpu.cfs_period_us" })]
				.filter(Boolean)
				.join(" "),
			value("cpuset", "cpuset.cpus", "cpuset.cpus"),
			value("cpuset", "cpuset.mems", "cpuset.mems"),
			value("pids", "pids.max", "pids.max"),
			value("memory", "memory.soft_limit_in_bytes", "memory.low"),
		]).toEqual([true, "25000 50000", "0", "0", "30", String(32 * MB)]);
		// A quota alone leaves the period.
		await engine.ok("update", "--cpu-quota", "10000", "web");
		const quota = contentOf(pid, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" })?.split(" ")[0];
		const period = (contentOf(pid, "cpu", { v1: "cpu.cfs_period_us", v2: "cpu.max" }) ?? "").split(" ").at(-1);
		expect([quota, period]).toEqual(["10000", "50000"]);
		await engine.ok("update", "--pids-limit=-1", "web");
		expect(value("pids", "pids.max", "pids.max")).toBe("max");
		expect((await one("web")).HostConfig).toMatchObject({
			PidsLimit: 0,
			CpuPeriod: 50_000,
			CpuQuota: 10_000,
			CpuShares: 512,
		});
		await engine.ok("rm", "-f", "web");
	});

	ours("of --cpus conflicts with a quota that is set, and the other way round", async () => {
		await engine.ok("create", "--name", "quota", "--cpu-quota", "50000", IMAGE, "true");
		await engine.ok("create", "--name", "cpus", "--cpus", "0.5", IMAGE, "true");
		expect(await refused("--cpus", "0.5", "quota")).toContain("--cpus 0.5 and --cpu-quota 50000 cannot both be set");
		expect(await refused("--cpu-period", "50000", "cpus")).toContain(
			"--cpus 0.5 and --cpu-period 50000 cannot both be set",
		);
		await engine.ok("update", "--cpus", "1", "cpus");
		expect((await one("cpus")).HostConfig.NanoCpus).toBe(1_000_000_000);
		await engine.ok("rm", "quota", "cpus");
	});

	ours("of what the kernel refuses changes neither the files nor the row", async () => {
		await engine.ok("run", "-d", "--name", "web", "--pids-limit", "20", "--cgroupns", "host", IMAGE, "sleep", "1000");
		expect(await refused("--pids-limit", "99999999999", "--cpus", "0.5", "web")).toMatch(
			/^bunker: cannot update container web: set /,
		);
		const pid = await pidOf("web");
		expect(contentOf(pid, "pids", { v1: "pids.max", v2: "pids.max" })).toBe("20");
		expect(contentOf(pid, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" })).toMatch(/^(-1|max 100000)$/);
		expect((await one("web")).HostConfig).toMatchObject({ PidsLimit: 20, NanoCpus: 0 });
		await engine.ok("rm", "-f", "web");
	});

	ours("does all of several names, prints those, and says what failed", async () => {
		await engine.ok("create", "--name", "first", IMAGE, "true");
		await engine.ok("create", "--name", "second", IMAGE, "true");
		const { code, stdout, stderr } = await engine.run("update", "-c", "512", "first", "nosuch", "second");
		expect({ code, stdout, stderr }).toEqual({
			code: 1,
			stdout: "first\nsecond\n",
			stderr: "bunker: No such container: nosuch\n",
		});
		for (const name of ["first", "second"]) expect((await one(name)).HostConfig.CpuShares).toBe(512);
		await engine.ok("rm", "first", "second");
	});

	ours("warns below the names, as docker does: --kernel-memory is dropped", async () => {
		await engine.ok("create", "--name", "web", IMAGE, "true");
		expect(await engine.ok("update", "--kernel-memory", "64m", "web")).toBe(
			"web\n--kernel-memory 64m is discarded, as docker does: use --memory",
		);
		await engine.ok("rm", "web");
	});

	ours("is an event of the container", async () => {
		const id = await engine.ok("create", "--name", "web", IMAGE, "true");
		await engine.ok("container", "update", "-c", "512", "web");
		await refused("-m", "1m", "web");
		const format = ["--format", "{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}"];
		const events = await engine.ok(
			"events",
			"--since",
			"1h",
			"--until",
			"0s",
			"-f",
			`container=${id}`,
			"-f",
			"event=update",
			...format,
		);
		expect(events).toBe(`update ${id} web`);
		await engine.ok("rm", "web");
	});

	describe("--restart", () => {
		const restartsOf = async (name: string) => (await one(name)).RestartCount as number;
		const kill = async (name: string) => {
			const pid = await pidOf(name);
			if (pid > 1) process.kill(pid, "SIGKILL");
			return pid;
		};

		ours("of a container that runs holds for the end of this run", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			expect(await engine.ok("update", "--restart", "always", "web")).toBe("web");
			expect((await one("web")).HostConfig.RestartPolicy).toEqual({ Name: "always", MaximumRetryCount: 0 });
			const before = await kill("web");
			// Nobody looks meanwhile: it is the monitor that knows.
			const events = engine.spawn(
				"events",
				"--since",
				"1h",
				"-f",
				"container=web",
				"-f",
				"event=start",
				"--format",
				"{{.Action}}",
			);
			await until("it was started again", () => events.stdout.split("\n").length > 2);
			events.kill("SIGTERM");
			await events.ended();
			await until("it runs", async () => {
				const pid = await pidOf("web");
				return pid > 0 && pid !== before;
			});
			expect(await restartsOf("web")).toBe(1);
			await engine.ok("rm", "-f", "web");
		});

		ours("no: what would have been restarted ends", async () => {
			await engine.ok("run", "-d", "--name", "web", "--restart", "always", IMAGE, "sleep", "1000");
			await engine.ok("update", "--restart", "no", "web");
			await kill("web");
			expect(await engine.ok("wait", "web")).toBe("137");
			const { State, RestartCount } = await one("web");
			expect([State.Status, RestartCount]).toEqual(["exited", 0]);
			await engine.ok("rm", "web");
		});

		ours("on-failure:1 counts from the first restart", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			await engine.ok("update", "--restart", "on-failure:1", "web");
			const first = await kill("web");
			await until("it was started again", async () => ![0, first].includes(await pidOf("web")));
			await kill("web");
			await until("it has given up", async () => (await one("web")).State.Status === "exited");
			const { State, RestartCount } = await one("web");
			expect([State.ExitCode, RestartCount]).toEqual([137, 1]);
			await engine.ok("rm", "web");
		});

		ours("does not go with --rm, and has to be a policy", async () => {
			await engine.ok("run", "-d", "--rm", "--name", "web", IMAGE, "sleep", "1000");
			expect(await refused("--restart", "always", "web")).toBe(
				"bunker: cannot update container web: a restart policy does not go with --rm",
			);
			expect(await engine.ok("update", "--restart", "no", "web")).toBe("web");
			expect(await refused("--restart", "sometimes", "web")).toContain("unknown policy 'sometimes'");
			await engine.ok("rm", "-f", "web");
		});
	});
});

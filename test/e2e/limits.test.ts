/**
 * Limits as the kernel holds them: every flag in the file of the container's
 * cgroup, and its effect where that is cheap to see. The same on cgroup v1, v2
 * and hosts with both: `contentOf` finds the file.
 */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { blockDevice, contentOf, hierarchies, numbersOf, OWN_PARENT, placeOf, removeParents } from "./cgroup-files.ts";
import { IMAGE, ours, ready, TARGET, until, useEngine } from "./harness.ts";

const MB = 1024 * 1024;

/** A file of a cgroup and what it says; a pattern where kernels say more. */
type Expected = readonly [file: string, value: string | RegExp];

/** flags, the controller, and what stands where; without v2 the flag is discarded there, with a warning */
interface Case {
	flags: string[];
	controller: string;
	v1: Expected[];
	v2?: Expected[];
}

describe.skipIf(!ready)("limits in the kernel", () => {
	const engine = useEngine("limits");
	const pidOf = async (name: string) => Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", name));
	const versionOf = (controller: string) => placeOf(process.pid, controller)?.version;
	const device = blockDevice();
	const numbers = numbersOf(device);
	const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
	/** The last CPU that there is: not where a program is by chance. */
	const lastCpu = allowed.split(/[,-]/).pop() as string;

	/** Runs a container of these flags until `look` has seen it. */
	const running = async (flags: string[], look: (pid: number) => void | Promise<void>, command = ["sleep", "1000"]) => {
		const started = await engine.run("run", "-d", "--name", "limited", ...flags, IMAGE, ...command);
		try {
			expect([started.code, started.stderr]).toEqual([0, ""]);
			await look(await pidOf("limited"));
		} finally {
			await engine.run("rm", "-f", "limited");
		}
	};

	const cases: Case[] = [
		{
			flags: ["-m", "64m", "--memory-swap", "96m"],
			controller: "memory",
			v1: [
				["memory.limit_in_bytes", String(64 * MB)],
				["memory.memsw.limit_in_bytes", String(96 * MB)],
			],
			v2: [
				["memory.max", String(64 * MB)],
				["memory.swap.max", String(32 * MB)],
			],
		},
		{
			flags: ["-m", "64m"],
			controller: "memory",
			v1: [["memory.memsw.limit_in_bytes", String(128 * MB)]],
			v2: [["memory.swap.max", String(64 * MB)]],
		},
		{
			flags: ["-m", "64m", "--memory-swap=-1"],
			controller: "memory",
			v1: [["memory.memsw.limit_in_bytes", /^\d{19}$/]],
			v2: [["memory.swap.max", "max"]],
		},
		{
			flags: ["--memory-reservation", "32m"],
			controller: "memory",
			v1: [["memory.soft_limit_in_bytes", String(32 * MB)]],
			v2: [["memory.low", String(32 * MB)]],
		},
		{
			flags: ["--memory-swappiness", "7"],
			controller: "memory",
			v1: [["memory.swappiness", "7"]],
		},
		{
			flags: ["-m", "64m", "--oom-kill-disable"],
			controller: "memory",
			v1: [["memory.oom_control", /^oom_kill_disable 1$/m]],
		},
		{
			flags: ["--cpus", "0.5"],
			controller: "cpu",
			v1: [
				["cpu.cfs_quota_us", "50000"],
				["cpu.cfs_period_us", "100000"],
			],
			v2: [["cpu.max", "50000 100000"]],
		},
		{
			flags: ["--cpu-quota", "25000", "--cpu-period", "50000"],
			controller: "cpu",
			v1: [
				["cpu.cfs_quota_us", "25000"],
				["cpu.cfs_period_us", "50000"],
			],
			v2: [["cpu.max", "25000 50000"]],
		},
		{
			flags: ["--cpu-period", "50000"],
			controller: "cpu",
			v1: [
				["cpu.cfs_quota_us", "-1"],
				["cpu.cfs_period_us", "50000"],
			],
			v2: [["cpu.max", "max 50000"]],
		},
		{
			// runc's curve: v2's 100 is v1's 1024.
			flags: ["-c", "1024"],
			controller: "cpu",
			v1: [["cpu.shares", "1024"]],
			v2: [["cpu.weight", "100"]],
		},
		{
			flags: ["--cpu-shares", "2048"],
			controller: "cpu",
			v1: [["cpu.shares", "2048"]],
			v2: [["cpu.weight", /^1[5-9]\d$/]],
		},
		{
			flags: ["--cpuset-cpus", lastCpu, "--cpuset-mems", "0"],
			controller: "cpuset",
			v1: [
				["cpuset.cpus", lastCpu],
				["cpuset.mems", "0"],
			],
			v2: [
				["cpuset.cpus", lastCpu],
				["cpuset.mems", "0"],
			],
		},
		{ flags: ["--pids-limit", "20"], controller: "pids", v1: [["pids.max", "20"]], v2: [["pids.max", "20"]] },
		{ flags: ["--pids-limit=-1"], controller: "pids", v1: [["pids.max", "max"]], v2: [["pids.max", "max"]] },
		{
			flags: ["--device-read-bps", `${device}:1mb`],
			controller: "blkio",
			v1: [["blkio.throttle.read_bps_device", `${numbers} 1048576`]],
			v2: [["io.max", new RegExp(`^${numbers} .*rbps=1048576 `)]],
		},
		{
			flags: ["--device-write-bps", `${device}:2mb`],
			controller: "blkio",
			v1: [["blkio.throttle.write_bps_device", `${numbers} 2097152`]],
			v2: [["io.max", new RegExp(`^${numbers} .*wbps=2097152 `)]],
		},
		{
			flags: ["--device-read-iops", `${device}:300`],
			controller: "blkio",
			v1: [["blkio.throttle.read_iops_device", `${numbers} 300`]],
			v2: [["io.max", new RegExp(`^${numbers} .*riops=300 `)]],
		},
		{
			flags: ["--device-write-iops", `${device}:400`],
			controller: "blkio",
			v1: [["blkio.throttle.write_iops_device", `${numbers} 400`]],
			v2: [["io.max", new RegExp(`^${numbers} .*wiops=400`)]],
		},
		{
			flags: ["--device-read-bps", `${device}:1mb`, "--device-write-iops", `${device}:400`],
			controller: "blkio",
			v1: [
				["blkio.throttle.read_bps_device", `${numbers} 1048576`],
				["blkio.throttle.write_iops_device", `${numbers} 400`],
			],
			v2: [["io.max", new RegExp(`^${numbers} rbps=1048576 wbps=max riops=max wiops=400$`)]],
		},
	];

	/** Of flags that docker has not. */
	const ourCases: Case[] = [
		{
			flags: ["--hugetlb", "2MB:4m"],
			controller: "hugetlb",
			v1: [["hugetlb.2MB.limit_in_bytes", String(4 * MB)]],
			v2: [["hugetlb.2MB.max", String(4 * MB)]],
		},
	];
	if (TARGET === "bunker") cases.push(...ourCases);

	test.each(cases.map((one): [string, Case] => [one.flags.join(" "), one]))("%s is in its file", async (_, one) => {
		const { flags, controller } = one;
		const version = versionOf(controller);
		const expected = version === 1 ? one.v1 : one.v2;
		if (version === undefined || expected === undefined) return refusedOrDiscarded(flags, version);
		await running(flags, (pid) => {
			for (const [file, value] of expected) {
				const content = contentOf(pid, controller, { v1: file, v2: file });
				// Only swap may be missing: a kernel need not count it.
				if (content === undefined) expect(file).toMatch(/swap|memsw/);
				else if (typeof value === "string") expect([file, content]).toEqual([file, value]);
				else expect(content).toMatch(value);
			}
		});
	});

	/** What this host cannot do: without the controller an error that names it, on v2 a warning. */
	async function refusedOrDiscarded(flags: string[], version: 1 | 2 | undefined): Promise<void> {
		const { code, stderr } = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect(code).toBe(version === undefined ? 125 : 0);
		expect(stderr).toMatch(
			version === undefined ? /no cgroup hierarchy of this host has the/ : /WARNING: .* is discarded: cgroup v2/,
		);
	}

	ours.each([
		[["--blkio-weight", "300"], "weight", (weight: number) => [`${weight}`, `default ${weight}`]],
		[["--blkio-weight-device", `${device}:400`], "weight_device", (weight: number) => [`${numbers} ${weight}`]],
	] as const)(
		"%j is in the file of the scheduler that has weights, or discarded with a word",
		async (flags, name, texts) => {
			const { stderr, code } = await engine.run("run", "-d", "--name", "limited", ...flags, IMAGE, "sleep", "1000");
			if (stderr !== "") {
				// EOPNOTSUPP: the device's own scheduler has none.
				expect(stderr).toMatch(/^WARNING: .* is discarded: no I\/O scheduler|has the blkio controller|EOPNOTSUPP/);
				await engine.run("rm", "-f", "limited");
				return;
			}
			expect(code).toBe(0);
			const pid = await pidOf("limited");
			const files: [string, (weight: number) => number][] = [
				[`blkio.bfq.${name}`, (weight) => weight],
				[`blkio.${name}`, (weight) => weight],
				["io.bfq.weight", (weight) => weight],
				["io.weight", (weight) => 1 + Math.floor(((weight - 10) * 9999) / 990)],
			];
			const weight = Number(flags[1].split(":").at(-1));
			const found = files.map(([file, scale]) => [contentOf(pid, "blkio", { v1: file, v2: file }), scale] as const);
			const [content, scale] = found.find(([content]) => content !== undefined) ?? [];
			const expected = texts((scale as (weight: number) => number)(weight));
			expect(content?.split("\n").some((line) => expected.includes(line))).toBe(true);
			await engine.ok("rm", "-f", "limited");
		},
	);

	ours("--cpu-rt-runtime and --cpu-rt-period: from a parent that has such time, or they are refused", async () => {
		const flags = ["--cpu-rt-runtime", "10000", "--cpu-rt-period", "500000"];
		const root = hierarchies().find(({ version, controllers }) => version === 1 && controllers.includes("cpu"))?.mount;
		if (root === undefined || !existsSync(`${root}/cpu.rt_runtime_us`)) {
			const { code, stderr } = await engine.run("run", ...flags, IMAGE, "true");
			expect([code, stderr]).toEqual([125, expect.stringContaining("does not support the real-time scheduler")]);
			await engine.removeAll();
			return;
		}
		const parent = `${OWN_PARENT}-realtime`;
		mkdirSync(`${root}/${parent}`, { recursive: true });
		try {
			// A root that is none, in a container of CI, may have no such time to give.
			if (giveRealtime(`${root}/${parent}`))
				await running(["--cgroup-parent", parent, ...flags], (pid) => {
					expect(contentOf(pid, "cpu", { v1: "cpu.rt_runtime_us" })).toBe("10000");
					expect(contentOf(pid, "cpu", { v1: "cpu.rt_period_us" })).toBe("500000");
				});
		} finally {
			removeParents(parent);
		}
		// Ours has none to give.
		const { code, stderr } = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect(code).toBe(125);
		expect(stderr).toMatch(/set the real-time quota to 10000 us: .*EINVAL.*\n.*--cgroup-parent/);
	});

	function giveRealtime(group: string): boolean {
		try {
			writeFileSync(`${group}/cpu.rt_runtime_us`, "100000");
			return true;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "EINVAL") return false;
			throw error;
		}
	}

	ours.each([
		[`${OWN_PARENT}/deep`, `/${OWN_PARENT}/deep`],
		[`/${OWN_PARENT}/../../${OWN_PARENT}/deep/`, `/${OWN_PARENT}/deep`],
	])("--cgroup-parent %s is where its cgroup is, in every hierarchy", async (typed, parent) => {
		try {
			const id = await engine.ok(
				"run",
				"-d",
				"--name",
				"limited",
				"--cgroup-parent",
				typed,
				"-m",
				"64m",
				IMAGE,
				"sleep",
				"1000",
			);
			const lines = readFileSync(`/proc/${await pidOf("limited")}/cgroup`, "utf8")
				.trim()
				.split("\n");
			for (const line of lines) expect(line).toEndWith(`${parent}/${id}`);
			expect(await engine.ok("inspect", "-f", "{{.HostConfig.CgroupParent}}", "limited")).toBe(typed);
			await engine.ok("rm", "-f", "limited");
			for (const { mount } of hierarchies()) expect(existsSync(`${mount}${parent}/${id}`)).toBe(false);
		} finally {
			await engine.run("rm", "-f", "limited");
			removeParents(`${OWN_PARENT}/deep`, OWN_PARENT);
		}
	});

	ours("--cgroupns private shows a container its cgroup as the root, host where it really is", async () => {
		const paths = async (...flags: string[]) => {
			const text = await engine.ok("run", "--rm", ...flags, IMAGE, "cat", "/proc/self/cgroup");
			return [
				...new Set(text.split("\n").map((line) => line.replace(/^\d+:[^:]*:/, "").replace(/[0-9a-f]{64}/, "ID"))),
			];
		};
		expect(await paths()).toEqual(["/"]);
		expect(await paths("--cgroupns", "private")).toEqual(["/"]);
		expect(await paths("--cgroupns", "host")).toEqual([expect.stringMatching(/\/bunker\/ID$/)]);
	});

	describe("effects", () => {
		test("-m: a program that takes more is killed: 137", async () => {
			const hungry = ["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"];
			const limit = ["-m", "64m", "--memory-swap", "64m"];
			expect((await engine.run("run", "--rm", ...limit, IMAGE, ...hungry)).code).toBe(137);
			expect((await engine.run("run", "--rm", "-m", "256m", IMAGE, ...hungry)).code).toBe(0);
		});

		test("--pids-limit stops a fork bomb", async () => {
			const bomb = "i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); done; echo unlimited";
			const { stdout, stderr } = await engine.run("run", "--rm", "--pids-limit", "20", IMAGE, "sh", "-c", bomb);
			expect(stdout).not.toContain("unlimited");
			expect(stderr).toContain("can't fork");
		});

		test("--cpuset-cpus is what nproc sees", async () => {
			expect(await engine.ok("run", "--rm", "--cpuset-cpus", lastCpu, IMAGE, "nproc")).toBe("1");
			const status = await engine.ok(
				"run",
				"--rm",
				"--cpuset-cpus",
				lastCpu,
				IMAGE,
				"grep",
				"Cpus_allowed_list",
				"/proc/self/status",
			);
			expect(status).toBe(`Cpus_allowed_list:\t${lastCpu}`);
		});

		test("--cpus 0.5: half of each period, and the rest is throttled", async () => {
			const busy = ["sh", "-c", "while :; do :; done"];
			await running(
				["--cpus", "0.5"],
				async (pid) => {
					const files = { v1: "cpu.stat", v2: "cpu.stat" };
					const statistic = (name: string) =>
						Number(new RegExp(`^${name} (\\d+)$`, "m").exec(contentOf(pid, "cpu", files) ?? "")?.[1]);
					// nanoseconds on v1, microseconds on v2
					const used = () => {
						const v1 = contentOf(pid, "cpuacct", { v1: "cpuacct.usage" });
						return v1 === undefined ? statistic("usage_usec") : Number(v1) / 1000;
					};
					await until("it is throttled", () => statistic("nr_throttled") >= 10, 60_000);
					const microseconds = used();
					// One more period than was counted may have begun, and a CPU takes its share in slices of 5 ms.
					const periods = statistic("nr_periods") + 1;
					expect(microseconds).toBeLessThanOrEqual(periods * 55_000);
					expect(microseconds).toBeGreaterThan(periods * 10_000);
				},
				busy,
			);
		});

		test("an exec is limited, too", async () => {
			await running(["--pids-limit", "5"], async () => {
				const bomb = "i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done; echo unlimited";
				const { stdout, stderr } = await engine.run("exec", "limited", "sh", "-c", bomb);
				expect(stdout).not.toContain("unlimited");
				expect(stderr).toContain("can't fork");
			});
		});

		test("limits hold again after a restart, and for what a policy restarts", async () => {
			await running(["--pids-limit", "20", "--restart", "always"], async (before) => {
				await engine.ok("restart", "-t", "0", "limited");
				const second = await pidOf("limited");
				expect(second).not.toBe(before);
				expect(contentOf(second, "pids", { v1: "pids.max", v2: "pids.max" })).toBe("20");
				process.kill(second, "SIGKILL");
				await until("the policy has restarted it", async () => ![0, second].includes(await pidOf("limited")));
				expect(contentOf(await pidOf("limited"), "pids", { v1: "pids.max", v2: "pids.max" })).toBe("20");
			});
		});
	});

	ours("a limit that the kernel refuses keeps run from starting, with its sentence, and leaves nothing", async () => {
		const { code, stdout, stderr } = await engine.run("run", "--pids-limit", "99999999999", IMAGE, "true");
		expect([code, stdout]).toEqual([125, ""]);
		expect(stderr).toMatch(
			/^bunker: set the limit on processes to 99999999999: write 99999999999 to \S+pids\.max: EINVAL/,
		);
		expect(await engine.ok("ps", "-a", "--format", "{{.Status}}")).toBe("Created");
		const id = await engine.ok("ps", "-a", "-q", "--no-trunc");
		for (const { mount } of hierarchies()) expect(existsSync(`${mount}/bunker/${id}`)).toBe(false);
		await engine.removeAll();
	});
});

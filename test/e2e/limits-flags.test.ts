/** Flags that limit what a container may use: what is refused, what is warned of, and what `inspect` shows. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { blockDevice, hierarchies, placeOf } from "./cgroup-files.ts";
import { ID, IMAGE, ours, ready, useEngine } from "./harness.ts";

const MB = 1024 * 1024;

describe.skipIf(!ready)("limits", () => {
	const engine = useEngine("limits-flags");
	const hostConfig = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].HostConfig;
	/** Makes a container of these flags, and shows what it is. */
	const made = async (...flags: string[]) => {
		const { code, stdout, stderr } = await engine.run("create", ...flags, IMAGE, "true");
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		const shown = await hostConfig(stdout.trim());
		await engine.ok("rm", stdout.trim());
		return shown;
	};
	const device = blockDevice();

	// Where a container is not started podman knows nothing of the host; the sentences are ours.
	ours.each<[string[], string]>([
		[["-m", "1m"], "--memory 1m: minimum memory limit allowed is 6MB"],
		[["-m", "64m", "--memory-swap", "32m"], "--memory-swap 32m counts memory and swap: it must not be less than"],
		[["--memory-swap", "64m"], "--memory-swap 64m needs --memory beside it"],
		[["-m", "64m", "--memory-reservation", "65m"], "--memory-reservation 65m must not be more than --memory 64m"],
		[["--memory-reservation", "5m"], "minimum memory reservation allowed is 6MB"],
		[["-m", "64x"], "--memory 64x: a size as 64m or 1.5g is expected"],
		[["--kernel-memory", "x"], "--kernel-memory x: a size as 64m or 1.5g is expected"],
		[["--cpus", "4096"], "--cpus 4096: range of CPUs is from 0.01 to "],
		[["--cpus", "0.001"], "--cpus 0.001: range of CPUs is from 0.01 to "],
		[["--cpus", "1", "--cpu-quota", "50000"], "--cpus 1 and --cpu-quota 50000 cannot both be set"],
		[["--cpus", "1", "--cpu-period", "50000"], "--cpus 1 and --cpu-period 50000 cannot both be set"],
		[["--cpu-period", "999"], "--cpu-period 999: a period is from 1000 to 1000000 microseconds"],
		[["--cpu-quota", "999"], "--cpu-quota 999: 1000 microseconds is the least"],
		[["--cpu-shares", "1"], "--cpu-shares 1: invalid CPU shares: from 2 to 262144"],
		[["-c", "much"], 'invalid value "much" for -c: a whole number is expected'],
		[["--cpuset-cpus", "4095"], "--cpuset-cpus 4095: requested CPUs are not available: available are "],
		[["--cpuset-cpus", "first"], "--cpuset-cpus first: invalid format: numbers and ranges are expected"],
		[["--cpuset-mems", "1023"], "--cpuset-mems 1023: requested memory nodes are not available: available are "],
		[["--pids-limit", "some"], 'invalid value "some" for --pids-limit: a whole number is expected'],
		[["--device-read-bps", "/dev/null:1mb"], "--device-read-bps /dev/null:1mb: /dev/null is not a block device"],
		[["--device-write-bps", "/dev/nosuch:1"], "--device-write-bps /dev/nosuch:1: /dev/nosuch: no such device"],
		[["--device-read-iops", "sda:1"], "--device-read-iops sda:1: bad format: the path of a device begins with /dev/"],
		[["--device-write-iops", "/dev/sda"], "--device-write-iops /dev/sda: bad format: DEVICE:VALUE is expected"],
		[["--blkio-weight-device", "/dev/null:20"], "/dev/null is not a block device"],
		[["--device-cgroup-rule", "c 1:3"], "--device-cgroup-rule 'c 1:3': invalid format: 'TYPE MAJOR:MINOR ACCESS'"],
		[["--device-cgroup-rule", "c 99999999999:3 r"], "invalid format"],
		[["--hugetlb", "2MB"], "--hugetlb 2MB: PAGESIZE:LIMIT is expected, as 2MB:64m"],
		[["--hugetlb", "3MB:64m"], "--hugetlb 3m:64m: "],
		[["--cgroupns", "shared"], "--cgroupns shared: invalid CGROUP mode"],
	])("%j is refused by run and create, with 125 and nothing made", async (flags, message) => {
		for (const verb of ["run", "create"]) {
			const { code, stdout, stderr } = await engine.run(verb, ...flags, IMAGE, "true");
			expect({ code, stdout, lines: stderr.trimEnd().split("\n").length <= 2 }).toEqual({
				code: 125,
				stdout: "",
				lines: true,
			});
			expect(stderr).toContain(message);
		}
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	ours("--blkio-weight out of range is refused, where there are weights", async () => {
		const { code, stderr } = await engine.run("run", "--blkio-weight", "5", IMAGE, "true");
		if (stderr.includes("no I/O scheduler of this kernel has weights")) return engine.removeAll();
		expect([code, stderr]).toEqual([125, "bunker: --blkio-weight 5: range of blkio weight is from 10 to 1000\n"]);
	});

	ours("rates and weights of a device that are none are refused", async () => {
		for (const [flag, value, message] of [
			["--device-read-bps", "much", "invalid rate: a size as 512, 1kb or 1mb is expected"],
			["--device-read-iops", "1mb", "invalid rate: a number is expected"],
			["--blkio-weight-device", "5", "invalid weight: 10 to 1000 is expected"],
		] as const) {
			const { code, stderr } = await engine.run("create", flag, `${device}:${value}`, IMAGE, "true");
			expect(code).toBe(125);
			expect(stderr).toContain(message);
		}
	});

	test("memory, swap and reservation are shown in bytes; swap is twice the memory", async () => {
		expect(await made("-m", "64m", "--memory-reservation", "32m")).toMatchObject({
			Memory: 64 * MB,
			MemorySwap: 128 * MB,
			MemoryReservation: 32 * MB,
		});
		expect((await made("-m", "64m", "--memory-swap", "96m")).MemorySwap).toBe(96 * MB);
		expect((await made("-m", "64m", "--memory-swap=-1")).MemorySwap).toBe(-1);
	});

	test("--cpus is shown in billionths, a quota and a period as they are", async () => {
		expect(await made("--cpus", "0.5")).toMatchObject({ NanoCpus: 500_000_000 });
		expect(await made("--cpu-quota", "50000", "--cpu-period", "50000", "-c", "512")).toMatchObject({
			CpuQuota: 50_000,
			CpuPeriod: 50_000,
			CpuShares: 512,
		});
	});

	test("--cpuset-cpus and --cpuset-mems are shown as typed", async () => {
		expect(await made("--cpuset-cpus", "0", "--cpuset-mems", "0")).toMatchObject({ CpusetCpus: "0", CpusetMems: "0" });
	});

	ours("--pids-limit is shown as a number, none as null", async () => {
		expect((await made("--pids-limit", "20")).PidsLimit).toBe(20);
		for (const none of ["0", "-1"]) expect((await made("--pids-limit", none)).PidsLimit).toBeNull();
	});

	ours("devices are shown with their paths", async () => {
		expect(
			await made(
				...["--device-read-bps", `${device}:1mb`, "--device-write-bps", `${device}:2mb`],
				...["--device-read-iops", `${device}:3`, "--device-write-iops", `${device}:4`],
			),
		).toMatchObject({
			BlkioDeviceReadBps: [{ Path: device, Rate: MB }],
			BlkioDeviceWriteBps: [{ Path: device, Rate: 2 * MB }],
			BlkioDeviceReadIOps: [{ Path: device, Rate: 3 }],
			BlkioDeviceWriteIOps: [{ Path: device, Rate: 4 }],
		});
	});

	ours("--device-cgroup-rule, --cgroup-parent and --cgroupns are shown as typed", async () => {
		const rules = ["--device-cgroup-rule", "c 10:* rw", "--device-cgroup-rule", "a *:* m"];
		expect(await made(...rules, "--cgroup-parent", "jobs.slice", "--cgroupns", "host")).toMatchObject({
			DeviceCgroupRules: ["c 10:* rw", "a *:* m"],
			CgroupParent: "jobs.slice",
			CgroupnsMode: "host",
		});
	});

	ours("--hugetlb is shown in bytes, and nothing of it without", async () => {
		if (placeOf(process.pid, "hugetlb"))
			expect((await made("--hugetlb", "2MB:4m")).HugepageLimits).toEqual([{ PageSize: 2 * MB, Limit: 4 * MB }]);
		expect(await made()).not.toHaveProperty("HugepageLimits");
	});

	ours("a template shows what docker's shows", async () => {
		await engine.ok("create", "--name", "web", "-m", "64m", "--cpus", "1", "--pids-limit", "20", IMAGE, "true");
		const format = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{json .HostConfig.PidsLimit}}";
		expect(await engine.ok("inspect", "-f", format, "web")).toBe("67108864 1000000000 20");
		await engine.ok("rm", "web");
	});

	ours("--kernel-memory is accepted, dropped, and said to be", async () => {
		const { code, stdout, stderr } = await engine.run("create", "--kernel-memory", "64m", IMAGE, "true");
		expect(code).toBe(0);
		expect(stdout).toMatch(ID);
		expect(stderr).toBe("WARNING: --kernel-memory 64m is discarded, as docker does: use --memory\n");
		expect(await hostConfig(stdout.trim())).not.toHaveProperty("KernelMemory");
		await engine.removeAll();
	});

	ours("--oom-kill-disable without a limit, and on v2, is warned of on stderr; the program runs", async () => {
		const { code, stdout, stderr } = await engine.run("run", "--rm", "--oom-kill-disable", IMAGE, "echo", "hi");
		expect([code, stdout]).toEqual([0, "hi\n"]);
		const v1 = existsSync("/sys/fs/cgroup/memory/memory.oom_control");
		expect(stderr).toBe(
			v1
				? "WARNING: --oom-kill-disable without --memory: the container can take all of the host's memory\n"
				: "WARNING: --oom-kill-disable is discarded: cgroup v2 cannot switch the OOM killer off\n",
		);
	});

	ours("info tells which limits can be had here, and warns of those that cannot, in docker's words", async () => {
		const info = JSON.parse(await engine.ok("info", "-f", "json"));
		const here = (controller: string) => placeOf(process.pid, controller) !== undefined;
		const v1 = hierarchies().find(({ version }) => version === 1) !== undefined;
		expect(info).toMatchObject({
			MemoryLimit: here("memory"),
			OomKillDisable: placeOf(process.pid, "memory")?.version === 1,
			CpuCfsPeriod: here("cpu"),
			CpuCfsQuota: here("cpu"),
			CPUShares: here("cpu"),
			CPUSet: here("cpuset"),
			PidsLimit: here("pids"),
			CgroupDriver: "cgroupfs",
			CgroupVersion: v1 ? "1" : "2",
		});
		expect(info.Warnings.includes("WARNING: No memory limit support")).toBe(!here("memory"));
		expect(info.Warnings.includes("WARNING: No pids limit support")).toBe(!here("pids"));
		const { stdout, stderr } = await engine.run("info");
		expect(stdout).toMatch(/^Cgroup Driver: cgroupfs\nCgroup Version: (1|2|1 and 2)$/m);
		expect(stderr).toBe(`${info.Warnings.join("\n")}\n`);
	});

	ours("--explain names each file and value, and touches nothing", async () => {
		const { code, stdout } = await engine.run("run", "--explain", "-m", "64m", "--cpus", "0.5", IMAGE, "true");
		expect(code).toBe(0);
		const v1 = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
		const wanted = v1
			? ["write 67108864 to /sys/fs/cgroup/memory/bunker/ID/memory.limit_in_bytes", "write 50000 to "]
			: ["write 67108864 to /sys/fs/cgroup/bunker/ID/memory.max", "write 50000 100000 to "];
		for (const line of wanted) expect(stdout.replaceAll(/[0-9a-f]{64}/g, "ID")).toContain(line);
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});
});

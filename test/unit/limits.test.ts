/** Flags of resources → limits → the specification's resources, and what docker's rules make of them on hosts of several kinds. */

import { describe, expect, test } from "bun:test";
import { type Abilities, abilitiesOf } from "../../src/cgroup/abilities.ts";
import type { Hierarchy } from "../../src/cgroup/hierarchy.ts";
import { cgroupPath } from "../../src/container/cgroups.ts";
import { hostConfig } from "../../src/container/host-config.ts";
import { verify } from "../../src/container/limits.ts";
import type { Limits } from "../../src/container/options.ts";
import { resourcesOf } from "../../src/container/resources.ts";
import { parse } from "../../src/flags/grammar.ts";
import { discarded, readLimits } from "../../src/flags/resource-values.ts";
import { resourceFlags } from "../../src/flags/resources.ts";
import { parseBinarySize } from "../../src/size.ts";
import { runOptions } from "./run-options.ts";

const MB = 1024 * 1024;
const values = (...args: string[]) => parse("run", { flags: resourceFlags }, args).values;
const limits = (...args: string[]) => readLimits(values(...args));

/** A v1 host of four processors with everything. */
const v1: Abilities = {
	controllers: ["memory", "cpu", "cpuset", "blkio", "pids", "hugetlb"],
	swap: true,
	swappiness: true,
	oomKillDisable: true,
	realtime: true,
	weight: true,
	cpus: "0-3",
	mems: "0",
	pageSizes: [2 * MB],
	processors: 4,
};
const v2: Abilities = { ...v1, swappiness: false, oomKillDisable: false, realtime: false };

describe("values", () => {
	test.each<[string[], Limits]>([
		[[], {}],
		[["-m", "64m"], { memory: 64 * MB }],
		[["--memory=1.5g", "--memory-swap", "-1"], { memory: 1536 * MB, memorySwap: -1 }],
		[
			["--memory-swap", "2GiB", "--memory-reservation", "10485760"],
			{ memorySwap: 2048 * MB, memoryReservation: 10 * MB },
		],
		[["--memory-swappiness", "0"], { memorySwappiness: 0 }],
		[["--memory-swappiness", "-1"], {}],
		[["--oom-kill-disable"], { oomKillDisable: true }],
		[["--oom-kill-disable=false"], {}],
		[["--cpus", "1.5"], { nanoCpus: 1_500_000_000 }],
		[["--cpus", ".5"], { nanoCpus: 500_000_000 }],
		[["--cpus", "3/2"], { nanoCpus: 1_500_000_000 }],
		[["--cpus", "1e-9"], { nanoCpus: 1 }],
		[["--cpus", "-1"], { nanoCpus: -1_000_000_000 }],
		[["--cpus", "0"], {}],
		[["-c", "512"], { cpuShares: 512 }],
		[
			["--hugetlb", "2MB:64m", "--hugetlb", "1g:0"],
			{
				hugePages: [
					{ pageSize: 2 * MB, limit: 64 * MB },
					{ pageSize: 1024 * MB, limit: 0 },
				],
			},
		],
		[["--cpu-shares=0"], {}],
		[["--cpu-period", "50000", "--cpu-quota", "25000"], { cpuPeriod: 50_000, cpuQuota: 25_000 }],
		[
			["--cpu-rt-period", "1000000", "--cpu-rt-runtime", "1000"],
			{ cpuRealtimePeriod: 1_000_000, cpuRealtimeRuntime: 1000 },
		],
		[["--cpuset-cpus", "0-2,4", "--cpuset-mems", "0"], { cpusetCpus: "0-2,4", cpusetMems: "0" }],
		[["--cpuset-cpus", ""], {}],
		[["--pids-limit", "20"], { pidsLimit: 20 }],
		[["--blkio-weight", "300"], { blkioWeight: 300 }],
	])("%j", (args, expected) => {
		expect(limits(...args)).toEqual(expected);
	});

	test.each([
		[["-m", "many"], "--memory many: a size as 64m or 1.5g is expected"],
		[["-m", ""], "--memory : a size as 64m or 1.5g is expected"],
		[["-m", "-1"], "--memory -1: a size as 64m or 1.5g is expected"],
		[["--memory-swap", "-2"], "--memory-swap -2: a size as 64m or 1.5g is expected"],
		[["--memory-reservation", "1x"], "--memory-reservation 1x: a size as 64m or 1.5g is expected"],
		[["--cpus", "two"], "--cpus two: a number of CPUs as 0.5 or 2 is expected"],
		[["--cpus", ""], "--cpus : a number of CPUs as 0.5 or 2 is expected"],
		[["--cpus", "1/0"], "--cpus 1/0: a number of CPUs as 0.5 or 2 is expected"],
		[["--cpus", "1e-10"], "--cpus 1e-10: value is too precise: a billionth is the least"],
		[["--device-read-bps", "/dev/null"], "--device-read-bps /dev/null: bad format: DEVICE:VALUE is expected"],
		[["--device-read-bps", "sda:1mb"], "--device-read-bps sda:1mb: bad format: the path of a device begins with /dev/"],
		[["--device-write-bps", "/dev/nosuch:1mb"], "--device-write-bps /dev/nosuch:1mb: /dev/nosuch: no such device"],
		[["--device-read-iops", "/dev/null:1"], "--device-read-iops /dev/null:1: /dev/null is not a block device"],
		[["--blkio-weight-device", ":300"], "--blkio-weight-device :300: bad format: DEVICE:VALUE is expected"],
	])("%j is refused with 125", (args, message) => {
		expect(() => limits(...args)).toThrow(expect.objectContaining({ message, exitCode: 125 }));
	});

	test("--kernel-memory is discarded with a word, as its value has to be a size", () => {
		expect(discarded(values("--kernel-memory", "64m"))).toEqual([
			"--kernel-memory 64m is discarded, as docker does: use --memory",
		]);
		expect(discarded(values())).toEqual([]);
		expect(() => discarded(values("--kernel-memory", "x"))).toThrow("--kernel-memory x: a size");
	});

	test("sizes are go-units': one letter, and then b or ib", () => {
		expect(["64m", "64MB", "64MiB", "64 m", ".5k", "1.", "7b"].map(parseBinarySize)).toEqual([
			64 * MB,
			64 * MB,
			64 * MB,
			64 * MB,
			512,
			1,
			7,
		]);
		expect(["64mi", "64ib", "m", "", "-1", "1e3m", "1..5"].map(parseBinarySize)).toEqual(Array(7).fill(undefined));
	});
});

describe("rules", () => {
	test("swap is as much again as memory, unless it was said", () => {
		expect(verify({ memory: 64 * MB }, v1).limits).toEqual({ memory: 64 * MB, memorySwap: 128 * MB });
		expect(verify({ memory: 64 * MB, memorySwap: 64 * MB }, v1).limits.memorySwap).toBe(64 * MB);
		expect(verify({ memory: 64 * MB, memorySwap: -1 }, v1).limits.memorySwap).toBe(-1);
		expect(verify({ memorySwap: -1 }, v1).limits).toEqual({ memorySwap: -1 });
	});

	test("no limit on processes is none", () => {
		expect(verify({ pidsLimit: -1 }, v1).limits).toEqual({});
		expect(verify({ pidsLimit: 20 }, v1).limits).toEqual({ pidsLimit: 20 });
	});

	test.each<[Limits, string]>([
		[{ memory: 5 * MB }, "--memory 5m: minimum memory limit allowed is 6MB"],
		[{ memoryReservation: MB }, "--memory-reservation 1m: minimum memory reservation allowed is 6MB"],
		[
			{ memory: 64 * MB, memorySwap: 32 * MB },
			"--memory-swap 32m counts memory and swap: it must not be less than --memory 64m",
		],
		[{ memorySwap: 64 * MB }, "--memory-swap 64m needs --memory beside it"],
		[{ memory: 64 * MB, memoryReservation: 1024 * MB }, "--memory-reservation 1g must not be more than --memory 64m"],
		[{ memorySwappiness: 101 }, "--memory-swappiness 101: valid memory swappiness range is 0-100"],
		[{ memorySwappiness: -2 }, "--memory-swappiness -2: valid memory swappiness range is 0-100"],
		[{ nanoCpus: 1e9, cpuPeriod: 1000 }, "--cpus 1 and --cpu-period 1000 cannot both be set"],
		[{ nanoCpus: 1e9, cpuQuota: 1000 }, "--cpus 1 and --cpu-quota 1000 cannot both be set"],
		[{ nanoCpus: 5e9 }, "--cpus 5: range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"],
		[{ nanoCpus: -1e9 }, "--cpus -1: range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"],
		[{ nanoCpus: 1e6 }, "--cpus 0.001: range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"],
		[{ cpuPeriod: 999 }, "--cpu-period 999: a period is from 1000 to 1000000 microseconds"],
		[{ cpuPeriod: 1_000_001 }, "--cpu-period 1000001: a period is from 1000 to 1000000 microseconds"],
		[{ cpuQuota: 999 }, "--cpu-quota 999: 1000 microseconds is the least"],
		[{ cpuShares: 1 }, "--cpu-shares 1: invalid CPU shares: from 2 to 262144"],
		[{ cpuShares: -1 }, "--cpu-shares -1: invalid CPU shares: from 2 to 262144"],
		[{ cpuRealtimePeriod: 10, cpuRealtimeRuntime: 20 }, "--cpu-rt-runtime 20 must not be more than --cpu-rt-period 10"],
		[{ cpusetCpus: "0-4" }, "--cpuset-cpus 0-4: requested CPUs are not available: available are 0-3"],
		[{ cpusetMems: "1" }, "--cpuset-mems 1: requested memory nodes are not available: available are 0"],
		[{ cpusetCpus: "3-1" }, "--cpuset-cpus 3-1: invalid format: numbers and ranges are expected, as 0-2,4"],
		[{ cpusetCpus: "0,,1" }, "--cpuset-cpus 0,,1: invalid format: numbers and ranges are expected, as 0-2,4"],
		[{ cpusetCpus: "all" }, "--cpuset-cpus all: invalid format: numbers and ranges are expected, as 0-2,4"],
		[{ blkioWeight: 9 }, "--blkio-weight 9: range of blkio weight is from 10 to 1000"],
		[{ blkioWeight: 1001 }, "--blkio-weight 1001: range of blkio weight is from 10 to 1000"],
	])("%j is refused with 125", (asked, message) => {
		expect(() => verify(asked, v1)).toThrow(expect.objectContaining({ message, exitCode: 125 }));
	});

	test("CPUs in any order and twice are a set", () => {
		expect(verify({ cpusetCpus: "3,2-3,0,0-1" }, v1).limits.cpusetCpus).toBe("3,2-3,0,0-1");
		expect(() => verify({ cpusetMems: "1-999999999" }, v1)).toThrow("available are 0");
	});

	test.each<[Limits, string]>([
		[{ memory: 64 * MB }, "--memory 64m: no cgroup hierarchy of this host has the memory controller"],
		[{ nanoCpus: 1e9 }, "--cpus 1: no cgroup hierarchy of this host has the cpu controller"],
		[{ cpusetCpus: "0" }, "--cpuset-cpus 0: no cgroup hierarchy of this host has the cpuset controller"],
		[{ pidsLimit: 5 }, "--pids-limit 5: no cgroup hierarchy of this host has the pids controller"],
		[
			{ blkioDeviceReadBps: [{ path: "/dev/x", rate: 1 }] },
			"--device-read-bps /dev/x:1: no cgroup hierarchy of this host has the blkio controller",
		],
	])("%j where the controller is missing is refused by its name", (asked, message) => {
		expect(() => verify(asked, { ...v1, controllers: [] })).toThrow(message);
	});

	test("no limit on processes needs no controller", () => {
		expect(verify({ pidsLimit: -1 }, { ...v1, controllers: [] }).limits).toEqual({});
	});

	test("what the controllers of v2 do not know is discarded with a word", () => {
		const asked = { memory: 64 * MB, memorySwappiness: 5, oomKillDisable: true };
		expect(verify(asked, v2)).toEqual({
			limits: { memory: 64 * MB, memorySwap: 128 * MB },
			warnings: [
				"--memory-swappiness 5 is discarded: cgroup v2 has no swappiness",
				"--oom-kill-disable is discarded: cgroup v2 cannot switch the OOM killer off",
			],
		});
		expect(() => verify({ cpuRealtimeRuntime: 1000 }, v2)).toThrow(
			"--cpu-rt-runtime 1000: the cpu controller of this host does not support the real-time scheduler",
		);
	});

	test("without weights, and without swap that is counted, there is a word too", () => {
		const host = { ...v1, weight: false, swap: false };
		const weights = [{ path: "/dev/x", weight: 20 }];
		expect(verify({ blkioWeight: 20, blkioWeightDevice: weights, memory: 64 * MB }, host)).toEqual({
			limits: { memory: 64 * MB, memorySwap: -1 },
			warnings: [
				"--blkio-weight 20 is discarded: no I/O scheduler of this kernel has weights",
				"--blkio-weight-device /dev/x:20 is discarded: no I/O scheduler of this kernel has weights",
				"--memory 64m is without swap: this kernel does not count swap",
			],
		});
		expect(verify({ memory: 64 * MB, memorySwap: 96 * MB }, host).warnings).toEqual([
			"--memory 64m is without swap, --memory-swap 96m is discarded: this kernel does not count swap",
		]);
		expect(verify({ memory: 64 * MB, memorySwap: -1 }, host).warnings).toEqual([]);
	});

	test("--oom-kill-disable without a limit is warned of", () => {
		expect(verify({ oomKillDisable: true }, v1).warnings).toEqual([
			"--oom-kill-disable without --memory: the container can take all of the host's memory",
		]);
		expect(verify({ oomKillDisable: true, memory: 64 * MB }, v1).warnings).toEqual([]);
	});
});

describe("an update", () => {
	const stored: Limits = { memory: 64 * MB, memorySwap: 128 * MB, cpuShares: 512 };

	test("keeps what it does not change", () => {
		expect(verify({ nanoCpus: 1e9 }, v1, stored).limits).toEqual({ ...stored, nanoCpus: 1e9 });
		expect(verify({ memory: 32 * MB }, v1, stored).limits).toEqual({ ...stored, memory: 32 * MB });
	});

	test("of memory to more than memory and swap needs both", () => {
		expect(() => verify({ memory: 200 * MB }, v1, stored)).toThrow(
			"--memory 200m is more than the limit on memory and swap that is set, 128m: update --memory-swap at the same time",
		);
		expect(verify({ memory: 200 * MB, memorySwap: -1 }, v1, stored).limits.memorySwap).toBe(-1);
		expect(verify({ memory: 200 * MB }, v1, { ...stored, memorySwap: -1 }).limits.memorySwap).toBe(-1);
	});

	test("of memory where there was no limit gives as much swap, as run does", () => {
		expect(verify({ memory: 200 * MB }, v1, {}).limits).toEqual({ memory: 200 * MB, memorySwap: 400 * MB });
	});

	test("of swap alone is checked against the memory that is stored", () => {
		expect(() => verify({ memorySwap: 32 * MB }, v1, stored)).toThrow("must not be less than --memory 64m");
		expect(() => verify({ memorySwap: 32 * MB }, v1, {})).toThrow("--memory-swap 32m needs --memory");
	});

	test("of --cpus conflicts with a period or quota that is stored, and the other way round", () => {
		expect(() => verify({ nanoCpus: 1e9 }, v1, { cpuQuota: 50_000 })).toThrow("--cpu-quota 50000 cannot both be set");
		expect(() => verify({ cpuPeriod: 50_000 }, v1, { nanoCpus: 1e9 })).toThrow("--cpus 1 and --cpu-period 50000");
	});

	test("takes a limit on processes away: docker shows 0 then", () => {
		expect(verify({ pidsLimit: -1 }, v1, { pidsLimit: 20 }).limits).toEqual({ pidsLimit: 0 });
	});

	test("does not repeat a warning about what is stored", () => {
		expect(verify({ cpuShares: 2 }, v1, { oomKillDisable: true }).warnings).toEqual([]);
		expect(verify({ cpuShares: 2 }, { ...v1, swap: false }, { memory: 64 * MB, memorySwap: -1 }).warnings).toEqual([]);
	});
});

describe("the specification's resources", () => {
	const numbers = (path: string) => ({ major: 8, minor: Number(path.slice(-1)) });

	test("nothing asked, nothing said", () => {
		expect(resourcesOf({}, numbers)).toBeUndefined();
	});

	test("everything asked", () => {
		const asked: Limits = {
			memory: 64 * MB,
			memorySwap: -1,
			memoryReservation: 32 * MB,
			memorySwappiness: 0,
			oomKillDisable: true,
			cpuShares: 512,
			cpuPeriod: 50_000,
			cpuQuota: -5,
			cpuRealtimePeriod: 1000,
			cpuRealtimeRuntime: 500,
			cpusetCpus: "0",
			cpusetMems: "0",
			pidsLimit: 20,
			blkioWeight: 300,
			blkioWeightDevice: [
				{ path: "/dev/d1", weight: 20 },
				{ path: "/dev/d2", weight: 0 },
			],
			blkioDeviceReadBps: [{ path: "/dev/d1", rate: 1 }],
			blkioDeviceWriteBps: [{ path: "/dev/d2", rate: 2 }],
			blkioDeviceReadIOps: [{ path: "/dev/d3", rate: 3 }],
			blkioDeviceWriteIOps: [{ path: "/dev/d4", rate: 0 }],
		};
		expect(resourcesOf({ limits: asked }, numbers)).toEqual({
			memory: { limit: 64 * MB, swap: -1, reservation: 32 * MB, swappiness: 0, disableOOMKiller: true },
			cpu: {
				shares: 512,
				period: 50_000,
				quota: -1,
				realtimePeriod: 1000,
				realtimeRuntime: 500,
				cpus: "0",
				mems: "0",
			},
			pids: { limit: 20 },
			blockIO: {
				weight: 300,
				weightDevice: [{ major: 8, minor: 1, weight: 20 }],
				throttleReadBpsDevice: [{ major: 8, minor: 1, rate: 1 }],
				throttleWriteBpsDevice: [{ major: 8, minor: 2, rate: 2 }],
				throttleReadIOPSDevice: [{ major: 8, minor: 3, rate: 3 }],
			},
		});
	});

	test("--cpus is a quota of a tenth of a second", () => {
		expect(resourcesOf({ limits: { nanoCpus: 1_500_000_000 } }, numbers)).toEqual({
			cpu: { quota: 150_000, period: 100_000 },
		});
	});

	test("no limit on processes is -1", () => {
		expect(resourcesOf({ limits: { pidsLimit: 0 } }, numbers)).toEqual({ pids: { limit: -1 } });
	});
});

describe("HostConfig", () => {
	const shown = (change: Parameters<typeof runOptions>[0], oomKillDisable = true) =>
		hostConfig(runOptions(change), { oomKillDisable }) as Record<string, unknown>;

	test("of a container without limits is docker's", () => {
		expect(shown({})).toMatchObject({
			CpuShares: 0,
			Memory: 0,
			NanoCpus: 0,
			CgroupParent: "",
			BlkioWeight: 0,
			BlkioWeightDevice: [],
			CpuPeriod: 0,
			CpusetCpus: "",
			DeviceCgroupRules: null,
			MemorySwap: 0,
			MemorySwappiness: null,
			OomKillDisable: false,
			PidsLimit: null,
		});
		expect(shown({}, false).OomKillDisable).toBeNull();
	});

	test("shows what was asked for as docker does", () => {
		const limits: Limits = {
			nanoCpus: 5e8,
			memorySwappiness: 0,
			pidsLimit: 0,
			oomKillDisable: true,
			blkioWeightDevice: [{ path: "/dev/sda", weight: 20 }],
			blkioDeviceWriteIOps: [{ path: "/dev/sda", rate: 7 }],
		};
		expect(shown({ limits, cgroupParent: "../x", deviceRules: ["c 1:3 r"] })).toMatchObject({
			NanoCpus: 500_000_000,
			CpuQuota: 0,
			CgroupParent: "../x",
			BlkioWeightDevice: [{ Path: "/dev/sda", Weight: 20 }],
			BlkioDeviceWriteIOps: [{ Path: "/dev/sda", Rate: 7 }],
			DeviceCgroupRules: ["c 1:3 r"],
			MemorySwappiness: 0,
			OomKillDisable: true,
			PidsLimit: 0,
		});
	});
});

test.each([
	[undefined, "/bunker/ID"],
	["", "/bunker/ID"],
	["/a/b", "/a/b/ID"],
	["a//b/./c/", "/a/b/c/ID"],
	["foo.slice", "/foo.slice/ID"],
	["../../..", "/ID"],
	["/a/../../b", "/b/ID"],
])("--cgroup-parent %j leads to %s", (parent, path) => {
	expect(cgroupPath("ID", parent)).toBe(path);
});

describe("abilities", () => {
	const hierarchy = (version: 1 | 2, mount: string, ...controllers: string[]): Hierarchy => ({
		version,
		controllers,
		mount,
		own: "/",
	});
	const host = (files: Record<string, string>) => ({
		exists: (path: string) => Object.hasOwn(files, path),
		read: (path: string) => files[path] ?? "",
		list: (path: string) => [
			...new Set(
				Object.keys(files)
					.filter((file) => file.startsWith(`${path}/`))
					.map((file) => file.slice(path.length + 1).split("/")[0] as string),
			),
		],
	});

	test("of v1 hierarchies are what their roots hold; v2 fills the gaps", () => {
		const hierarchies = [
			hierarchy(1, "/c/memory", "memory"),
			hierarchy(1, "/c/cpu", "cpu", "cpuacct"),
			hierarchy(1, "/c/cpuset", "cpuset"),
			hierarchy(2, "/c/unified", "pids"),
		];
		const files = {
			"/c/memory/memory.memsw.limit_in_bytes": "",
			"/c/memory/memory.swappiness": "",
			"/c/memory/memory.oom_control": "",
			"/c/cpuset/cpuset.effective_cpus": "0-1,4",
			"/c/cpuset/cpuset.cpus": "0-7",
			"/c/cpuset/cpuset.mems": "0",
			"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "0",
			"/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "0",
			"/proc/self/status": "Name:\tx\nCpus_allowed_list:\t0-1,4\n",
		};
		expect(abilitiesOf(hierarchies, host(files))).toEqual({
			controllers: ["memory", "cpu", "cpuset", "pids"],
			swap: true,
			swappiness: true,
			oomKillDisable: true,
			realtime: false,
			weight: false,
			cpus: "0-1,4",
			mems: "0",
			pageSizes: [2 * MB, 1024 * MB],
			processors: 3,
		});
	});

	test("of v2 are what a cgroup below the root holds", () => {
		const hierarchies = [hierarchy(2, "/c", "memory", "cpu", "cpuset", "io", "pids")];
		const files = {
			"/c/cgroup.procs": "",
			"/c/cpuset.cpus.effective": "0-1",
			"/c/cpuset.mems.effective": "0",
			"/c/bunker/memory.max": "max",
			"/c/bunker/memory.swap.max": "max",
			"/c/bunker/io.max": "",
			"/proc/self/status": "Cpus_allowed_list:\t1\n",
		};
		const found = abilitiesOf(hierarchies, host(files));
		expect(found).toMatchObject({ swap: true, swappiness: false, oomKillDisable: false, weight: false, processors: 1 });
		expect(found.controllers).toEqual(["memory", "cpu", "cpuset", "blkio", "pids"]);
		expect(abilitiesOf(hierarchies, host({ ...files, "/c/bunker/io.weight": "" })).weight).toBe(true);
		expect(abilitiesOf(hierarchies, host({ "/c/bunker/memory.max": "" })).swap).toBe(false);
	});

	test("of v2 without any cgroup below the root are the kernel's usual ones", () => {
		const hierarchies = [hierarchy(2, "/c", "memory", "io")];
		expect(abilitiesOf(hierarchies, host({ "/proc/swaps": "" }))).toMatchObject({ swap: true, weight: true });
		expect(abilitiesOf(hierarchies, host({}))).toMatchObject({ swap: false, weight: true });
	});

	test("BFQ's weights of v1 are seen by what its root counts", () => {
		const hierarchies = [hierarchy(1, "/c/blkio", "blkio")];
		expect(abilitiesOf(hierarchies, host({ "/c/blkio/blkio.bfq.io_serviced": "" })).weight).toBe(true);
	});
});

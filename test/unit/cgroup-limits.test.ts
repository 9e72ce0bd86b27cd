/**
 * Which limit goes to which file, on every kind of host. The lists are on file
 * (BUNKER_GOLDEN=write writes them), the rules that make them are tested below.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { LimitFacts } from "../../src/cgroup/limit-list.ts";
import { limitWrites } from "../../src/cgroup/limits.ts";
import { costWeightOf } from "../../src/cgroup/limits-block.ts";
import { weightOf } from "../../src/cgroup/limits-cpu.ts";
import type { Failure } from "../../src/failure.ts";
import type { Resources } from "../../src/runtime/runtime.ts";
import { groupsOn, type HOSTS, kernel } from "./cgroup-hosts.ts";

const MIB = 2 ** 20;
const EVERYTHING: Resources = {
	memory: { limit: 64 * MIB, reservation: 32 * MIB, swap: 128 * MIB, swappiness: 10, disableOOMKiller: true },
	cpu: { shares: 512, quota: 50_000, period: 200_000, cpus: "0-1,6", mems: "0" },
	pids: { limit: 20 },
	blockIO: {
		weight: 300,
		weightDevice: [{ major: 8, minor: 0, weight: 500 }],
		throttleReadBpsDevice: [{ major: 8, minor: 0, rate: MIB }],
		throttleWriteBpsDevice: [{ major: 8, minor: 16, rate: 2 * MIB }],
		throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 100 }],
		throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 50 }],
	},
	hugepageLimits: [{ pageSize: "2MB", limit: 4 * MIB }],
};
/** What has a place on cgroup v1 only. */
const REALTIME: Resources = { cpu: { realtimeRuntime: 5000, realtimePeriod: 500_000 } };

type Host = keyof typeof HOSTS;

function text(host: Host, resources: Resources, facts: LimitFacts = kernel(), path?: string): string {
	const { writes, warnings } = limitWrites(resources, groupsOn(host, path), facts);
	return [
		...writes.map(({ what, file, value }) => `${what}\n\t${file} ← ${value}\n`),
		...warnings.map((warning) => `warning: ${warning}\n`),
	].join("");
}

const without = ({ hugepageLimits: _, ...rest }: Resources): Resources => rest;

const LISTS: Record<string, string> = {
	"limits-v1": text("v1", { ...EVERYTHING, cpu: { ...EVERYTHING.cpu, ...REALTIME.cpu } }),
	"limits-v1-comounted": text("comounted", EVERYTHING),
	"limits-v2": text("v2", EVERYTHING),
	"limits-hybrid": text("hybrid", EVERYTHING),
	"limits-hugetlb-alone-on-v2": text("hugetlbAlone", EVERYTHING),
	"limits-nested": text("nested", EVERYTHING, kernel(["io.bfq.weight"]), "/init/bunker/c"),
	"limits-missing-controllers": text("missing", without(EVERYTHING)),
	"limits-old-kernel-v1": text(
		"v1",
		EVERYTHING,
		kernel([
			"memory.memsw.limit_in_bytes",
			"blkio.bfq.weight",
			"blkio.bfq.weight_device",
			"hugetlb.2MB.rsvd.limit_in_bytes",
		]),
	),
	"limits-bare-kernel-v2": text("v2", EVERYTHING, kernel(["memory.swap.max", "io.bfq.weight", "io.weight"])),
};

for (const [name, list] of Object.entries(LISTS))
	test(`the writes of ${name} are those on file`, () => {
		const path = `test/unit/golden/${name}.txt`;
		if (process.env.BUNKER_GOLDEN === "write") writeFileSync(path, list);
		expect(list).toBe(readFileSync(path, "utf8"));
	});

/** `file=value` of each write, in order. */
function written(host: Host, resources: Resources, facts = kernel()): string[] {
	return limitWrites(resources, groupsOn(host), facts).writes.map(
		({ file, value }) => `${file.slice(file.lastIndexOf("/") + 1)}=${value}`,
	);
}

function refusal(host: Host, resources: Resources, facts = kernel()): string {
	try {
		limitWrites(resources, groupsOn(host), facts);
	} catch (error) {
		expect((error as Failure).exitCode).toBe(125);
		return (error as Error).message;
	}
	throw new Error("nothing was refused");
}

describe("memory", () => {
	const memory = (memory: NonNullable<Resources["memory"]>) => ({ memory });
	const now = (limit: number, swap: number) =>
		kernel([], { "memory.limit_in_bytes": `${limit}\n`, "memory.memsw.limit_in_bytes": `${swap}\n` });
	const UNLIMITED = 2 ** 63;

	test("a new v1 cgroup gets the memory limit before that of memory and swap", () =>
		expect(written("v1", memory({ limit: 64, swap: 128 }))).toEqual([
			"memory.limit_in_bytes=64",
			"memory.memsw.limit_in_bytes=128",
		]));
	test("with unlimited swap, swap goes first", () =>
		expect(written("v1", memory({ limit: 64, swap: -1 }))).toEqual([
			"memory.memsw.limit_in_bytes=-1",
			"memory.limit_in_bytes=64",
		]));
	test("no order of an update lets memory exceed memory and swap at any moment", () => {
		const values = [10, 20, 30, 40, UNLIMITED];
		for (const limit of values)
			for (const swap of values.filter((one) => one >= limit))
				for (const newLimit of values)
					for (const newSwap of values.filter((one) => one >= newLimit)) {
						const state: Record<string, number> = { limit, memsw: swap };
						for (const line of written("v1", memory({ limit: newLimit, swap: newSwap }), now(limit, swap))) {
							const [file = "", value] = line.split("=");
							state[file.includes("memsw") ? "memsw" : "limit"] = Number(value);
							expect([limit, swap, newLimit, newSwap, (state.limit as number) <= (state.memsw as number)]).toEqual([
								limit,
								swap,
								newLimit,
								newSwap,
								true,
							]);
						}
					}
	});
	test("lifting the memory limit lifts swap's, too, before it", () => {
		expect(written("v1", memory({ limit: -1 }), now(64, 128))).toEqual([
			"memory.memsw.limit_in_bytes=-1",
			"memory.limit_in_bytes=-1",
		]);
		expect(written("v1", memory({ limit: -1 }), kernel(["memory.memsw.limit_in_bytes"]))).toEqual([
			"memory.limit_in_bytes=-1",
		]);
		expect(written("v2", memory({ limit: -1 }))).toEqual(["memory.swap.max=max", "memory.max=max"]);
	});
	test("on v2 swap is what memory and swap have more than memory", () => {
		expect(written("v2", memory({ limit: 64, swap: 128 }))).toEqual(["memory.swap.max=64", "memory.max=64"]);
		expect(written("v2", memory({ limit: 64, swap: 64 }))).toEqual(["memory.swap.max=0", "memory.max=64"]);
		expect(written("v2", memory({ limit: 64, swap: -1 }))).toEqual(["memory.swap.max=max", "memory.max=64"]);
		expect(written("v2", memory({ limit: 64 }))).toEqual(["memory.max=64"]);
	});
	test("on v2 an update of swap alone goes by the memory limit of now", () => {
		expect(written("v2", memory({ swap: 100 }), kernel([], { "memory.max": "64\n" }))).toEqual(["memory.swap.max=36"]);
		expect(written("v2", memory({ swap: 100 }), kernel([], { "memory.max": "max\n" }))).toEqual([
			"memory.swap.max=100",
		]);
		expect(refusal("v2", memory({ swap: 10 }), kernel([], { "memory.max": "64\n" }))).toBe(
			"set the limit of memory and swap to 10 bytes: it is less than the memory limit, 64 bytes",
		);
		expect(refusal("v2", memory({ swap: 10 * MIB }))).toBe(
			"set the limit of memory and swap to 10 MiB: it needs a memory limit",
		);
	});
	test("swap below memory is refused", () =>
		expect(refusal("v1", memory({ limit: 2 * MIB, swap: MIB }))).toBe(
			"set the limit of memory and swap to 1 MiB: it is less than the memory limit, 2 MiB",
		));
	test("a reservation of none protects nothing on v2", () =>
		expect(written("v2", memory({ reservation: -1 }))).toEqual(["memory.low=0"]));
	test("without swap accounting, no or unlimited swap loses nothing and warns of nothing", () => {
		const bare = kernel(["memory.swap.max", "memory.memsw.limit_in_bytes"]);
		for (const host of ["v1", "v2"] as const)
			expect(limitWrites(memory({ limit: 64, swap: -1 }), groupsOn(host), bare).warnings).toEqual([]);
	});
	test("without its controller, the limit is dropped with one warning, as docker does", () =>
		expect(limitWrites(memory({ limit: 64, swap: 128 }), groupsOn("missing"), kernel()).warnings).toEqual([
			"did not set the memory limit to 64 bytes: this host has no memory controller",
		]));
});

describe("CPU time", () => {
	test("shares become weights along runc's curve: the least, the usual and the most stay such", () => {
		// github.com/opencontainers/cgroups, utils_test.go
		const pairs = [
			[2, 1],
			[3, 2],
			[102, 17],
			[512, 59],
			[1024, 100],
			[2048, 174],
			[10_000, 627],
			[262_143, 10_000],
			[262_144, 10_000],
			[0, 1],
			[1_000_000, 10_000],
		];
		for (const [shares, weight] of pairs) expect([shares, weightOf(shares as number)]).toEqual([shares, weight]);
	});
	test("shares that the kernel would bend are refused on v1", () => {
		expect(refusal("v1", { cpu: { shares: 1 } })).toBe("set the CPU shares to 1: the least is 2");
		expect(refusal("v1", { cpu: { shares: 300_000 } })).toBe("set the CPU shares to 300000: the most is 262144");
		expect(written("v2", { cpu: { shares: 1 } })).toEqual(["cpu.weight=1"]);
	});
	test("no share in between is more than both the old and the new one", () => {
		for (const [period, newPeriod] of [
			[100_000, 50_000],
			[50_000, 100_000],
			[100_000, 100_000],
		] as const)
			for (const [quota, newQuota] of [
				[20_000, 40_000],
				[40_000, 20_000],
			] as const) {
				const state: Record<string, number> = { "cpu.cfs_quota_us": quota, "cpu.cfs_period_us": period };
				const most = Math.max(quota / period, newQuota / newPeriod);
				const facts = kernel([], { "cpu.cfs_period_us": `${period}\n`, "cpu.cfs_quota_us": `${quota}\n` });
				for (const line of written("v1", { cpu: { quota: newQuota, period: newPeriod } }, facts)) {
					const [file = "", value] = line.split("=");
					state[file] = Number(value);
					expect((state["cpu.cfs_quota_us"] as number) / (state["cpu.cfs_period_us"] as number)).toBeLessThanOrEqual(
						most,
					);
				}
			}
	});
	test("a new cgroup gets a shorter period after the quota, a longer one before", () => {
		expect(written("v1", { cpu: { quota: 5000, period: 10_000 } })).toEqual([
			"cpu.cfs_quota_us=5000",
			"cpu.cfs_period_us=10000",
		]);
		expect(written("v1", { cpu: { quota: 5000, period: 200_000 } })).toEqual([
			"cpu.cfs_period_us=200000",
			"cpu.cfs_quota_us=5000",
		]);
	});
	test("on v2 a quota keeps the period, and a period the quota", () => {
		expect(written("v2", { cpu: { quota: 5000 } })).toEqual(["cpu.max=5000"]);
		expect(written("v2", { cpu: { quota: -1 } })).toEqual(["cpu.max=max"]);
		expect(written("v2", { cpu: { period: 5000 } })).toEqual(["cpu.max=max 5000"]);
		expect(written("v2", { cpu: { period: 5000 } }, kernel([], { "cpu.max": "700 100000\n" }))).toEqual([
			"cpu.max=700 5000",
		]);
	});
	test("real-time limits are an error where there are none: on v2, and in kernels without them", () => {
		expect(refusal("v2", REALTIME)).toBe("set the real-time quota to 5000 us: cgroup v2 has no such setting");
		expect(refusal("v1", REALTIME, kernel(["cpu.rt_runtime_us"]))).toBe(
			"set the real-time quota to 5000 us: this kernel's cgroups have no cpu.rt_runtime_us",
		);
	});
	test("a quota is an error where there is no controller for it", () =>
		expect(refusal("none", { cpu: { quota: 5000 } })).toBe(
			"set the CPU quota to 5000 us: this host has no cpu controller",
		));
});

describe("CPUs", () => {
	const cpus = (cpus: string) => ({ cpu: { cpus } });
	test("what the parent may not use is refused, on both versions", () => {
		for (const host of ["v1", "v2"] as const) {
			expect(refusal(host, cpus("4"))).toBe("set the CPUs to 4: 0-3,6 is what there is");
			expect(refusal(host, cpus("2-6"))).toBe("set the CPUs to 2-6: 0-3,6 is what there is");
			expect(written(host, cpus("1-3,6"))).toEqual(["cpuset.cpus=1-3,6"]);
			expect(refusal(host, { cpu: { mems: "1" } })).toBe("set the memory nodes to 1: 0 is what there is");
		}
	});
	test("what is no list of numbers is refused", () => {
		for (const wrong of ["a", "1-", "3-1", "1,,2", "-1"])
			expect(refusal("v1", cpus(wrong))).toBe(
				`set the CPUs to ${wrong}: it is not a list of numbers and ranges, as in 0-2,4`,
			);
	});
	test("without the controller they are dropped with a warning, as docker does", () =>
		expect(limitWrites(cpus("0"), groupsOn("missing"), kernel()).warnings).toEqual([
			"did not set the CPUs to 0: this host has no cpuset controller",
		]));
});

describe("processes", () => {
	test("none and less is no limit", () => {
		for (const limit of [0, -1]) expect(written("v2", { pids: { limit } })).toEqual(["pids.max=max"]);
	});
	test("no limit needs no controller", () =>
		expect(limitWrites({ pids: { limit: -1 } }, [], kernel())).toEqual({ writes: [], warnings: [] }));
});

describe("block devices", () => {
	test("BFQ's weights are docker's, the cost model's go from 1 to 10000", () => {
		expect([10, 500, 1000].map(costWeightOf)).toEqual([1, 4950, 10_000]);
		expect(written("v2", { blockIO: { weight: 500 } })).toEqual(["io.bfq.weight=500"]);
		expect(written("v2", { blockIO: { weight: 500 } }, kernel(["io.bfq.weight"]))).toEqual(["io.weight=4950"]);
	});
	test("a rate of 0 removes it", () => {
		const blockIO = { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 0 }] };
		expect(written("v1", { blockIO })).toEqual(["blkio.throttle.read_bps_device=8:0 0"]);
		expect(written("v2", { blockIO })).toEqual(["io.max=8:0 rbps=max"]);
	});
});

describe("huge pages", () => {
	const limit = { hugepageLimits: [{ pageSize: "3MB", limit: MIB }] };
	test("a size that the kernel has not is an error", () =>
		expect(refusal("v1", limit, kernel(["hugetlb.3MB.limit_in_bytes"]))).toBe(
			"set the limit on huge pages of 3MB to 1 MiB: this kernel's cgroups have no hugetlb.3MB.limit_in_bytes",
		));
	test("without the controller it is an error", () =>
		expect(refusal("missing", limit)).toBe(
			"set the limit on huge pages of 3MB to 1 MiB: this host has no hugetlb controller",
		));
});

test("nothing asked for writes nothing and asks the kernel nothing", () => {
	const never = (): never => {
		throw new Error("asked");
	};
	const facts = { exists: never, available: never, current: never };
	for (const resources of [{}, { memory: {}, cpu: {}, blockIO: {}, hugepageLimits: [] }])
		expect(limitWrites(resources, groupsOn("v2"), facts)).toEqual({ writes: [], warnings: [] });
});

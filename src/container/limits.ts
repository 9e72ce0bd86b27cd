/**
 * Which limits can be: docker's rules (moby, daemon/daemon_unix.go,
 * verifyPlatformContainerResources; runconfig/hostconfig_unix.go), applied to
 * what this host has. Where a controller lacks a feature the limit is discarded
 * with a warning, as docker does; where the controller itself is missing, that
 * is an error: nobody should believe in a limit that is not there. Pure but for
 * `checkLimits`.
 */

import { type Abilities, abilities, covers, parseSet } from "../cgroup/cgroup.ts";
import { EXIT, Failure } from "../failure.ts";
import type { HugePageOption, Limits, RateOption, WeightOption } from "./options.ts";

/** Bytes: docker wants as much for a container to start in. */
const LEAST_MEMORY = 6 * 1024 * 1024;
/** The kernel's least quota is a millisecond, of docker's period of a tenth of a second. */
const LEAST_CPUS = 10_000_000;

/** The flag of each limit, and the controller that holds it. */
const FLAGS: { [Name in keyof Required<Limits>]: [flag: string, controller: string] } = {
	memory: ["--memory", "memory"],
	memoryReservation: ["--memory-reservation", "memory"],
	memorySwap: ["--memory-swap", "memory"],
	memorySwappiness: ["--memory-swappiness", "memory"],
	oomKillDisable: ["--oom-kill-disable", "memory"],
	nanoCpus: ["--cpus", "cpu"],
	cpuShares: ["--cpu-shares", "cpu"],
	cpuPeriod: ["--cpu-period", "cpu"],
	cpuQuota: ["--cpu-quota", "cpu"],
	cpuRealtimePeriod: ["--cpu-rt-period", "cpu"],
	cpuRealtimeRuntime: ["--cpu-rt-runtime", "cpu"],
	cpusetCpus: ["--cpuset-cpus", "cpuset"],
	cpusetMems: ["--cpuset-mems", "cpuset"],
	pidsLimit: ["--pids-limit", "pids"],
	blkioWeight: ["--blkio-weight", "blkio"],
	blkioWeightDevice: ["--blkio-weight-device", "blkio"],
	blkioDeviceReadBps: ["--device-read-bps", "blkio"],
	blkioDeviceWriteBps: ["--device-write-bps", "blkio"],
	blkioDeviceReadIOps: ["--device-read-iops", "blkio"],
	blkioDeviceWriteIOps: ["--device-write-iops", "blkio"],
	hugePages: ["--hugetlb", "hugetlb"],
};

/** Limits that can be, and what is to be said of the others. */
export interface Checked {
	limits: Limits;
	warnings: string[];
}

/**
 * Checks what was asked for by itself, against this host, and against what
 * holds already.
 * @param stored the limits of a container that is updated
 * @returns all limits that hold then
 * @throws Failure (125)
 */
export function checkLimits(asked: Limits, stored?: Limits): Checked {
	return verify(asked, abilities(), stored);
}

/** As `checkLimits`, for a host with these abilities. */
export function verify(asked: Limits, host: Abilities, stored?: Limits): Checked {
	requireControllers(asked, host);
	const { limits: kept, warnings } = discard(asked, host);
	const limits = { ...stored, ...kept };
	if (kept.memory && kept.memorySwap === undefined) limits.memorySwap = swapBeside(limits);
	checkMemory(limits);
	checkCpu(limits, host);
	checkSets(kept, host);
	checkShares(limits);
	checkHugePages(kept, host);
	if (kept.oomKillDisable && !limits.memory)
		warnings.push("--oom-kill-disable without --memory: the container can take all of the host's memory");
	if ((limits.pidsLimit ?? 1) <= 0) setNoPidsLimit(limits, stored);
	return { limits, warnings };
}

/** docker: swap is as much again as memory, unless it was said. @throws Failure where less was said before */
function swapBeside({ memory = 0, memorySwap }: Limits): number {
	if (memorySwap !== undefined && memorySwap >= 0 && memorySwap < memory)
		throw refuse(
			`${show({ memory }, "memory")} is more than the limit on memory and swap that is set, ${size(memorySwap)}: update --memory-swap at the same time`,
		);
	return memorySwap ?? memory * 2;
}

/** docker shows none as null where a container is made, and as 0 where `update` has taken one away. */
function setNoPidsLimit(limits: Limits, stored: Limits | undefined): void {
	if (stored) limits.pidsLimit = 0;
	else delete limits.pidsLimit;
}

function requireControllers(limits: Limits, host: Abilities): void {
	for (const name of Object.keys(limits) as (keyof Limits)[]) {
		const controller = FLAGS[name][1];
		if (host.controllers.includes(controller)) continue;
		// No limit on processes is what there is without the controller.
		if (name === "pidsLimit" && (limits.pidsLimit ?? 0) <= 0) continue;
		throw refuse(`${show(limits, name)}: no cgroup hierarchy of this host has the ${controller} controller`);
	}
}

/** Drops what the controllers of this host do not know. */
function discard(asked: Limits, host: Abilities): Checked {
	const limits = { ...asked };
	const warnings: string[] = [];
	const drop = (name: keyof Limits, why: string) => {
		if (limits[name] === undefined) return;
		warnings.push(`${show(asked, name)} is discarded: ${why}`);
		delete limits[name];
	};
	if (!host.swappiness) drop("memorySwappiness", "cgroup v2 has no swappiness");
	if (!host.oomKillDisable) drop("oomKillDisable", "cgroup v2 cannot switch the OOM killer off");
	if (!host.weight) {
		drop("blkioWeight", "no I/O scheduler of this kernel has weights");
		drop("blkioWeightDevice", "no I/O scheduler of this kernel has weights");
	}
	if (limits.memory && limits.memorySwap !== -1 && !host.swap) {
		const swap = limits.memorySwap === undefined ? "" : `, ${show(limits, "memorySwap")} is discarded`;
		warnings.push(`${show(limits, "memory")} is without swap${swap}: this kernel does not count swap`);
		limits.memorySwap = -1;
	}
	return { limits, warnings };
}

function checkMemory(limits: Limits): void {
	const { memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness } = limits;
	if (memory !== 0 && memory < LEAST_MEMORY)
		throw refuse(`${show(limits, "memory")}: minimum memory limit allowed is 6MB`);
	if (memory > 0 && memorySwap > 0 && memorySwap < memory)
		throw refuse(
			`${show(limits, "memorySwap")} counts memory and swap: it must not be less than ${show(limits, "memory")}`,
		);
	if (memory === 0 && memorySwap > 0) throw refuse(`${show(limits, "memorySwap")} needs --memory beside it`);
	if (memorySwappiness !== undefined && (memorySwappiness < 0 || memorySwappiness > 100))
		throw refuse(`${show(limits, "memorySwappiness")}: valid memory swappiness range is 0-100`);
	if (memoryReservation > 0 && memoryReservation < LEAST_MEMORY)
		throw refuse(`${show(limits, "memoryReservation")}: minimum memory reservation allowed is 6MB`);
	if (memory > 0 && memoryReservation > memory)
		throw refuse(`${show(limits, "memoryReservation")} must not be more than ${show(limits, "memory")}`);
}

function checkCpu(limits: Limits, host: Abilities): void {
	const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuRealtimePeriod = 0, cpuRealtimeRuntime = 0 } = limits;
	for (const [name, value] of [
		["cpuPeriod", cpuPeriod],
		["cpuQuota", cpuQuota],
	] as const)
		if (nanoCpus > 0 && value > 0)
			throw refuse(`${show(limits, "nanoCpus")} and ${show(limits, name)} cannot both be set`);
	if (nanoCpus !== 0 && (nanoCpus < LEAST_CPUS || nanoCpus > host.processors * 1e9))
		throw refuse(
			`${show(limits, "nanoCpus")}: range of CPUs is from 0.01 to ${host.processors}.00, as there are only ${host.processors} CPUs available`,
		);
	if (cpuPeriod !== 0 && (cpuPeriod < 1000 || cpuPeriod > 1_000_000))
		throw refuse(`${show(limits, "cpuPeriod")}: a period is from 1000 to 1000000 microseconds`);
	if (cpuQuota > 0 && cpuQuota < 1000) throw refuse(`${show(limits, "cpuQuota")}: 1000 microseconds is the least`);
	if ((cpuRealtimePeriod || cpuRealtimeRuntime) && !host.realtime)
		throw refuse(
			`${show(limits, cpuRealtimePeriod ? "cpuRealtimePeriod" : "cpuRealtimeRuntime")}: the cpu controller of this host does not support the real-time scheduler`,
		);
	if (cpuRealtimePeriod < 0 || cpuRealtimeRuntime < 0)
		throw refuse("--cpu-rt-period and --cpu-rt-runtime must not be negative");
	if (cpuRealtimePeriod !== 0 && cpuRealtimeRuntime > cpuRealtimePeriod)
		throw refuse(`${show(limits, "cpuRealtimeRuntime")} must not be more than ${show(limits, "cpuRealtimePeriod")}`);
}

function checkSets(limits: Limits, host: Abilities): void {
	checkSet(limits, "cpusetCpus", "CPUs", host.cpus);
	checkSet(limits, "cpusetMems", "memory nodes", host.mems);
}

function checkSet(limits: Limits, name: "cpusetCpus" | "cpusetMems", what: string, available: string): void {
	const asked = limits[name];
	if (asked === undefined) return;
	const wanted = parseSet(asked);
	if (!wanted) throw refuse(`${show(limits, name)}: invalid format: numbers and ranges are expected, as 0-2,4`);
	if (covers(parseSet(available) ?? [], wanted)) return;
	throw refuse(`${show(limits, name)}: requested ${what} are not available: available are ${available || "none"}`);
}

function checkShares(limits: Limits): void {
	const { cpuShares, blkioWeight } = limits;
	// The kernel takes the nearest it has, without a word (kernel/sched/sched.h, MIN_SHARES and MAX_SHARES).
	if (cpuShares !== undefined && (cpuShares < 2 || cpuShares > 262_144))
		throw refuse(`${show(limits, "cpuShares")}: invalid CPU shares: from 2 to 262144`);
	if (blkioWeight !== undefined && (blkioWeight < 10 || blkioWeight > 1000))
		throw refuse(`${show(limits, "blkioWeight")}: range of blkio weight is from 10 to 1000`);
}

function checkHugePages({ hugePages = [] }: Limits, { pageSizes }: Abilities): void {
	for (const one of hugePages)
		if (!pageSizes.includes(one.pageSize))
			throw refuse(
				`${show({ hugePages: [one] }, "hugePages")}: this host has ${pageSizes.map(size).join(" and ") || "no"} huge pages`,
			);
}

/** As it can be typed: `--memory 64m`. */
export function show(limits: Limits, name: keyof Limits): string {
	const value = limits[name];
	const [flag] = FLAGS[name];
	if (value === true || value === undefined) return flag;
	if (Array.isArray(value)) return value.map((one) => `${flag} ${showOne(one)}`).join(" ");
	if (name === "nanoCpus") return `${flag} ${Number(value) / 1e9}`;
	return `${flag} ${/^memory(Reservation|Swap)?$/.test(name) ? size(Number(value)) : value}`;
}

function showOne(one: RateOption | WeightOption | HugePageOption): string {
	if ("pageSize" in one) return `${size(one.pageSize)}:${size(one.limit)}`;
	return `${one.path}:${"rate" in one ? one.rate : one.weight}`;
}

/** Bytes in the largest unit that holds them whole. */
function size(bytes: number): string {
	const power = bytes <= 0 ? 0 : ([3, 2, 1].find((power) => bytes % 1024 ** power === 0) ?? 0);
	return `${bytes / 1024 ** power}${["", "k", "m", "g"][power]}`;
}

const refuse = (message: string): Failure => new Failure(message, { exitCode: EXIT.refused });

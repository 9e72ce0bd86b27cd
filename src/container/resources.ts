/** Limits as asked for → the specification's resources (moby, daemon/daemon_unix.go: getMemoryResources and those beside it). Pure. */

import type { Resources, ThrottleDevice } from "../runtime/runtime.ts";
import type { HugePageOption, Limits, RateOption, RunOptions } from "./options.ts";

/** Microseconds: the period of `--cpus`, docker's and the kernel's own. */
const PERIOD = 100_000;

/** Finds the numbers of a block device. @throws Failure where there is none */
export type NumbersOf = (path: string) => { major: number; minor: number };

/**
 * What a container may use; of devices it says nothing: their rules are another matter.
 * @returns undefined where nothing was asked for
 */
export function resourcesOf({ limits }: Pick<RunOptions, "limits">, numbersOf: NumbersOf): Resources | undefined {
	if (!limits) return undefined;
	return {
		...part("memory", memoryOf(limits)),
		...part("cpu", cpuOf(limits)),
		...part("blockIO", blockOf(limits, numbersOf)),
		...(limits.hugePages && { hugepageLimits: limits.hugePages.map(hugePageLimit) }),
		...(limits.pidsLimit !== undefined && { pids: { limit: limits.pidsLimit > 0 ? limits.pidsLimit : -1 } }),
	};
}

/** An object without its undefined values, under a name; nothing where nothing is left. */
function part<Name extends keyof Resources>(
	name: Name,
	values: Required<Resources>[Name],
): Pick<Resources, Name> | object {
	const set = Object.entries(values).filter(([, value]) => value !== undefined);
	return set.length > 0 ? { [name]: Object.fromEntries(set) } : {};
}

function memoryOf(limits: Limits): Required<Resources>["memory"] {
	return {
		limit: limits.memory,
		reservation: limits.memoryReservation,
		swap: limits.memorySwap,
		swappiness: limits.memorySwappiness,
		disableOOMKiller: limits.oomKillDisable,
	};
}

/** A period or quota of its own goes before that of `--cpus`. */
function cpuOf(limits: Limits): Required<Resources>["cpu"] {
	const { nanoCpus, cpuQuota } = limits;
	const quota = cpuQuota === undefined ? undefined : Math.max(-1, cpuQuota);
	return {
		shares: limits.cpuShares,
		quota: quota ?? (nanoCpus && Math.floor((nanoCpus * PERIOD) / 1e9)),
		period: limits.cpuPeriod ?? (nanoCpus && PERIOD),
		realtimeRuntime: limits.cpuRealtimeRuntime,
		realtimePeriod: limits.cpuRealtimePeriod,
		cpus: limits.cpusetCpus,
		mems: limits.cpusetMems,
	};
}

function blockOf(limits: Limits, numbersOf: NumbersOf): Required<Resources>["blockIO"] {
	const throttles = (options: readonly RateOption[] = []): ThrottleDevice[] | undefined =>
		filled(options.filter(({ rate }) => rate > 0).map(({ path, rate }) => ({ ...numbersOf(path), rate })));
	const weights = (limits.blkioWeightDevice ?? []).filter(({ weight }) => weight > 0);
	return {
		weight: limits.blkioWeight,
		weightDevice: filled(weights.map(({ path, weight }) => ({ ...numbersOf(path), weight }))),
		throttleReadBpsDevice: throttles(limits.blkioDeviceReadBps),
		throttleWriteBpsDevice: throttles(limits.blkioDeviceWriteBps),
		throttleReadIOPSDevice: throttles(limits.blkioDeviceReadIOps),
		throttleWriteIOPSDevice: throttles(limits.blkioDeviceWriteIOps),
	};
}

/** The specification's names: `64KB`, `2MB`, `1GB`. */
function hugePageLimit({ pageSize, limit }: HugePageOption): { pageSize: string; limit: number } {
	const power = [3, 2, 1].find((power) => pageSize % 1024 ** power === 0) ?? 0;
	return { pageSize: `${pageSize / 1024 ** power}${["", "K", "M", "G"][power]}B`, limit };
}

const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

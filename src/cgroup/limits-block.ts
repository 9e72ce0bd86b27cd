/**
 * Block devices: weights and rates. Kernel: Documentation/admin-guide/cgroup-v1/blkio-controller.rst,
 * block/bfq-iosched.rst, cgroup-v2.rst (IO). Pure.
 */

import type { Resources, ThrottleDevice } from "../runtime/runtime.ts";
import type { LimitList, Setting } from "./limit-list.ts";
import { given } from "./limit-list.ts";

type BlockIO = NonNullable<Resources["blockIO"]>;

/** v1's name, v2's. */
const BLOCK = ["blkio", "io"];

/** A kind of rate: where it is asked for, v1's file, and v2's key in `io.max`. */
const RATES = [
	["throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps", "bytes read"],
	["throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps", "bytes written"],
	["throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops", "reads"],
	["throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops", "writes"],
] as const;

/** Adds what block devices are limited by. */
export function blockLimits(list: LimitList, block: BlockIO): void {
	if (given(block.weight)) list.set(weightSetting("the block I/O weight", block.weight, ""));
	for (const { major, minor, weight } of block.weightDevice ?? [])
		list.set(weightSetting(`the block I/O weight of ${major}:${minor}`, weight, `${major}:${minor} `));
	if (list.group(...BLOCK)?.hierarchy.version === 2) unifiedRates(list, block);
	else for (const rate of RATES) for (const device of block[rate[0]] ?? []) list.set(rateSetting(rate, device));
}

/**
 * A scheduler has the weight: BFQ, where it is there (its cgroup files come with it),
 * else v2's cost model with a scale of its own, or on v1 what CFQ's successors offer.
 * @param device `8:0 `, or nothing for all
 */
function weightSetting(limit: string, weight: number, device: string): Setting {
	const file = device ? "weight_device" : "weight";
	return {
		limit,
		to: String(weight),
		controllers: BLOCK,
		v1: [
			[`blkio.bfq.${file}`, `${device}${weight}`],
			[`blkio.${file}`, `${device}${weight}`],
		],
		v2: [
			["io.bfq.weight", `${device}${weight}`],
			["io.weight", `${device}${costWeightOf(weight)}`],
		],
		missing: "warn",
	};
}

/** 10 to 1000 → 1 to 10000, along a line (opencontainers/cgroups, ConvertBlkIOToIOWeightValue). */
export const costWeightOf = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990);

/** On v1 a rate of 0 removes the rule. */
function rateSetting([, file, , unit]: (typeof RATES)[number], { major, minor, rate }: ThrottleDevice): Setting {
	return {
		limit: `the ${unit} per second on ${major}:${minor}`,
		to: rate > 0 ? String(rate) : "unlimited",
		controllers: BLOCK,
		v1: [[file, `${major}:${minor} ${rate}`]],
		v2: [],
		missing: "warn",
	};
}

/** One line of `io.max` for each device; what it does not name stays. There 0 is an error, `max` removes. */
function unifiedRates(list: LimitList, block: BlockIO): void {
	const lines = new Map<string, string[]>();
	for (const [from, , key] of RATES)
		for (const { major, minor, rate } of block[from] ?? []) {
			const device = `${major}:${minor}`;
			const line = lines.get(device) ?? [];
			if (line.length === 0) lines.set(device, line);
			line.push(`${key}=${rate > 0 ? rate : "max"}`);
		}
	for (const [device, line] of lines)
		list.set({
			limit: `the rates of ${device}`,
			to: line.join(" "),
			controllers: BLOCK,
			v1: [],
			v2: [["io.max", `${device} ${line.join(" ")}`]],
			missing: "warn",
		});
}

/**
 * CPU time and CPUs. Kernel: Documentation/scheduler/sched-bwc.rst and
 * sched-rt-group.rst, admin-guide/cgroup-v1/cpusets.rst, cgroup-v2.rst. Pure.
 */

import { EXIT, Failure } from "../failure.ts";
import type { Resources } from "../runtime/runtime.ts";
import { covers, parseSet } from "./cpuset.ts";
import { given, type LimitList, type Setting } from "./limit-list.ts";

type Cpu = NonNullable<Resources["cpu"]>;

const CPU = ["cpu"];
/** kernel/sched/sched.h, MIN_SHARES and MAX_SHARES; what is beyond is bent without a word */
const LEAST_SHARES = 2;
const MOST_SHARES = 262144;
/** what a new cgroup has, microseconds (kernel/sched/fair.c, default_cfs_period; kernel/sched/rt.c) */
const PERIOD = 100_000;
const REALTIME_PERIOD = 1_000_000;

/** Adds CPU time. @throws Failure (125) for shares that v1 does not take, and for a missing scheduler */
export function cpuLimits(list: LimitList, cpu: Cpu): void {
	if (given(cpu.shares)) list.set(sharesSetting(list, cpu.shares));
	if (list.group("cpu")?.hierarchy.version === 2) bandwidth(list, cpu);
	else inOrder(list, quotaPair(cpu), PERIOD);
	inOrder(list, realtimePair(cpu), REALTIME_PERIOD);
}

function sharesSetting(list: LimitList, shares: number): Setting {
	const least = list.group("cpu")?.hierarchy.version === 1 && shares < LEAST_SHARES;
	const most = list.group("cpu")?.hierarchy.version === 1 && shares > MOST_SHARES;
	if (least || most)
		throw new Failure(
			`set the CPU shares to ${shares}: the ${least ? `least is ${LEAST_SHARES}` : `most is ${MOST_SHARES}`}`,
			{ exitCode: EXIT.refused },
		);
	return {
		limit: "the CPU shares",
		to: String(shares),
		controllers: CPU,
		v1: [["cpu.shares", String(shares)]],
		v2: [["cpu.weight", String(weightOf(shares))]],
		missing: "warn",
	};
}

/**
 * v1's shares (2 to 262144, usually 1024) as v2's weight (1 to 10000, usually 100).
 * This is runc's formula of June 2025 (opencontainers/cgroups, fd95216; runc 1.3.2
 * and 1.4, crun too): a curve through the least, the usual and the most. The one
 * before was a line, which made 1024, docker's "as if nothing was said", a weight
 * of 39: a container with `-c 1024` got less than half of one without.
 */
export function weightOf(shares: number): number {
	if (shares <= LEAST_SHARES) return 1;
	if (shares >= MOST_SHARES) return 10_000;
	const log = Math.log2(shares);
	return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** v2 has both in one file; a number alone leaves the period. */
function bandwidth(list: LimitList, { quota, period }: Cpu): void {
	if (!given(quota) && !given(period)) return;
	const now = list.current(list.group("cpu"), "cpu.max")?.split(" ")[0] ?? "max";
	const most = !given(quota) ? now : quota < 0 ? "max" : String(quota);
	list.set({
		limit: "the CPU quota",
		to: `${most === "max" ? "unlimited" : `${most} us`}${given(period) ? ` in each ${period} us` : ""}`,
		controllers: CPU,
		v1: [],
		v2: [["cpu.max", given(period) ? `${most} ${period}` : most]],
		missing: "fail",
	});
}

/** A share of time on v1: what may be used (us) in each period (us), each with its file. */
interface Pair {
	limit: string;
	amount: number | undefined;
	amountFile: string;
	period: number | undefined;
	periodFile: string;
}

const quotaPair = ({ quota, period }: Cpu): Pair => ({
	limit: "CPU quota",
	amount: quota,
	amountFile: "cpu.cfs_quota_us",
	period,
	periodFile: "cpu.cfs_period_us",
});

/** The parent must have as much: docker asks for it in its daemon's configuration; bunker says so when the kernel refuses. */
const realtimePair = ({ realtimeRuntime, realtimePeriod }: Cpu): Pair => ({
	limit: "real-time quota",
	amount: realtimeRuntime,
	amountFile: "cpu.rt_runtime_us",
	period: realtimePeriod,
	periodFile: "cpu.rt_period_us",
});

/**
 * Between the two writes the old value of one stands beside the new one of the
 * other, and the parent may not allow that share: a longer period goes first, a
 * shorter one last, then the share in between is never more than both.
 */
function inOrder(list: LimitList, pair: Pair, usual: number): void {
	const { amount, amountFile, period, periodFile } = pair;
	const setting = (limit: string, file: string, value: number): Setting => ({
		limit: `the ${limit}`,
		to: value < 0 ? "unlimited" : `${value} us`,
		controllers: CPU,
		v1: [[file, String(value)]],
		v2: [],
		missing: "fail",
	});
	const amounts = given(amount) ? [setting(pair.limit, amountFile, amount)] : [];
	const periods = given(period) ? [setting(`period of the ${pair.limit}`, periodFile, period)] : [];
	const now = given(period) ? Number(list.current(list.group("cpu"), periodFile) ?? usual) : usual;
	for (const one of given(period) && period < now ? [...amounts, ...periods] : [...periods, ...amounts]) list.set(one);
}

/** Adds CPUs and memory nodes. @throws Failure (125) for a list that cannot be read, or one that is not there */
export function cpusetLimits(list: LimitList, { cpus, mems }: Cpu): void {
	for (const [of, limit, asked] of [["cpus", "the CPUs", cpus] as const, ["mems", "the memory nodes", mems] as const]) {
		if (!asked) continue;
		const group = list.group("cpuset");
		if (group) checkAvailable(limit, asked, list.available(group, of));
		const choice = [`cpuset.${of}`, asked] as const;
		list.set({ limit, to: asked, controllers: ["cpuset"], v1: [choice], v2: [choice], missing: "warn" });
	}
}

/** v1 refuses what the parent has not, v2 takes it and uses others; docker refuses. */
function checkAvailable(limit: string, asked: string, available: string | undefined): void {
	const wanted = parseSet(asked);
	const refuse = (why: string) => new Failure(`set ${limit} to ${asked}: ${why}`, { exitCode: EXIT.refused });
	if (!wanted) throw refuse("it is not a list of numbers and ranges, as in 0-2,4");
	const there = available ? parseSet(available) : undefined;
	if (there && !covers(there, wanted)) throw refuse(`${available} is what there is`);
}

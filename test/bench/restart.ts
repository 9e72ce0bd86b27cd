/**
 * What a restart costs, in CPU time of everybody who takes part: the monitor
 * that ends, the process that waits and becomes bunker, and the new monitor and
 * program until they sleep. They are nobody's children, so this process becomes
 * the one that orphans are given to (PR_SET_CHILD_SUBREAPER, prctl(2)).
 */

import { dlopen, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { type Engine, IMAGE } from "./contenders.ts";
import { output, run } from "./measure.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const LONGEST = 10_000;

const { prctl, wait4 } = dlopen("libc.so.6", {
	prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
	wait4: { args: ["i32", "ptr", "i32", "ptr"], returns: "i32" },
}).symbols;

/** What restarts a container once: milliseconds of CPU time. */
export function restartCost(engine: Engine): () => Promise<number> {
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return async () => {
		// A new one each time: the delay before it would grow to a minute.
		run(engine.command("run", "-d", "--name", "box", "--restart", "always", ...OFFLINE, IMAGE, "sleep", "100000"));
		const cost = await restartOnce(engine);
		run(engine.command("rm", "-f", "box"));
		return cost;
	};
}

async function restartOnce(engine: Engine): Promise<number> {
	const program = programOf(engine);
	const monitor = parentOf(program);
	// Orphans of what came before.
	while (wait4(-1, null, WNOHANG, null) > 0);
	// What a wait says of the monitor has the program in it, which it has waited for.
	const before = spent(monitor) + spent(program);
	process.kill(program, "SIGKILL");
	const [ended, waiter] = [await reap(monitor), await reapOther(program)];
	const next = programOf(engine);
	if (next === 0 || next === program) throw new Error("it was not restarted");
	return ended - before + waiter + spent(parentOf(next)) + spent(next);
}

const OFFLINE = ["--network", "none"];

const programOf = (engine: Engine): number => JSON.parse(output(engine.command("inspect", "box")))[0].State.Pid;

function parentOf(pid: number): number {
	return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** CPU time of a process so far, milliseconds (Documentation/scheduler/sched-stats.rst). */
function spent(pid: number): number {
	return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

const usage = new BigInt64Array(18);

/** Waits for an orphan. @returns its CPU time, milliseconds */
async function reap(pid: number): Promise<number> {
	for (const until = Date.now() + LONGEST; Date.now() < until; await Bun.sleep(5)) {
		if (wait4(pid, null, WNOHANG, ptr(usage)) <= 0) continue;
		const [seconds = 0n, micros = 0n, systemSeconds = 0n, systemMicros = 0n] = usage;
		return Number(seconds + systemSeconds) * 1000 + Number(micros + systemMicros) / 1000;
	}
	throw new Error(`process ${pid} did not end`);
}

/** The other orphan: who waited for the delay, and was bunker in the end. */
async function reapOther(program: number): Promise<number> {
	const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
	const waiter = children.find((pid) => pid !== program && /bunker/.test(readFileSync(`/proc/${pid}/comm`, "utf8")));
	if (waiter === undefined) throw new Error("nobody waits for the restart");
	return reap(waiter);
}

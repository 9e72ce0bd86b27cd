/** What waits sleeps: nothing polls. Seen by strace over five seconds. */

import { describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, until, untilIdle, useEngine } from "./harness.ts";

const SECONDS = 5;

/** The system calls that a process's first thread makes; the one it sleeps in is not among them. */
async function wakeUps(pid: number): Promise<string[]> {
	const strace = Bun.spawn(["timeout", String(SECONDS), "strace", "-p", String(pid)], { stderr: "pipe" });
	const lines = (await new Response(strace.stderr).text()).split("\n");
	return lines.filter((line) => line && !/^strace: Process|^ <detached/.test(line)).slice(1);
}

describe.skipIf(!ready || !requires("strace"))("idle", () => {
	const engine = useEngine("idle");

	/** The monitor's pid, from the container's state file (struct state, ffi/helper/tape.h). */
	const monitorOf = (id: string) => readFileSync(`${engine.runRoot}/containers/${id}/state`).readInt32LE(4);

	ours("wait, logs -f and the monitor wake up for nothing", async () => {
		const id = await engine.ok("run", "-d", "--name", "still", IMAGE, "sleep", "1000");
		const programs = [engine.spawn("wait", "still"), engine.spawn("logs", "-f", "still")];
		const asleep = (pid: number) => /^State:\tS/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
		const pids = [...programs.map((program) => program.pid), monitorOf(id)];
		// Asleep in the call it waits in: then there is only one thread that could wake it.
		await until("all sleep", () => pids.every((pid) => asleep(pid) && readdirSync(`/proc/${pid}/fd`).length > 4));
		for (const pid of pids) await untilIdle(pid);
		expect(await Promise.all(pids.map(wakeUps))).toEqual(pids.map(() => []));
		await engine.ok("rm", "-f", "still");
		await Promise.all(programs.map((program) => program.ended(10_000)));
	});
});

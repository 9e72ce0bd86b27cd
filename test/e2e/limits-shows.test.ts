/**
 * What limits are for, as a user sees it: scripts as typed, and what they print.
 * The same scripts and the same results on cgroup v1, v2 and hybrid hosts: no
 * line here knows where it runs (test/vm/suite.sh runs them on v2).
 */

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { OWN_PARENT, removeParents } from "./cgroup-files.ts";
import { ours, ready, useEngine } from "./harness.ts";
import { Program } from "./program.ts";

/** The last CPU that there is: not where a program is by chance. */
const LAST_CPU = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] as string;

interface Scene {
	shows: string;
	script: string;
	prints: string;
}

const SCENES: Scene[] = [
	{
		// Without --memory-swap it may have as much again, where the host swaps.
		shows: "-m 64m ends a program that takes 100 MB: 137, OOMKilled, and an event",
		script: `
			bunker run --name greedy -m 64m --memory-swap 64m busybox dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?
			bunker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' greedy
			bunker events --since 1h --until 0s -f container=greedy -f event=oom --format '{{.Action}} {{.Actor.Attributes.name}}'
			bunker rm greedy`,
		prints: "137\ntrue 137\noom greedy\ngreedy\n",
	},
	{
		// 255 processes, so that it does no harm where nothing stops it.
		shows: "--pids-limit 20 stops a fork bomb",
		script: `
			bunker run --rm --pids-limit 20 busybox sh -c '
				bomb() { [ $1 = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait; } }
				bomb 7; echo over' 2> said
			grep -q "can't fork" said && echo stopped`,
		prints: "over\nstopped\n",
	},
	{
		shows: "--cpus 0.5: of each period half is used, and the rest throttled, as the cgroup counts it",
		script: `
			bunker run -d --name half --cpus 0.5 busybox sh -c 'while :; do :; done' > /dev/null
			bunker exec half sh -c '
				count() { cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu*/cpu.stat 2> /dev/null | sed -n "s/^$1 //p"; }
				until [ "$(count nr_throttled)" -ge 10 ]; do usleep 50000; done
				nanoseconds=$(cat /sys/fs/cgroup/cpu*/cpuacct.usage 2> /dev/null || echo "$(count usage_usec)000")
				# One period more than was counted may have begun, and a CPU takes its share in slices of 5 ms.
				periods=$(($(count nr_periods) + 1))
				[ $((nanoseconds / 1000)) -le $((periods * 55000)) ] && echo half at most'
			bunker rm -f half`,
		prints: "half at most\nhalf\n",
	},
	{
		shows: "--cpuset-cpus of one CPU is one to nproc",
		script: `
			bunker run --rm --cpuset-cpus $LAST_CPU busybox nproc
			bunker run --rm --cpuset-cpus $LAST_CPU busybox sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status`,
		prints: `1\n${LAST_CPU}\n`,
	},
	{
		shows: "update -m takes effect while it runs",
		script: `
			bunker run -d --name grows -m 64m --memory-swap 64m busybox sleep 1000 > /dev/null
			bunker exec grows dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?
			bunker update -m 256m --memory-swap 256m grows
			bunker exec grows dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?
			bunker inspect -f '{{.State.Status}} {{.HostConfig.Memory}}' grows
			bunker rm -f grows`,
		prints: `137\ngrows\n0\nrunning ${256 * 1024 * 1024}\ngrows\n`,
	},
	{
		shows: "pause, then nothing runs; exec says so; unpause, and it goes on",
		script: `
			for name in still beside; do
				bunker run -d --name $name busybox sh -c 'while :; do echo tick; usleep 20000; done' > /dev/null
			done
			bunker pause still
			before=$(bunker logs still | wc -l)
			bunker logs -f --tail 0 beside | head -n 20 | tail -n 1
			[ "$(bunker logs still | wc -l)" = "$before" ] && echo nothing runs
			bunker exec still true 2>&1; echo $?
			bunker unpause still
			bunker logs -f --tail 0 still | head -n 1
			bunker rm -f still beside`,
		prints: [
			"still\ntick\nnothing runs",
			"bunker: container still is paused, unpause the container before exec\n1",
			"still\ntick",
			"still\nbeside\n",
		].join("\n"),
	},
	{
		shows: "of 100 containers and 20 rounds of kill -9 no cgroup is left",
		script: `
			left() { find /sys/fs/cgroup -mindepth 1 -type d -path "*/$PARENT/*"; }
			for n in $(seq 100); do bunker run -d --cgroup-parent $PARENT --name one$n busybox sleep 1000; done > ids
			[ "$(left | sed 's|.*/||' | sort -u)" = "$(sort ids)" ] && echo a hundred
			bunker rm -f $(cat ids) | wc -l
			left
			for n in $(seq 20); do
				ms=$((n * 10 * SLOW))
				timeout -s KILL $((ms / 1000)).$(printf %03d $((ms % 1000))) \\
					bunker run --cgroup-parent $PARENT -m 64m busybox sleep 1000
			done
			# What a killed bunker has begun may still be about to end.
			for try in $(seq 100); do
				bunker ps -aq | xargs -r bunker rm -f > /dev/null
				[ -z "$(left)" ] && break
				sleep 0.1
			done
			left
			echo nothing is left`,
		prints: "a hundred\n100\nnothing is left\n",
	},
];

describe.skipIf(!ready || !requires("root"))("limits show", () => {
	const engine = useEngine("shows");

	/** Runs a script in a directory of its own, where `bunker` is this engine's. @returns what it prints; errors go elsewhere */
	async function play(script: string): Promise<string> {
		const env = {
			...engine.environment,
			PATH: `${engine.directory}/bin:${engine.environment.PATH}`,
			LAST_CPU,
			PARENT: OWN_PARENT,
			SLOW: process.env.BUNKER_SLOW || "1",
		};
		const program = new Program(["sh", "-c", script], { env, cwd: engine.scratch(), stdin: "pipe" });
		await program.feed("");
		await program.ended(100_000);
		return program.stdout;
	}

	ours.each(SCENES.map((scene): [string, Scene] => [scene.shows, scene]))("%s", async (_, { script, prints }) => {
		try {
			expect(await play(script)).toBe(prints);
		} finally {
			await engine.removeAll();
			removeParents(OWN_PARENT);
		}
	});

	ours("--explain -m 64m --cpus 0.5 prints the very files and values that run then has", async () => {
		const flags = ["-m", "64m", "--cpus", "0.5", "busybox"];
		const plan = await engine.ok("run", "--explain", ...flags, "true");
		const planned = plan.match(/^container ([0-9a-f]{64})$/m)?.[1] as string;
		const id = await engine.ok("run", "-d", ...flags, "sleep", "1000");
		const writes = [...plan.matchAll(/^ {2}set .*: write (.+) to (\/.+)$/gm)];
		expect(writes.length).toBeGreaterThanOrEqual(2);
		for (const [, value, file = ""] of writes)
			expect([file, readFileSync(file.replace(planned, id), "utf8").trim()]).toEqual([file, value as string]);
		await engine.ok("rm", "-f", id);
	});
});

/**
 * What a container's cgroup costs a run, in system calls: where cgroup v2 is
 * tested (test/vm) time cannot be measured, so they are counted.
 */

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { hierarchies } from "./cgroup-files.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";
import { Program } from "./program.ts";

const CALLS = "mkdirat,openat,statx,faccessat,write,unlinkat,rmdir,clone3,bpf";

describe.skipIf(!ready || !requires("strace"))("the cgroup of a run", () => {
	const engine = useEngine("cgroup-calls");

	/** System calls that name the cgroup of a run, as `write HIERARCHY FILE VALUE`, those of BPF and the clone into it; behind what fails is its errno. */
	async function callsOf(...flags: string[]): Promise<string[]> {
		const [trace, cid] = [`${engine.scratch()}/trace`, `${engine.scratch()}/cid`];
		// The first one of all makes the parents, too.
		await engine.ok("run", "--rm", IMAGE, "true");
		const strace = ["strace", "-f", "-y", "-s", "64", "-e", `trace=${CALLS}`, "-o", trace];
		const run = [...engine.command, "run", "--rm", "--cidfile", cid, ...flags, IMAGE, "true"];
		const program = new Program([...strace, ...run], { env: engine.environment, stdin: "pipe" });
		await program.feed("");
		expect([await program.ended(), program.stderr]).toEqual([0, ""]);
		const path = `/bunker/${readFileSync(cid, "utf8")}`;
		return whole(readFileSync(trace, "utf8"))
			.filter((line) => line.includes(path) || /^bpf|CLONE_INTO_CGROUP/.test(line))
			.map((line) => shortened(line, path));
	}

	/** Lines without their pids; one that another process interrupted is whole again, where it began. */
	function whole(trace: string): string[] {
		const lines: string[] = [];
		const begun = new Map<string, number>();
		for (const line of trace.split("\n")) {
			const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
			const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
			if (resumed !== undefined) lines[begun.get(pid) as number] += resumed;
			else if (text.endsWith(" <unfinished ...>"))
				begun.set(pid, lines.push(text.replace(" <unfinished ...>", "")) - 1);
			else lines.push(text);
		}
		return lines;
	}

	function shortened(line: string, path: string): string {
		const name = line.slice(0, line.indexOf("("));
		const failed = /= -1 (\w+)/.exec(line)?.[1] ?? "";
		const said =
			name === "bpf" ? /BPF_PROG_(\w+)/.exec(line)?.[1] : name === "write" ? /, "([^"]*)"/.exec(line)?.[1] : "";
		const at = line.indexOf(path);
		const directory = at < 0 ? "" : line.slice(line.lastIndexOf("/sys/", at), at);
		const file = at < 0 ? "" : (/^\/?([\w.]*)/.exec(line.slice(at + path.length))?.[1] ?? "");
		return [name, directory, file, said, failed].filter(Boolean).join(" ");
	}

	ours("is made, given what --explain prints, joined and removed: once, and in each hierarchy", async () => {
		const flags = ["-m", "64m", "--pids-limit", "20"];
		const calls = await callsOf(...flags);
		const plan = await engine.ok("run", "--explain", ...flags, IMAGE, "true");
		for (const { version, mount, controllers } of hierarchies()) {
			const planned = [...plan.matchAll(/: write (.+) to (\/.+)\/bunker\/[0-9a-f]{64}\/(.+)$/gm)]
				.filter(([, , directory]) => directory === mount)
				.map(([, value, directory, file]) => `write ${directory} ${file} ${value}`);
			const told =
				version === 1 && controllers.includes("memory") ? [expect.stringContaining("cgroup.event_control")] : [];
			const joins = version === 1 ? [`write ${mount} tasks 0`] : [];
			const changes = calls.filter(
				(call) => /^(mkdirat|write|unlinkat|rmdir) /.test(call) && !call.endsWith(" ENOENT"),
			);
			expect(changes.filter((call) => call.split(" ")[1] === mount)).toEqual([
				`mkdirat ${mount}`,
				...planned,
				...told,
				...joins,
				`unlinkat ${mount}`,
			]);
		}
	});

	ours.skipIf(!requires("cgroup2"))(
		"is ten system calls on v2, beside the clone into it, and four more for each file of a limit",
		async () => {
			const top = "/sys/fs/cgroup";
			const limits = ["memory.swap.max", "memory.max"];
			const calls = (limited: boolean) => [
				`mkdirat ${top}`,
				`openat ${top} cgroup.controllers`,
				...(limited ? limits.flatMap((file) => [`statx ${top}`, `faccessat ${top} ${file}`]) : []),
				...(limited ? limits.flatMap((file) => [`openat ${top} ${file}`, `write ${top} ${file} 67108864`]) : []),
				`openat ${top}`,
				"bpf LOAD",
				`bpf ${top} QUERY`,
				`bpf ${top} ATTACH`,
				`openat ${top} memory.events`,
				`openat ${top}`,
				"clone3",
				`unlinkat ${top}`,
				// By the monitor, and then by whoever looks whether that was killed.
				`unlinkat ${top} ENOENT`,
			];
			expect(await callsOf()).toEqual(calls(false));
			expect(await callsOf("-m", "64m")).toEqual(calls(true));
		},
	);
});

/** The freezer of whichever versions this machine has, with a cgroup of the test's own. */

import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { freezerOf, isFrozen, thaw } from "../../src/cgroup/freezer.ts";
import { freeze } from "../../src/cgroup/freezing.ts";
import type { Group, Hierarchy } from "../../src/cgroup/hierarchy.ts";
import { requires } from "../requires.ts";

/** Where the freezer is: v1's mount of it, and v2's, each as the only hierarchy that there is. */
function mountsWithFreezer(): Pick<Hierarchy, "version" | "mount">[] {
	const mounts = readFileSync("/proc/self/mounts", "utf8")
		.split("\n")
		.map((line) => line.split(" "));
	const of = (type: string, version: 1 | 2, fits: (options: string) => boolean) =>
		mounts.filter((mount) => mount[2] === type && fits(mount[3] ?? "")).map(([, mount = ""]) => ({ version, mount }));
	return [...of("cgroup", 1, (options) => options.split(",").includes("freezer")), ...of("cgroup2", 2, () => true)];
}

describe("a host without the freezer", () => {
	const memory = { version: 1 as const, controllers: ["memory"], mount: "/nowhere", own: "/" };
	const groups: Group[] = [{ hierarchy: memory, path: "/nowhere/x" }];
	test("says so to who freezes", () => expect(() => freeze(groups)).toThrow(/this host has no freezer.*freezer/));
	test("has nothing frozen, and nothing to thaw", () => {
		thaw(groups);
		expect(isFrozen(groups)).toBe(false);
	});
	test("nor where it can be opened, but not read any more", () => {
		const path = mkdtempSync("/tmp/bunker-freezer-");
		mkdirSync(`${path}/freezer.state`);
		const hierarchy = { version: 1 as const, controllers: ["freezer"], mount: path, own: "/" };
		expect(isFrozen([{ hierarchy, path }])).toBe(false);
		rmSync(path, { recursive: true });
	});
	test("is not one with v2, whose freezer is no controller", () => {
		const hierarchy = { version: 2 as const, controllers: [], mount: "/nowhere", own: "/" };
		expect(freezerOf([{ hierarchy, path: "/nowhere/x" }])?.file).toBe("/nowhere/x/cgroup.freeze");
	});
	test("with both, v1's freezer is the one", () => {
		const freezer = { version: 1 as const, controllers: ["freezer"], mount: "/f", own: "/" };
		const unified = { version: 2 as const, controllers: ["hugetlb"], mount: "/u", own: "/" };
		const both = [unified, freezer].map((hierarchy) => ({ hierarchy, path: `${hierarchy.mount}/x` }));
		expect(freezerOf(both)?.file).toBe("/f/x/freezer.state");
	});
});

describe.skipIf(!requires("root"))("the freezer", () => {
	for (const { version, mount } of mountsWithFreezer())
		describe(`of cgroup v${version}`, () => {
			const hierarchy = { version, controllers: version === 1 ? ["freezer"] : [], mount, own: "/" };
			const path = `${mount}/bunker-test-${process.pid}`;
			const groups: Group[] = [{ hierarchy, path }];
			const started: Bun.Subprocess[] = [];

			/** A shell in the cgroup; what it prints is read by `lines`. */
			function start(script: string, ...prefix: string[]): Bun.Subprocess<"pipe", "pipe", "inherit"> {
				mkdirSync(path, { recursive: true });
				const argv = [...prefix, "sh", "-c", `echo $$ > ${path}/cgroup.procs; ${script}`];
				const child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
				started.push(child);
				return child;
			}

			afterEach(async () => {
				thaw(groups);
				for (const child of started.splice(0)) {
					child.kill("SIGKILL");
					await child.exited;
				}
				for (let tries = 0; ; tries++) {
					const left = text(`${path}/cgroup.procs`).split("\n").filter(Boolean);
					if (left.length === 0 || tries > 200) break;
					for (const pid of left) killIfThere(Number(pid));
					await Bun.sleep(20);
				}
				rmdirIfThere(path);
			});

			/** The line that it says next, or undefined if it says nothing so long. */
			async function said(child: Bun.Subprocess<"pipe", "pipe", "inherit">, wait: number): Promise<string | undefined> {
				const reader = child.stdout.getReader();
				const timer = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), wait));
				const found = await Promise.race([reader.read(), timer]);
				// What is read later belongs to nobody: a test asks in vain only once, at its end.
				if (found !== undefined) reader.releaseLock();
				return found === undefined ? undefined : new TextDecoder().decode(found.value);
			}

			test("stops what runs in a cgroup, and lets it go on", async () => {
				const child = start("echo ready; while read -r line; do echo $line; done");
				expect(await said(child, 10_000)).toBe("ready\n");
				expect(isFrozen(groups)).toBe(false);
				freeze(groups);
				expect(isFrozen(groups)).toBe(true);
				// Nothing to wait for but its silence: whether it runs is seen in its own clock.
				const before = cpuTime(child.pid);
				child.stdin.write("again\n");
				child.stdin.flush();
				expect(await Promise.race([child.exited, Bun.sleep(300)])).toBe(undefined);
				expect(cpuTime(child.pid)).toBe(before);
				thaw(groups);
				expect(isFrozen(groups)).toBe(false);
				expect(await said(child, 10_000)).toBe("again\n");
			});

			test("stops many that compute and fork at once", async () => {
				const child = start(
					"for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; for i in 1 2 3; do (while :; do true | true; done) & done; echo ready; wait",
				);
				expect(await said(child, 10_000)).toBe("ready\n");
				for (let times = 0; times < 5; times++) {
					freeze(groups);
					const times = () =>
						text(`${path}/cgroup.procs`)
							.split("\n")
							.filter(Boolean)
							.map((pid) => cpuTime(Number(pid)));
					const before = times();
					expect(before.length).toBeGreaterThan(8);
					await Bun.sleep(50);
					expect(times()).toEqual(before);
					thaw(groups);
				}
			});

			test("freezes what is frozen, and thaws what runs: nothing happens", async () => {
				const child = start("echo ready; read -r line");
				await said(child, 10_000);
				thaw(groups);
				freeze(groups);
				freeze(groups);
				expect(isFrozen(groups)).toBe(true);
				thaw(groups);
				thaw(groups);
				expect(isFrozen(groups)).toBe(false);
			});

			test("an empty cgroup freezes, and whoever enters it then stops", async () => {
				mkdirSync(path, { recursive: true });
				freeze(groups);
				const child = start("echo ready");
				expect(await Promise.race([child.exited, Bun.sleep(300)])).toBe(undefined);
				thaw(groups);
				expect(await child.exited).toBe(0);
			});

			test("SIGKILL ends what is frozen once it is thawed", async () => {
				const child = start("echo ready; read -r line");
				await said(child, 10_000);
				freeze(groups);
				child.kill("SIGKILL");
				thaw(groups);
				expect(await child.exited).toBe(137);
			});

			test("where there is no such cgroup it says so; asking and thawing are fine", () => {
				expect(() => freeze(groups)).toThrow(`there is no cgroup ${path}`);
				thaw(groups);
				expect(isFrozen(groups)).toBe(false);
			});

			// A file system whose server never answers: who looks a name up holds the directory's lock,
			// which the next one waits for, and nothing wakes that.
			test.skipIf(!requires("unshare", "fuse"))(
				"gives up on a process in uninterruptible sleep in time, names it, and thaws the others",
				async () => {
					const hang = `exec 9<>/dev/fuse
						mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none /mnt
						stat /mnt/x & until grep -q '^State:.D' /proc/$!/status; do :; done
						mkdir /mnt/y & echo $!
						while read -r line; do echo $line; done`;
					const child = start(hang, "unshare", "-m");
					const sleeper = Number(await said(child, 10_000));
					await until(() => /^State:\s+D/m.test(text(`/proc/${sleeper}/status`)));
					const before = performance.now();
					expect(() => freeze(groups, 300)).toThrow(
						/process \d+ \((mkdir|stat)\), in uninterruptible sleep, did not stop within 0.3 s/,
					);
					expect(performance.now() - before).toBeGreaterThanOrEqual(300);
					expect(isFrozen(groups)).toBe(false);
					child.stdin.write("on\n");
					child.stdin.flush();
					expect(await said(child, 10_000)).toBe("on\n");
				},
			);
		});
});

/** Clock ticks that a process has used: fields 14 and 15 of proc_pid_stat(5). */
function cpuTime(pid: number): string {
	const stat = text(`/proc/${pid}/stat`);
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return `${fields[11]} ${fields[12]}`;
}

function text(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}

async function until(holds: () => boolean): Promise<void> {
	for (let tries = 0; !holds(); tries++) {
		if (tries > 500) throw new Error("waited in vain");
		await Bun.sleep(20);
	}
}

function killIfThere(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {} // it ended meanwhile
}

function rmdirIfThere(path: string): void {
	try {
		rmdirSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
}

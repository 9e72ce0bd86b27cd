/** Looking at a container is never wrong about it: odd processes, and looks that are overtaken. */

import { describe, expect } from "bun:test";
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { requires } from "../requires.ts";
import { binary, IMAGE, isAlive, ours, ownSeconds, pidsOf, ready, until, useEngine } from "./harness.ts";

/** A program whose first thread ends while a second one goes on. */
function buildThreads(): string {
	const directory = resolve("build/e2e/threads");
	mkdirSync(directory, { recursive: true });
	writeFileSync(
		`${directory}/threads.c`,
		`#include <pthread.h>
#include <unistd.h>
static void *rest(void *argument) { for (;;) pause(); return argument; }
int main(void) { pthread_t thread; pthread_create(&thread, 0, rest, 0); pthread_exit(0); }
`,
	);
	const build = Bun.spawnSync(["cc", "-static", "-o", `${directory}/threads`, `${directory}/threads.c`, "-lpthread"]);
	if (!build.success) throw new Error(build.stderr.toString());
	return directory;
}

describe.skipIf(!ready || !requires("strace"))("a look", () => {
	const engine = useEngine("looks");

	ours("at a program whose first thread has ended sees it running, and stop and rm end it", async () => {
		const directory = buildThreads();
		await engine.ok("run", "-d", "--name", "th", "-v", `${directory}:/t:ro`, IMAGE, "/t/threads");
		expect(await engine.ok("ps", "-q")).not.toBe("");
		expect(await engine.ok("stop", "-t", "0", "th")).toBe("th");
		await engine.ok("start", "th");
		expect(await engine.ok("rm", "-f", "th")).toBe("th");
	});

	ours("that a start overtakes does not undo it", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"fr",
			IMAGE,
			"sh",
			"-c",
			"test -e /again && sleep 1000; touch /again; while [ ! -e /go ]; do sleep 0.05; done",
		);
		const program = JSON.parse(await engine.ok("inspect", "fr"))[0].State.Pid as number;
		const monitor = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${program}/status`, "utf8"))?.[1]);
		await engine.ok("exec", "fr", "touch", "/go");
		// Not `wait`: that would write the end down itself.
		await until("it has ended, and its monitor, too", () => !isAlive(program) && !isAlive(monitor));
		// ps has read the old end, and is held up before it takes the lock to write it down.
		const words = [
			"strace",
			"-f",
			"-qq",
			"-o",
			"/dev/null",
			"-e",
			"inject=flock:delay_enter=1500000",
			binary,
			"ps",
			"-a",
		];
		const slow = Bun.spawn(words, { env: engine.environment, stdout: "ignore", stderr: "ignore" });
		await Bun.sleep(700);
		await engine.ok("start", "fr");
		await slow.exited;
		expect(await engine.ok("inspect", "fr")).toContain('"Running": true');
		await engine.ok("rm", "-f", "fr");
	});

	ours(
		"at the monitor of an exec finds it in the host's mount namespace, so it holds none of the container's mounts",
		async () => {
			await engine.ok("run", "-d", "--name", "ex", IMAGE, "sleep", "1000");
			const seconds = ownSeconds(4);
			await engine.ok("exec", "-d", "ex", "sleep", seconds);
			await until("it runs", () => pidsOf(`sleep ${seconds}`).length > 0);
			const [pid] = pidsOf(`sleep ${seconds}`);
			const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
			expect(readlinkSync(`/proc/${parent}/ns/mnt`)).toBe(readlinkSync("/proc/self/ns/mnt"));
			expect(readlinkSync(`/proc/${pid}/ns/mnt`)).not.toBe(readlinkSync("/proc/self/ns/mnt"));
			await engine.ok("rm", "-f", "ex");
		},
	);

	ours("of start finds what a kill has left unmade, and makes it", async () => {
		const id = await engine.ok("run", "-d", "--name", "half", IMAGE, "true");
		await engine.ok("wait", "half");
		const directory = `${engine.environment.BUNKER_ROOT}/containers/${id}`;
		for (const name of ["upper", "work"]) rmSync(`${directory}/${name}`, { recursive: true });
		expect(await engine.ok("start", "half")).toBe("half");
		await engine.ok("rm", "-f", "half");
	});

	ours("of logs -f at a log of one file sees it begin anew", async () => {
		const script =
			"i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); [ $((i % 100)) = 0 ] && sleep 0.05; done; echo end";
		await engine.ok(
			"run",
			"-d",
			"--name",
			"lg",
			"--log-opt",
			"max-size=10k",
			"--log-opt",
			"max-file=1",
			IMAGE,
			"sh",
			"-c",
			script,
		);
		const followed = await engine.ok("logs", "-f", "lg");
		expect(followed).toEndWith("line 2999\nend");
		const numbers = [...followed.matchAll(/^line (\d+)$/gm)].map((match) => Number(match[1]));
		expect(numbers.length).toBeGreaterThan(2500);
		expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
		await engine.ok("rm", "-f", "lg");
	});
});

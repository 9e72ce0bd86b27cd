/** Looking at a container is never wrong about it: odd processes, and looks that are overtaken. */

import { describe, expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { requires } from "../requires.ts";
import { binary, IMAGE, ours, ready, useEngine } from "./harness.ts";

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
			"test -e /again && sleep 1000; touch /again; sleep 1",
		);
		// Not `wait`: that would write the end down itself.
		await Bun.sleep(1500);
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
});

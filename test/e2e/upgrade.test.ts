/**
 * bunker is replaced while containers run: what the previous commit's build has
 * started, this one lists, logs, enters, stops, starts and removes. Monitors
 * outlive an upgrade, so records, frames and the database carry versions.
 */

import { beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { requires } from "../requires.ts";
import { busyboxTar, IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const directory = resolve("build/previous");
const PREVIOUS = `${directory}/dist/bunker`;

function must(words: string[], cwd = "."): string {
	const done = Bun.spawnSync(words, { cwd, stderr: "pipe" });
	if (done.exitCode !== 0) throw new Error(`${words.join(" ")}: ${done.stderr}`);
	return done.stdout.toString().trim();
}

/** The build of the commit before, made once for each. */
function buildPrevious(): void {
	const commit = must(["git", "rev-parse", "HEAD~1"]);
	const stamp = `${directory}/commit-${commit}`;
	if (existsSync(stamp) && existsSync(PREVIOUS)) return;
	must(["rm", "-rf", directory]);
	mkdirSync(directory, { recursive: true });
	must(["sh", "-c", `git archive HEAD~1 | tar -x -C ${directory}`]);
	// Not a symbolic link: npm ci would empty what it leads to.
	must(["cp", "-al", "node_modules", `${directory}/node_modules`]);
	// Its lock file is older than the modules: nothing is fetched.
	must(["sh", "-c", "touch -d '2000-01-01' package-lock.json && make dist/bunker"], directory);
	must(["touch", stamp]);
}

describe.skipIf(!ready || !requires("history"))("after an upgrade", () => {
	const engine = useEngine("upgrade");
	const before = (...words: string[]) => {
		const done = Bun.spawnSync([PREVIOUS, ...words], { env: engine.environment });
		if (done.exitCode !== 0) throw new Error(`${words.join(" ")}: ${done.stderr}`);
		return done.stdout.toString().trim();
	};

	beforeAll(buildPrevious, 300_000);
	// What it starts with is the older one's: the newer may have changed the format, and the older refuses that.
	beforeEach(async () => {
		for (const path of [engine.root, engine.runRoot]) rmSync(path, { recursive: true, force: true });
		before("import", await busyboxTar(), IMAGE);
	});

	ours("a container that runs is listed, logged, entered, stopped, started and removed", async () => {
		const id = before("run", "-d", "--name", "old", IMAGE, "sh", "-c", "echo said; sleep 1000");
		expect(await engine.ok("ps", "-q", "--no-trunc")).toBe(id);
		await until("it is logged", async () => (await engine.ok("logs", "old")) === "said");
		expect(await engine.ok("exec", "old", "echo", "in")).toBe("in");
		expect(await engine.ok("inspect", "old")).toContain(id);
		expect(await engine.ok("stop", "-t", "0", "old")).toBe("old");
		expect(await engine.ok("wait", "old")).toBe("137");
		await engine.ok("start", "old");
		await until("it has said it again", async () => (await engine.ok("logs", "old")) === "said\nsaid");
		expect(await engine.ok("rm", "-f", "old")).toBe("old");
	});

	ours("a container that runs is attached to, or it is said that the older bunker had no attach", async () => {
		before("run", "-d", "-i", "--name", "spoken", IMAGE, "sh", "-c", "read word; echo $word; exit 5");
		const knows = Bun.spawnSync([PREVIOUS, "attach", "--help"]).exitCode === 0;
		const { code, stdout, stderr } = await engine.run("attach", "spoken", { stdin: "word\n" });
		if (knows) expect({ code, stdout }).toEqual({ code: 5, stdout: "word\n" });
		else
			expect(stderr).toStartWith("bunker: attach to spoken: it was started by an older bunker, which had no attach\n");
		await engine.ok("rm", "-f", "spoken");
	});

	ours("an end that nobody had looked at is told, and --rm is kept", async () => {
		before("run", "-d", "--name", "ended", IMAGE, "sh", "-c", "exit 7");
		before("run", "-d", "--rm", "--name", "gone", IMAGE, "true");
		expect(await engine.ok("wait", "ended")).toBe("7");
		await until("the other is gone", async () => !(await engine.ok("ps", "-a")).includes("gone"));
		await engine.ok("rm", "ended");
	});

	ours("images of the store are used by both, the older one until the database is newer", async () => {
		const name = "upgrade:1";
		await engine.ok("tag", IMAGE, name);
		const seen = Bun.spawnSync([PREVIOUS, "images"], { env: engine.environment });
		const newer = /is of a newer bunker \(format \d+\)/.test(seen.stderr.toString());
		expect(newer || seen.stdout.includes("upgrade")).toBe(true);
		await engine.ok("rmi", name);
	});
});

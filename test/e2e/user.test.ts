/** As a normal user, for now: one line that says that it needs root. */

import { describe, expect } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { requires } from "../requires.ts";
import { binary, ours, ready } from "./harness.ts";

describe.skipIf(!ready || !requires("setpriv"))("a normal user", () => {
	const nobody = (...words: string[]) => {
		// A place that the user can reach, whatever the checkout's directory allows.
		const home = mkdtempSync("/tmp/bunker-user-");
		try {
			chmodSync(home, 0o777);
			copyFileSync(binary, `${home}/bunker`);
			chmodSync(`${home}/bunker`, 0o755);
			const become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
			const env = { PATH: "/usr/bin:/bin", HOME: home, BUNKER_ROOT: `${home}/root`, BUNKER_RUN_ROOT: `${home}/run` };
			const program = Bun.spawnSync([...become, `${home}/bunker`, ...words], { env, cwd: "/" });
			return {
				code: program.exitCode,
				stdout: program.stdout.toString(),
				stderr: program.stderr.toString(),
				made: existsSync(`${home}/root`) || existsSync(`${home}/run`),
			};
		} finally {
			rmSync(home, { recursive: true, force: true });
		}
	};

	for (const words of [
		["run", "--rm", "busybox", "true"],
		["ps"],
		["images"],
		["info"],
		["rm", "x"],
		["run", "-d", "busybox", "true"],
	])
		ours(`${words.join(" ")}: one line that says it needs root, 125, nothing made`, () => {
			const outcome = nobody(...words);
			expect(outcome).toMatchObject({ code: 125, stdout: "", made: false });
			expect(outcome.stderr).toMatch(/^bunker: .*root.*\n$/);
		});

	ours("version and help work", () => {
		for (const words of [["version"], ["--version"], ["--help"], ["run", "--help"], ["help"]]) {
			const outcome = nobody(...words);
			expect(outcome).toMatchObject({ code: 0, stderr: "", made: false });
			expect(outcome.stdout).not.toBe("");
		}
	});
});

/** The executable itself: what it reads, what it needs, what it leaves. */

import { describe, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("the executable", () => {
	const engine = useEngine("toolchain");

	ours("started in a directory with a hostile .env and bunfig.toml, it reads neither", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/.env`, `BUNKER_ROOT=${directory}/hijacked\nBUNKER_TRACE=tape,store\nHOSTILE=yes\n`);
		writeFileSync(`${directory}/bunfig.toml`, 'preload = ["./evil.ts"]\n');
		writeFileSync(`${directory}/evil.ts`, `await Bun.write("${directory}/owned", "yes"); console.log("owned");\n`);
		writeFileSync(`${directory}/package.json`, '{ "name": "hostile", "preload": "./evil.ts" }');
		writeFileSync(`${directory}/tsconfig.json`, "{ hostile");

		const without = { ...engine.environment, BUNKER_ROOT: "", BUNKER_RUN_ROOT: engine.runRoot };
		for (const words of [
			["version"],
			["--root", engine.root, "ps"],
			["--root", engine.root, "run", "--rm", IMAGE, "env"],
		]) {
			const program = Bun.spawnSync([...engine.command, ...words], { cwd: directory, env: without });
			expect(program.exitCode).toBe(0);
			expect(`${program.stdout}${program.stderr}`).not.toMatch(/owned|HOSTILE|bunker: (tape|store)/);
		}
		expect(existsSync(`${directory}/owned`)).toBe(false);
		expect(existsSync(`${directory}/hijacked`)).toBe(false);
	});

	ours("BUN_OPTIONS and NODE_OPTIONS of the caller run nothing", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/evil.ts`, `await Bun.write("${directory}/owned", "yes");\n`);
		await engine.run("run", "--rm", IMAGE, "true", { env: { NODE_OPTIONS: `--require ${directory}/evil.ts` } });
		expect(existsSync(`${directory}/owned`)).toBe(false);
	});

	ours("it extracts nothing to TMPDIR, and works where TMPDIR cannot be written", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/tmp`);
		await engine.ok("run", "--rm", IMAGE, "true", { env: { TMPDIR: `${directory}/tmp` } });
		expect(readdirSync(`${directory}/tmp`)).toEqual([]);
		expect((await engine.run("run", "--rm", IMAGE, "true", { env: { TMPDIR: "/proc/nosuch" } })).code).toBe(0);
	});

	ours("it works without any variable at all", () => {
		const words = ["--root", engine.root, "--run-root", engine.runRoot, "run", "--rm", IMAGE, "echo", "hi"];
		const program = Bun.spawnSync(["env", "-i", ...engine.command, ...words]);
		expect(`${program.stdout}${program.stderr}`).toBe("hi\n");
	});

	ours("--root and --run-root before the verb say where everything is", async () => {
		const directory = engine.scratch();
		const roots = ["--root", `${directory}/r`, "--run-root", `${directory}/s`];
		expect(await engine.ok(...roots, "ps", "-a", "-q")).toBe("");
		expect(existsSync(`${directory}/r`)).toBe(true);
	});

	ours.skipIf(!requires("strace"))("run calls no other program", () => {
		const words = [...engine.command, "run", "--rm", IMAGE, "true"];
		const trace = Bun.spawnSync(
			["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", `${engine.directory}/trace`, ...words],
			{
				env: engine.environment,
			},
		);
		expect(trace.exitCode).toBe(0);
		const calls = readFileSync(`${engine.directory}/trace`, "utf8")
			.split("\n")
			.filter((line) => / = 0$/.test(line));
		// bunker itself, the helper, the program.
		expect(calls).toHaveLength(3);
		expect(calls[1]).toContain("execveat");
		expect(calls[2]).toContain("/bin/true");
	});

	ours("results on a full disk are an error", () => {
		const program = Bun.spawnSync(["sh", "-c", `'${engine.command[0]}' images > /dev/full`], {
			env: engine.environment,
		});
		expect(program.exitCode).toBe(1);
		expect(program.stderr.toString()).toMatch(/ENOSPC|no space/i);
	});
});

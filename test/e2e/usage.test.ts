/**
 * Wrong use, help and version: one line that names what is wrong, docker's exit
 * codes (shared/reference/cli-errors-docker28.txt), and nothing half-made.
 */

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, openSync, readdirSync } from "node:fs";
import { IMAGE, ours, ready, TARGET, useEngine } from "./harness.ts";

const VERBS = "run exec ps logs stop kill start wait rm inspect images import load tag rmi info version".split(" ");

describe.skipIf(!ready)("wrong use", () => {
	const engine = useEngine("usage");

	afterEach(async () => {
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	/** Runs what is wrong. @returns the exit code and the lines on stderr; stdout must be empty */
	async function wrong(...words: string[]) {
		const { code, stdout, stderr } = await engine.run(...words);
		expect(stdout).toBe("");
		const [line = "", ...hints] = stderr.trimEnd().split("\n");
		return { code, line, hints };
	}

	const hint = (verb: string) => [`Run 'bunker ${verb}--help' for more information`];

	describe("of a flag is 125 on any verb", () => {
		for (const verb of VERBS)
			test(`${verb}: an unknown one`, async () => {
				const { code, line } = await wrong(verb, "--nosuch", "x");
				expect(code).toBe(125);
				expect(line).toContain("--nosuch");
			});

		ours("it is named, in one line, with a hint", async () => {
			expect(await wrong("run", "--nosuch", IMAGE)).toEqual({
				code: 125,
				line: "bunker: unknown flag: --nosuch",
				hints: hint("run "),
			});
		});

		ours("a short one, alone or in a group", async () => {
			expect((await wrong("ps", "-ax")).line).toBe("bunker: unknown shorthand flag: 'x' in -ax");
		});

		test("a missing value", async () => {
			const { code, line } = await wrong("run", "--name");
			expect(code).toBe(125);
			expect(line).toContain("flag needs an argument: --name");
		});

		test("a value that is no bool, or no number", async () => {
			expect(await wrong("run", "--rm=maybe", IMAGE, "true")).toMatchObject({ code: 125 });
			expect((await wrong("run", "--rm=maybe", IMAGE, "true")).line).toContain("maybe");
			expect(await wrong("stop", "-t", "soon", "web")).toMatchObject({ code: 125 });
		});

		ours("one of docker's that comes later is refused by name, with the reason", async () => {
			expect((await wrong("run", "--disable-content-trust", IMAGE, "true")).line).toBe(
				"bunker: --disable-content-trust is not supported yet (registries: pull, push)",
			);
			expect((await wrong("run", "--device", "/dev/null", IMAGE)).code).toBe(125);
		});

		ours("before the verb: docker's that speak of a daemon are refused", async () => {
			expect(await wrong("-H", "tcp://x", "ps")).toEqual({
				code: 125,
				line: "bunker: -H is not supported (bunker has no daemon to connect to)",
				hints: hint(""),
			});
			expect((await wrong("--context", "x", "ps")).code).toBe(125);
		});
	});

	describe("of a number of arguments is 1", () => {
		const cases: [string[], string][] = [
			[["run"], "'bunker run' requires at least 1 argument"],
			[["exec", "web"], "'bunker exec' requires at least 2 arguments"],
			[["ps", "web"], "'bunker ps' accepts no arguments"],
			[["logs"], "'bunker logs' requires 1 argument"],
			[["stop"], "'bunker stop' requires at least 1 argument"],
			[["tag", "a"], "'bunker tag' requires 2 arguments"],
			[["import"], "'bunker import' requires at least 1 argument"],
			[["import", "a", "b", "c"], "'bunker import' requires at most 2 arguments"],
			[["images", "a", "b"], "'bunker images' requires at most 1 argument"],
		];
		for (const [words, sentence] of cases)
			ours(`${words.join(" ")}: ${sentence}`, async () => {
				const [verb = ""] = words;
				expect(await wrong(...words)).toEqual({ code: 1, line: `bunker: ${sentence}`, hints: hint(`${verb} `) });
			});
	});

	describe("of docker's client, before the verb:", () => {
		ours("--config, -D and --log-level are taken, also of a group's verb", async () => {
			for (const flags of [["--config", "/no/such"], ["-D"], ["--debug=false"], ["-l", "warn"], ["--log-level=DEBUG"]])
				for (const verb of [
					["images", "-q"],
					["image", "ls", "-q"],
				])
					expect(await engine.ok(...flags, ...verb)).toMatch(/^[0-9a-f]{12}$/);
		});

		ours(
			"a level that docker does not know is 1, in its words, and another flag of the client's is refused",
			async () => {
				const level = { code: 1, line: "bunker: Unable to parse logging level: loud", hints: [] };
				expect(await wrong("--log-level", "loud", "images")).toEqual(level);
				expect((await wrong("-D=x", "images")).code).toBe(125);
				for (const flag of ["-H", "--context", "--tlsverify"]) expect((await wrong(flag, "x", "ps")).code).toBe(125);
			},
		);
	});

	describe("of a verb is 1", () => {
		ours("an unknown one, with a suggestion where one is near", async () => {
			expect(await wrong("nosuch")).toEqual({ code: 1, line: "bunker: unknown command: nosuch", hints: hint("") });
			expect((await wrong("imags")).hints).toEqual(["Did you mean 'bunker images'?"]);
		});

		ours("one of docker's that comes later", async () => {
			expect((await wrong("pull", "x")).line).toBe("bunker: bunker pull is not supported yet (registries: pull, push)");
		});

		ours("a word that JavaScript knows is no verb", async () => {
			expect((await wrong("constructor")).line).toBe("bunker: unknown command: constructor");
			expect((await wrong("help", "__proto__")).code).toBe(1);
		});
	});

	describe("of run's values is 125, and nothing is made", () => {
		const cases: [string, string[], string][] = [
			["a mode of a volume", ["-v", "/tmp:/x:bad"], "invalid mode: bad"],
			["a relative path in the container", ["-v", "/tmp:x"], "absolute"],
			["a volume without a path", ["-v", "data:x"], "invalid mount path: 'x' mount path must be absolute"],
			["two volumes in one place", ["-v", "/tmp:/x", "-v", "/etc:/x"], "Duplicate mount point: /x"],
			["a volume on /proc", ["-v", "/tmp:/proc"], '"/proc" cannot be mounted because it is not of type proc'],
			["a volume in /proc", ["-v", "/tmp:/proc/x"], '"/proc/x" cannot be mounted because it is inside /proc'],
			["a network", ["--network", "web"], "network web not found"],
			["a name", ["--name", "a b"], "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"],
			["a log driver", ["--log-driver", "syslog"], 'the log driver "syslog" is not supported'],
			["a log option", ["--log-opt", "color=red"], 'unknown log option "color"'],
			["a size", ["--log-opt", "max-size=big"], "--log-opt max-size=big: a size"],
			["a variable without a name", ["-e", "=x"], 'invalid environment variable: "=x"'],
			["a relative working directory", ["-w", "srv"], "needs to be an absolute path"],
		];
		for (const [what, flags, sentence] of cases)
			ours(what, async () => {
				const { code, line, hints } = await wrong("run", ...flags, IMAGE, "true");
				expect({ code, hints }).toEqual({ code: 125, hints: [] });
				expect(line).toStartWith("bunker: ");
				expect(line).toContain(sentence);
			});

		ours("an image's name that cannot be one", async () => {
			const { code, line } = await wrong("run", "Not/A:Name:x", "true");
			expect(code).toBe(125);
			expect(line).toContain("Not/A:Name:x");
		});
	});

	ours("-it where stdin is no terminal is refused as docker refuses it: 1", async () => {
		const refused = { code: 1, line: "bunker: the input device is not a TTY", hints: [] };
		expect(await wrong("run", "-it", "--rm", IMAGE, "true")).toEqual(refused);
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
		expect(await wrong("exec", "-it", "web", "true")).toEqual(refused);
		// docker's client asks for the container first (docker/cli, container/exec.go).
		expect((await wrong("exec", "-it", "nosuch", "true")).line).toBe("bunker: No such container: nosuch");
		await engine.ok("rm", "-f", "web");
	});

	ours("a verb with several names does all of them, and says each failure on a line of its own: 1", async () => {
		await engine.ok("run", "--name", "one", IMAGE, "true");
		await engine.ok("run", "--name", "two", IMAGE, "true");
		const { code, stdout, stderr } = await engine.run("rm", "one", "nosuch", "two", "neither");
		expect(code).toBe(1);
		expect(stdout).toBe("one\ntwo\n");
		expect(stderr).toBe("bunker: No such container: nosuch\nbunker: No such container: neither\n");
	});

	ours("inspect of what is not there prints an empty list and the error, as docker does", async () => {
		const { code, stdout, stderr } = await engine.run("inspect", "nosuch");
		expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "[]\n", stderr: "bunker: No such object: nosuch\n" });
	});

	ours("rm -f of what is not there prints the error and succeeds, as docker does", async () => {
		const { code, stdout, stderr } = await engine.run("rm", "-f", "nosuch");
		expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "bunker: No such container: nosuch\n" });
	});

	ours("a result that cannot be written is an error", async () => {
		const shell = Bun.spawnSync([engine.command[0] as string, "images"], {
			env: engine.environment,
			stdout: openSync("/dev/full", "w"),
			stderr: "pipe",
		});
		expect(shell.exitCode).toBe(1);
		expect(shell.stderr.toString()).toBe("bunker: write to standard output: ENOSPC (no space left on device)\n");
	});

	ours("a reader that has gone ends it quietly, as SIGPIPE would: 141", () => {
		const script = `{ sleep 0.3; '${engine.command[0]}' images; echo "exit $?" >&2; } | true`;
		const shell = Bun.spawnSync(["sh", "-c", script], { env: engine.environment, stderr: "pipe" });
		expect(shell.stderr.toString()).toBe("exit 141\n");
	});
});

describe.skipIf(!ready || TARGET === "podman")("help and version", () => {
	const engine = useEngine("help");

	for (const words of [["help"], ["--help"], ["-h"]])
		test(`bunker ${words.join(" ")}: all verbs, on stdout, 0`, async () => {
			const { code, stdout, stderr } = await engine.run(...words);
			expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
			for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} {2,}\\S`, "m"));
		});

	// docker 28's client prints it on stderr where nobody has asked for it, and exits 0
	for (const words of [[], ["container"], ["image"], ["system"]])
		test(`bunker ${words.join(" ")}: the help by itself, on stderr, 0`, async () => {
			const { code, stdout, stderr } = await engine.run(...words);
			expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
			expect(stderr).toBe((await engine.run(...words, "--help")).stdout);
		});

	for (const verb of VERBS)
		test(`${verb} --help: its usage, the same as help ${verb}`, async () => {
			const { code, stdout, stderr } = await engine.run(verb, "--help");
			expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
			expect(stdout).toStartWith(`Usage:  bunker ${verb}`);
			expect(await engine.ok("help", verb)).toBe(stdout.trimEnd());
		});

	test("the help says what run does without --network", async () => {
		expect(await engine.ok("run", "--help")).toMatch(/--network list .*default bridge/);
	});

	test("version, --version and -v name it", async () => {
		expect(await engine.ok("version")).toMatch(/^bunker:\n Version: +\d+\.\d+\.\d+\n Git commit: +\S+\n/);
		expect(await engine.ok("--version")).toMatch(/^bunker version \d+\.\d+\.\d+, build \S+$/);
		expect(await engine.ok("-v")).toBe(await engine.ok("--version"));
	});

	test("none of these makes a directory", async () => {
		const roots = ["--root", `${engine.directory}/no`, "--run-root", `${engine.directory}/no-run`];
		await engine.ok(...roots, "version");
		await engine.ok(...roots, "ps", "--help");
		await engine.run(...roots, "ps", "--nosuch");
		expect(existsSync(`${engine.directory}/no`) || existsSync(`${engine.directory}/no-run`)).toBe(false);
	});

	test("--root and --run-root take the place of the variables", async () => {
		const roots = ["--root", `${engine.directory}/other`, `--run-root=${engine.directory}/other-run`];
		expect(await engine.ok(...roots, "images", "-q")).toBe("");
		expect(readdirSync(`${engine.directory}/other`)).toContain("bunker.db");
		expect(await engine.ok(...roots, "info")).toContain(`Root Dir: ${engine.directory}/other\n`);
	});

	test("a relative --root is one of the directory that bunker is started in", async () => {
		const info = await engine.ok("--root", "near", "--run-root", "./near-run", "info", { cwd: engine.directory });
		expect(info).toContain(`Root Dir: ${engine.directory}/near\nRun Dir: ${engine.directory}/near-run`);
	});
});

/** The log: every line that a container wrote, foreground or not, read back as it was. */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) /;

describe.skipIf(!ready)("logs", () => {
	const engine = useEngine("logs");
	const ended = (name: string) =>
		until(`${name} has ended`, async () => /Exited/.test(await engine.ok("ps", "-a")), 30_000);

	test("a foreground container's output is in its log, too", async () => {
		await engine.run("run", "--name", "fore", IMAGE, "sh", "-c", "echo out; echo err >&2");
		expect(await engine.run("logs", "fore")).toMatchObject({ stdout: "out\n", stderr: "err\n", code: 0 });
		await engine.ok("rm", "fore");
	});

	test("logs keeps stdout and stderr apart", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"apart",
			IMAGE,
			"sh",
			"-c",
			"for i in 1 2 3; do echo o$i; echo e$i >&2; done",
		);
		await ended("apart");
		expect(await engine.run("logs", "apart")).toMatchObject({ stdout: "o1\no2\no3\n", stderr: "e1\ne2\ne3\n" });
		await engine.ok("rm", "apart");
	});

	test("the output of a terminal is in the log as it was, on stdout", async () => {
		await engine.run("run", "-t", "--name", "pty", IMAGE, "sh", "-c", "echo out; echo err >&2");
		expect(await engine.run("logs", "pty")).toMatchObject({ stdout: "out\r\nerr\r\n", stderr: "" });
		await engine.ok("rm", "pty");
	});

	test("-t puts a time stamp before each line", async () => {
		await engine.run("run", "--name", "times", IMAGE, "sh", "-c", "echo a; echo b");
		const lines = (await engine.ok("logs", "-t", "times")).split("\n");
		expect(lines.map((line) => line.replace(STAMP, ""))).toEqual(["a", "b"]);
		expect(lines.every((line) => STAMP.test(line))).toBe(true);
		const time = Date.parse(lines[0]?.split(" ")[0] ?? "");
		expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
		await engine.ok("rm", "times");
	});

	test("--tail shows the last lines, 0 none, all everything", async () => {
		await engine.run("run", "--name", "tail", IMAGE, "seq", "1000");
		expect(await engine.ok("logs", "--tail", "3", "tail")).toBe("998\n999\n1000");
		expect(await engine.ok("logs", "--tail", "0", "tail")).toBe("");
		expect((await engine.ok("logs", "--tail", "2000", "tail")).split("\n")).toHaveLength(1000);
		await engine.ok("rm", "tail");
	});

	ours("-n is --tail", async () => {
		await engine.run("run", "--name", "short", IMAGE, "seq", "10");
		expect(await engine.ok("logs", "-n", "1", "short")).toBe("10");
		await engine.ok("rm", "short");
	});

	ours("--tail all is every line", async () => {
		await engine.run("run", "--name", "all", IMAGE, "seq", "10");
		expect((await engine.ok("logs", "--tail", "all", "all")).split("\n")).toHaveLength(10);
		await engine.ok("rm", "all");
	});

	ours("--tail counts the line that has no end yet", async () => {
		await engine.run("run", "--name", "part", IMAGE, "printf", "a\\nb\\nc");
		expect((await engine.run("logs", "--tail", "2", "part")).stdout.trimEnd()).toBe("b\nc");
		await engine.ok("rm", "part");
	});

	test("-f shows what comes, and ends with the container", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"live",
			IMAGE,
			"sh",
			"-c",
			"echo one; sleep 1; echo two; sleep 0.5; echo three",
		);
		const logs = engine.spawn("logs", "-f", "live");
		await logs.prints("one");
		expect(logs.running).toBe(true);
		expect(await logs.ended()).toBe(0);
		expect(logs.stdout).toBe("one\ntwo\nthree\n");
		await engine.ok("rm", "live");
	});

	test("-f of an ended container prints it and ends", async () => {
		await engine.run("run", "--name", "over", IMAGE, "echo", "over");
		expect(await engine.run("logs", "-f", "over")).toMatchObject({ code: 0, stdout: "over\n" });
		await engine.ok("rm", "over");
	});

	test("-f with --tail begins with the last lines", async () => {
		await engine.ok("run", "-d", "--name", "both", IMAGE, "sh", "-c", "seq 10; sleep 1; echo end");
		await until("it has written", async () => (await engine.ok("logs", "both")).includes("10"));
		const logs = engine.spawn("logs", "-f", "--tail", "2", "both");
		expect(await logs.ended()).toBe(0);
		expect(logs.stdout).toBe("9\n10\nend\n");
		await engine.ok("rm", "both");
	});

	ours("kill -9 of logs -f loses nothing, and another sees all", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"killed",
			IMAGE,
			"sh",
			"-c",
			"for i in $(seq 20); do echo $i; sleep 0.05; done",
		);
		const first = engine.spawn("logs", "-f", "killed");
		await first.prints("5\n");
		first.kill("SIGKILL");
		await first.ended();
		const second = await engine.run("logs", "-f", "killed");
		expect(second.stdout).toBe(`${[...Array(20).keys()].map((n) => n + 1).join("\n")}\n`);
		await engine.ok("rm", "killed");
	});

	test("a million quick lines arrive complete and in order", async () => {
		await engine.ok("run", "-d", "--name", "million", IMAGE, "seq", "1000000");
		await ended("million");
		const { stdout } = await engine.run("logs", "million", { timeout: 60_000 });
		const lines = stdout.split("\n");
		expect(lines).toHaveLength(1_000_001);
		expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(1_000_000);
		await engine.ok("rm", "million");
	}, 120_000);

	ours("local, the default, gives back every byte as it was", async () => {
		const bytes = new Uint8Array(70_000).map((_, index) => (index * 7919) >> 3);
		await engine.run("run", "-i", "--name", "bytes", IMAGE, "cat", { stdin: bytes });
		const { bytes: read } = await engine.run("logs", "bytes");
		expect(Buffer.compare(read, bytes)).toBe(0);
		await engine.ok("rm", "bytes");
	});

	ours("json-file writes docker's lines", async () => {
		const script = `printf 'plain\\nq"\\\\<&>\\t\\001\\nbad \\377 end\\n'; echo err >&2; printf last`;
		const flags = ["--name", "json", "--log-driver", "json-file"];
		await engine.run("run", ...flags, IMAGE, "sh", "-c", script);
		const lines = logFile("json").trim().split("\n");
		const entries = lines.map((line) => JSON.parse(line) as { log: string; stream: string; time: string });
		expect(entries.filter(({ stream }) => stream === "stdout").map(({ log }) => log)).toEqual([
			"plain\n",
			'q"\\<&>\t\u0001\n',
			"bad \ufffd end\n",
			"last",
		]);
		expect(entries.filter(({ stream }) => stream === "stderr").map(({ log }) => log)).toEqual(["err\n"]);
		expect(lines[0]).toMatch(
			/^\{"log":"plain\\n","stream":"stdout","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"\}$/,
		);
		expect(lines.join("\n")).toContain("\\u003c\\u0026\\u003e");
		expect((await engine.run("logs", "json")).stdout).toBe('plain\nq"\\<&>\t\u0001\nbad \ufffd end\nlast');
		await engine.ok("rm", "json");
	});

	ours("json-file cuts lines of more than 16 KiB into parts, and logs joins them", async () => {
		const flags = ["--name", "long", "--log-driver", "json-file"];
		await engine.run("run", ...flags, IMAGE, "sh", "-c", "head -c 40000 /dev/zero | tr '\\0' x; echo");
		const parts = logFile("long")
			.trim()
			.split("\n")
			.map((line) => (JSON.parse(line) as { log: string }).log);
		expect(parts.map((part) => part.length)).toEqual([16384, 16384, 40001 - 32768]);
		expect((await engine.run("logs", "long")).stdout).toBe(`${"x".repeat(40000)}\n`);
		await engine.ok("rm", "long");
	});

	ours("--log-driver none keeps nothing, and logs says so", async () => {
		const outcome = await engine.run("run", "--name", "none", "--log-driver", "none", IMAGE, "echo", "seen");
		expect(outcome.stdout).toBe("seen\n");
		const logs = await engine.run("logs", "none");
		expect(logs.code).toBe(1);
		expect(logs.stdout).toBe("");
		expect(logs.stderr).toContain("none");
		await engine.ok("rm", "none");
	});

	for (const driver of ["local", "json-file"])
		ours(`${driver}: max-size and max-file rotate, and logs reads across the files`, async () => {
			const limits = ["--log-driver", driver, "--log-opt", "max-size=100k", "--log-opt", "max-file=3"];
			await engine.run("run", "--name", "turn", ...limits, IMAGE, "seq", "-w", "100000");
			const directory = containerDirectory("turn");
			const files = readdirSync(directory).filter((name) => /log/.test(name) && /\.\d+$|log$/.test(name));
			expect(files).toHaveLength(3);
			const { stdout } = await engine.run("logs", "turn");
			const lines = stdout.trimEnd().split("\n");
			expect(lines.at(-1)).toBe("100000");
			expect(lines.length).toBeGreaterThan(1000);
			// The first line may be cut by the rotation of its beginning; from there on nothing is missing.
			const first = Number(lines[1]);
			expect(lines.slice(1).findIndex((line, index) => Number(line) !== first + index)).toBe(-1);
			expect(await engine.ok("logs", "--tail", "2", "turn")).toBe("099999\n100000");
			await engine.ok("rm", "turn");
		});

	ours("without --log-opt the log is rotated at 100 MB, in five files", async () => {
		await engine.run("run", "--name", "plain", IMAGE, "true");
		const { Type, Config } = JSON.parse(await engine.ok("inspect", "plain"))[0].HostConfig.LogConfig;
		expect(Type).toBe("local");
		expect(Config["max-size"]).toMatch(/^(100m|100000000)$/);
		expect(Config["max-file"]).toBe("5");
		await engine.ok("rm", "plain");
	});

	ours("logs -f follows across a rotation", async () => {
		const limits = ["--log-opt", "max-size=20k", "--log-opt", "max-file=5"];
		const script = "for i in $(seq 40); do seq $((i * 100)) $((i * 100 + 99)); sleep 0.02; done";
		await engine.ok("run", "-d", "--name", "across", ...limits, IMAGE, "sh", "-c", script);
		const { stdout } = await engine.run("logs", "-f", "across");
		const numbers = stdout.trimEnd().split("\n").map(Number);
		expect(numbers.at(-1)).toBe(4099);
		const first = numbers[1] as number;
		expect(numbers.slice(1).findIndex((number, index) => number !== first + index)).toBe(-1);
		await engine.ok("rm", "across");
	});

	ours("a log driver or an option that there is not: 125, and it is named", async () => {
		const driver = await engine.run("run", "--rm", "--log-driver", "syslog", IMAGE, "true");
		expect(driver.code).toBe(125);
		expect(driver.stderr).toContain("syslog");
		const option = await engine.run("run", "--rm", "--log-opt", "nosuch=1", IMAGE, "true");
		expect(option.code).toBe(125);
		expect(option.stderr).toContain("nosuch");
	});

	test("logs of a second start come after those of the first", async () => {
		await engine.run("run", "--name", "twice", IMAGE, "echo", "again");
		await engine.ok("start", "-a", "twice");
		expect((await engine.run("logs", "twice")).stdout).toBe("again\nagain\n");
		await engine.ok("rm", "twice");
	});

	describe("--since and --until", () => {
		const written = async (driver: string) => {
			await engine.ok(
				"run",
				"--name",
				"when",
				"--log-driver",
				driver,
				IMAGE,
				"sh",
				"-c",
				"echo one; sleep 0.3; echo two; sleep 0.3; echo three",
			);
			const lines = (await engine.ok("logs", "-t", "when")).split("\n").filter(Boolean);
			return lines.map((line) => line.split(" ")[0] ?? "");
		};

		for (const driver of process.env.TARGET === "podman" ? ["json-file"] : ["local", "json-file"])
			test(`give what was written between, of ${driver}`, async () => {
				const [, two = ""] = await written(driver);
				const logs = (...flags: string[]) => engine.ok("logs", ...flags, "when");
				expect(await logs("--since", two)).toBe("two\nthree");
				expect(await logs("--until", two)).toBe("one\ntwo");
				expect(await logs("--since", two, "--until", two)).toBe("two");
				expect(await logs("--since", "1h")).toBe("one\ntwo\nthree");
				expect(await logs("--until", "1h")).toBe("");
				await engine.removeAll();
			});

		ours("seconds since the epoch, with a fraction", async () => {
			const [one = ""] = await written("local");
			const seconds = `${Math.floor(Date.parse(one) / 1000)}.${/\.(\d+)/.exec(one)?.[1] ?? "0"}`;
			expect(await engine.ok("logs", "--until", seconds, "when")).toBe("one");
			await engine.removeAll();
		});

		ours("-n counts the last lines first, as docker does", async () => {
			const [one = ""] = await written("local");
			expect(await engine.ok("logs", "-n", "2", "--until", one, "when")).toBe("");
			expect(await engine.ok("logs", "-n", "2", "--since", one, "when")).toBe("two\nthree");
			await engine.removeAll();
		});

		ours("-f ends at --until", async () => {
			await engine.ok("run", "-d", "--name", "when", IMAGE, "sh", "-c", "echo one; sleep 1000");
			const past = await engine.run("logs", "-f", "--until", "1h", "when");
			expect(past).toMatchObject({ code: 0, stdout: "" });
			const future = new Date(Date.now() + 1500).toISOString();
			expect(await engine.run("logs", "-f", "--until", future, "when")).toMatchObject({ code: 0, stdout: "one\n" });
			await engine.removeAll();
		});

		ours("that is no moment: 1, as docker, and it is named", async () => {
			const outcome = await engine.run("logs", "--since", "yesterday", "nosuch");
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain(
				'invalid value for "since": failed to parse value as time or duration: "yesterday"',
			);
		});
	});

	describe("--details", () => {
		const flags = ["-l", "env=prod", "-l", "other=x", "--log-opt", "labels=env,nosuch", "--log-opt", "tag={{.Name}} 1"];

		for (const driver of ["local", "json-file"])
			ours(`puts labels and tag before each line, of ${driver}`, async () => {
				await engine.ok(
					"run",
					"--name",
					"shown",
					"--log-driver",
					driver,
					...flags,
					IMAGE,
					"sh",
					"-c",
					"echo one; echo two",
				);
				expect(await engine.ok("logs", "--details", "shown")).toBe(
					"env=prod,tag=shown+1 one\nenv=prod,tag=shown+1 two",
				);
				const [line = ""] = (await engine.ok("logs", "--details", "-t", "-n", "1", "shown")).split("\n");
				expect(line).toMatch(new RegExp(`${STAMP.source}env=prod,tag=shown\\+1 two$`));
				await engine.removeAll();
			});

		ours("json-file has them in each line, as docker's", async () => {
			await engine.ok("run", "--name", "shown", "--log-driver", "json-file", ...flags, IMAGE, "echo", "one");
			const line = logFile("shown");
			expect(line).toStartWith('{"log":"one\\n","stream":"stdout","attrs":{"env":"prod","tag":"shown 1"},"time":"');
			await engine.removeAll();
		});

		ours("of a log without any begins each line with a blank, as docker's", async () => {
			await engine.ok("run", "--name", "shown", IMAGE, "echo", "one");
			expect((await engine.run("logs", "--details", "shown")).stdout).toBe(" one\n");
			await engine.removeAll();
		});

		ours("a tag with an unknown field is refused", async () => {
			const outcome = await engine.run("run", "--log-opt", "tag={{.Nosuch}}", IMAGE, "true");
			expect(outcome.code).toBe(125);
			expect(outcome.stderr).toContain("--log-opt tag={{.Nosuch}}: of the fields of a tag these are known: ID");
		});
	});

	test("logs of an unknown container: 1, and it is named", async () => {
		const outcome = await engine.run("logs", "nosuch");
		if (process.env.TARGET !== "podman") expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	function containerDirectory(name: string): string {
		const id = readdirSync(`${engine.root}/containers`).find((found) => inspectId(name) === found);
		return `${engine.root}/containers/${id}`;
	}

	function inspectId(name: string): string {
		const out = Bun.spawnSync([...engine.command, "inspect", name], { env: engine.environment }).stdout.toString();
		return JSON.parse(out)[0].Id;
	}

	function logFile(name: string): string {
		const out = Bun.spawnSync([...engine.command, "inspect", name], { env: engine.environment }).stdout.toString();
		return readFileSync(JSON.parse(out)[0].LogPath, "utf8");
	}
});

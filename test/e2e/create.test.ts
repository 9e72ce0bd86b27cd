/** `create`, and what `run` and `create` have in common: names, ids in files, variables, labels. */

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ID, IMAGE, ours, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready)("create", () => {
	const engine = useEngine("create");
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];

	test("prints the id of a container that is created, and does not run", async () => {
		const outcome = await engine.run("create", "--name", "made", IMAGE, "echo", "hi");
		expect(outcome).toMatchObject({ code: 0, stderr: "" });
		expect(outcome.stdout).toMatch(ID);
		expect((await inspect("made")).State).toMatchObject({ Status: "created", Running: false, Pid: 0, ExitCode: 0 });
		expect(await engine.ok("ps", "-a")).toMatch(/Created\s+made$/);
		expect(await engine.ok("ps", "-q")).toBe("");
		await engine.removeAll();
	});

	test("start starts what was created, with its flags", async () => {
		await engine.ok(
			"create",
			"--name",
			"made",
			"-e",
			"A=1",
			"-h",
			"box",
			IMAGE,
			"sh",
			"-c",
			"echo $A $(hostname); exit 3",
		);
		const outcome = await engine.run("start", "-a", "made");
		expect(outcome).toMatchObject({ code: 3, stdout: "1 box\n" });
		await engine.removeAll();
	});

	test("a container of create -i reads what start -ai is given", async () => {
		await engine.ok("create", "-i", "--name", "made", IMAGE, "cat");
		expect((await engine.run("start", "-ai", "made", { stdin: "hello" })).stdout).toBe("hello");
		await engine.removeAll();
	});

	ours("with --rm it waits for its start, whoever looks, and is gone after its end", async () => {
		await engine.ok("create", "--rm", "--name", "made", IMAGE, "echo", "hi");
		for (const verb of [["ps", "-a"], ["inspect", "made"], ["info"]]) await engine.ok(...verb);
		expect(await engine.ok("ps", "-a")).toMatch(/Created\s+made$/);
		expect(await engine.ok("start", "-a", "made")).toBe("hi");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	test("what is created can be removed without having run", async () => {
		await engine.ok("create", "--name", "made", IMAGE, "true");
		expect(await engine.ok("rm", "made")).toBe("made");
	});

	ours("container create is create", async () => {
		expect((await engine.run("container", "create", IMAGE, "true")).stdout).toMatch(ID);
		await engine.removeAll();
	});

	ours("a taken name, an unknown image: 1, and nothing is made", async () => {
		await engine.ok("create", "--name", "made", IMAGE, "true");
		const taken = await engine.run("create", "--name", "made", IMAGE, "true");
		expect(taken.code).toBe(1);
		expect(taken.stderr).toContain('the container name "made" is already in use');
		const missing = await engine.run("create", "nosuch", "true");
		expect(missing.code).toBe(1);
		expect(missing.stderr).toContain("nosuch");
		expect((await engine.ok("ps", "-a", "-q")).split("\n")).toHaveLength(1);
		await engine.removeAll();
		await engine.assertClean();
	});

	ours("-d is run's alone: 125", async () => {
		const outcome = await engine.run("create", "-d", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("unknown shorthand flag: 'd' in -d");
	});

	ours("without an image: 1, with the verb's own name", async () => {
		const outcome = await engine.run("create");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("'bunker create' requires at least 1 argument");
	});

	describe("--cidfile", () => {
		test("holds the id, without a newline, of run and of create", async () => {
			for (const verb of [["create"], ["run", "-d"]]) {
				const path = `${engine.scratch()}/id`;
				const id = await engine.ok(...verb, "--cidfile", path, IMAGE, "true");
				if (TARGET === "bunker")
					expect(await engine.ok("inspect", "-f", "{{.HostConfig.ContainerIDFile}}", id)).toBe(path);
				expect(readFileSync(path, "utf8")).toBe(id);
			}
			await engine.removeAll();
		});

		ours("that is there already is refused, and stays as it is", async () => {
			const path = `${engine.scratch()}/id`;
			writeFileSync(path, "old");
			const outcome = await engine.run("run", "--cidfile", path, IMAGE, "true");
			expect(outcome.code).toBe(125);
			expect(outcome.stderr).toContain(
				"container ID file found, make sure the other container isn't running or delete",
			);
			expect(outcome.stderr).toContain(path);
			expect(readFileSync(path, "utf8")).toBe("old");
			expect(await engine.ok("ps", "-a", "-q")).toBe("");
		});

		ours("is removed where no container could be made, as docker does", async () => {
			const path = `${engine.scratch()}/id`;
			await engine.ok("create", "--name", "taken", IMAGE, "true");
			expect((await engine.run("run", "--cidfile", path, "--name", "taken", IMAGE, "true")).code).toBe(125);
			expect((await engine.run("create", "--cidfile", path, "nosuch", "true")).code).toBe(1);
			expect(existsSync(path)).toBe(false);
			await engine.removeAll();
		});

		ours("in a directory that is not there says so", async () => {
			const outcome = await engine.run("create", "--cidfile", "/nosuch/id", IMAGE, "true");
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("make the container ID file: open /nosuch/id: ENOENT");
		});
	});

	describe("--env-file", () => {
		const file = (content: string) => {
			const path = `${engine.scratch()}/file`;
			writeFileSync(path, content);
			return path;
		};

		test("sets the variables of its lines; -e wins, NAME alone is the caller's", async () => {
			const path = file("# comment\n\n  A=1 2 \nB='q'\nC\nD=file\nNOTHING\n");
			const flags = ["--env-file", path, "-e", "D=flag"];
			const out = await engine.ok("run", "--rm", ...flags, IMAGE, "env", { env: { C: "caller" } });
			const lines = out.split("\n");
			for (const line of ["A=1 2 ", "B='q'", "C=caller", "D=flag"]) expect(lines).toContain(line);
			expect(out).not.toContain("NOTHING");
		});

		test("of exec as well", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			expect(await engine.ok("exec", "--env-file", file("X=y\n"), "web", "sh", "-c", "echo $X")).toBe("y");
			await engine.removeAll();
		});

		ours("with a name that holds a blank, without a name, or missing: 125, and 1 of exec, as docker", async () => {
			const cases = [
				[file("export A=1\n"), "variable 'export A' contains whitespaces"],
				[file("=x\n"), "no variable name on line '=x'"],
				["/nosuch", "ENOENT"],
			] as const;
			for (const [path, message] of cases) {
				const flags = ["--env-file", path];
				for (const [code, ...words] of [
					[125, "run", "--rm", ...flags, IMAGE, "true"],
					[1, "exec", ...flags, "any", "true"],
				] as [number, ...string[]][]) {
					const outcome = await engine.run(...words);
					expect(outcome.code).toBe(code);
					expect(outcome.stderr).toContain(message);
					expect(outcome.stderr).toContain(path);
				}
			}
		});
	});

	describe("labels", () => {
		test("of --label and --label-file are shown; the flag wins", async () => {
			const path = `${engine.scratch()}/labels`;
			writeFileSync(path, "a=file\nb=file\n");
			await engine.ok("create", "--name", "made", "--label-file", path, "-l", "a=flag", "--label", "c", IMAGE, "true");
			expect((await inspect("made")).Config.Labels).toMatchObject({ a: "flag", b: "file", c: "" });
			await engine.removeAll();
		});

		ours("without a name are refused", async () => {
			const outcome = await engine.run("create", "-l", "=x", IMAGE, "true");
			expect(outcome.code).toBe(125);
			expect(outcome.stderr).toContain('invalid label "=x"');
		});

		ours("--annotation needs a value, and cannot name what is bunker's own", async () => {
			for (const annotation of ["a", "=b", "bunker.user=root", "bunker.devices=all"]) {
				const outcome = await engine.run("create", "--annotation", annotation, IMAGE, "true");
				expect(outcome.code).toBe(125);
				expect(outcome.stderr).toContain(`invalid annotation "${annotation}"`);
			}
			await engine.ok("run", "--rm", "--annotation", "org.example.a=b", IMAGE, "true");
		});
	});
});

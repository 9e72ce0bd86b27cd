/** How a container is named, and how `ps`, `inspect` and the others find it. */

import { describe, expect, test } from "bun:test";
import { ID, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("names", () => {
	const engine = useEngine("names");
	const inspect = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];

	test("a container is named by full id, unique prefix or name", async () => {
		const id = await engine.ok("run", "-d", "--name", "three", IMAGE, "sleep", "1000");
		for (const name of [id, id.slice(0, 12), id.slice(0, 6), "three"])
			expect(await engine.ok("exec", name, "cat", "/proc/1/comm")).toBe("sleep");
		expect(await engine.ok("rm", "-f", id.slice(0, 10))).toBe(id.slice(0, 10));
	});

	ours("an ambiguous prefix says so", async () => {
		const firsts = new Map<string, string>();
		let shared: string | undefined;
		while (!shared) {
			const id = await engine.ok("run", "-d", IMAGE, "true");
			const first = id.slice(0, 1);
			if (firsts.has(first)) shared = first;
			firsts.set(first, id);
		}
		const outcome = await engine.run("inspect", shared);
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toMatch(/multiple|ambiguous|several|more than one/i);
		expect(outcome.stderr).toContain(shared);
		await engine.removeAll();
	});

	ours("a name wins over an id's prefix", async () => {
		const id = await engine.ok("run", "-d", IMAGE, "true");
		await engine.ok("run", "-d", "--name", id.slice(0, 4), IMAGE, "true");
		expect((await inspect(id.slice(0, 4))).Name).toBe(`/${id.slice(0, 4)}`);
		await engine.removeAll();
	});

	for (const name of ["a b", "-x", ".x", "a/b", "ä", "a", ""])
		ours(`the name ${JSON.stringify(name)} is refused as docker refuses it`, async () => {
			const outcome = await engine.run("run", `--name=${name}`, IMAGE, "true");
			if (name === "")
				expect(outcome.code).toBe(0); // docker takes the empty name as none
			else {
				expect(outcome.code).toBe(125);
				expect(outcome.stderr).toContain(name);
			}
			expect((await engine.ok("ps", "-a", "-q")).split("\n").filter(Boolean)).toHaveLength(name === "" ? 1 : 0);
			await engine.removeAll();
		});

	for (const name of ["ab", "A.b-c_1", "0x", "x".repeat(100)])
		test(`the name ${name} is fine`, async () => {
			await engine.ok("run", "--name", name, IMAGE, "true");
			expect(await engine.ok("rm", name)).toBe(name);
		});

	test("generated names are adjective_surname", async () => {
		await engine.ok("run", "-d", IMAGE, "true");
		expect(await engine.ok("ps", "-a")).toMatch(/\s[a-z]+_[a-z]+$/);
		await engine.removeAll();
	});

	test("ids are 64 hex digits, and -q shows twelve", async () => {
		const { stdout } = await engine.run("run", "-d", IMAGE, "sleep", "1000");
		expect(stdout).toMatch(ID);
		expect(await engine.ok("ps", "-q")).toBe(stdout.slice(0, 12));
		expect(await engine.ok("ps", "-q", "--no-trunc")).toBe(stdout.trim());
		await engine.removeAll();
	});

	ours("ps prints docker's columns", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sh", "-c", "sleep 1000; true", "long");
		await engine.run("run", "--name", "done", IMAGE, "sh", "-c", "exit 3");
		const lines = (await engine.ok("ps", "-a")).split("\n");
		expect(lines[0]).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND {18}CREATED {5,} *STATUS +PORTS {5}NAMES$/);
		expect(lines[1]).toMatch(/^[0-9a-f]{12} {3}busybox {3}"sh -c 'exit 3'" +\d+ seconds? ago|Less than a second ago/);
		expect(lines[1]).toMatch(/Exited \(3\) .* ago +done$/);
		expect(lines[2]).toMatch(/^[0-9a-f]{12} {3}busybox {3}"sh -c 'sleep 1000; …" +/);
		expect(lines[2]).toMatch(/Up (Less than a second|\d+ seconds?) +web$/);
		expect((await engine.ok("ps")).split("\n")).toHaveLength(2);
		await engine.removeAll();
	});

	ours("ps without any container prints the header alone", async () => {
		expect(await engine.ok("ps")).toBe("CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES");
	});

	test("ps shows the newest first", async () => {
		for (const name of ["n1", "n2", "n3"]) await engine.ok("run", "-d", "--name", name, IMAGE, "sleep", "1000");
		const names = (await engine.ok("ps"))
			.split("\n")
			.slice(1)
			.map((line) => line.split(/\s+/).at(-1));
		expect(process.env.TARGET === "podman" ? names.sort().reverse() : names).toEqual(["n3", "n2", "n1"]);
		await engine.removeAll();
	});

	test("inspect shows what docker's does", async () => {
		const flags = ["--name", "look", "-h", "box", "-e", "A=1", "-w", "/tmp", "-u", "app", "--read-only"];
		const id = await engine.ok("run", "-d", ...flags, IMAGE, "sleep", "1000");
		const shown = await inspect("look");
		expect(shown.Id).toBe(id);
		expect(shown.Config.Hostname).toBe("box");
		expect(shown.Config.Env).toContain("A=1");
		expect(shown.Config.WorkingDir).toBe("/tmp");
		expect(shown.Config.User).toBe("app");
		expect(shown.Config.Cmd).toEqual(["sleep", "1000"]);
		expect(shown.HostConfig.ReadonlyRootfs).toBe(true);
		expect(shown.State).toMatchObject({ Status: "running", Running: true, ExitCode: 0 });
		expect(shown.State.Pid).toBeGreaterThan(1);
		await engine.removeAll();
	});

	ours("inspect's name, image, path and mounts are docker's", async () => {
		const directory = engine.scratch();
		await engine.ok("run", "-d", "--name", "look", "-v", `${directory}:/data:ro`, IMAGE, "sleep", "1000");
		const shown = await inspect("look");
		expect(shown.Name).toBe("/look");
		expect(shown.Image).toMatch(/^sha256:[0-9a-f]{64}$/);
		expect(shown.Config.Image).toBe(IMAGE);
		expect(shown.Path).toBe("sleep");
		expect(shown.Args).toEqual(["1000"]);
		expect(shown.Driver).toMatch(/^overlay/);
		expect(shown.HostConfig.NetworkMode).toBe("bridge");
		expect(shown.HostConfig.Binds).toEqual([`${directory}:/data:ro`]);
		expect(shown.Mounts).toEqual([
			expect.objectContaining({ Type: "bind", Source: directory, Destination: "/data", RW: false }),
		]);
		await engine.removeAll();
	});

	ours("inspect of something unknown prints [] and one line, and exits 1", async () => {
		const outcome = await engine.run("inspect", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stdout).toBe("[]\n");
		expect(outcome.stderr).toContain("nosuch");
	});

	ours("version tells bunker's, Bun's and the machine's", async () => {
		const out = await engine.ok("version");
		expect(out).toMatch(/version/i);
		expect(out).toMatch(/linux\/(amd64|arm64)/);
		expect(await engine.ok("--version")).toMatch(/\d+\.\d+\.\d+/);
	});

	ours("info counts containers and images", async () => {
		await engine.ok("run", "-d", "--name", "run", IMAGE, "sleep", "1000");
		await engine.ok("wait", await engine.ok("run", "-d", IMAGE, "true"));
		const out = await engine.ok("info");
		expect(out).toMatch(/Containers:\s+2/);
		expect(out).toMatch(/Running:\s+1/);
		expect(out).toMatch(/Images:\s+1/);
		expect(out).toContain(engine.root);
		await engine.removeAll();
	});
});

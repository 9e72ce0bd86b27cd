/** What volumes are for: content that outlives containers, and is apart from their images. */

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("volumes", () => {
	const engine = useEngine("lessons");
	afterEach(() => engine.removeAll());

	/** What a script prints in a new container. */
	const inside = (flags: readonly string[], script: string) =>
		engine.ok("run", "--rm", ...flags, IMAGE, "sh", "-c", script);

	// docs.docker.com, storage/bind-mounts: the classic lesson.
	test("what is written to a directory of the host is there when the container is gone", async () => {
		const from = `${engine.scratch()}/from1`;
		mkdirSync(from);
		await engine.ok("run", "-d", "--name", "writer", "-v", `${from}:/to1`, IMAGE, "sleep", "1000");
		await engine.ok("exec", "writer", "sh", "-c", "echo kept > /to1/file");
		expect(readFileSync(`${from}/file`, "utf8")).toBe("kept\n");
		await engine.ok("stop", "-t", "0", "writer");
		await engine.ok("rm", "writer");
		expect(readFileSync(`${from}/file`, "utf8")).toBe("kept\n");
		expect(await inside(["-v", `${from}:/elsewhere`], "cat /elsewhere/file")).toBe("kept");
	});

	test("what was mounted is not in a committed image, and what is mounted there later hides what is", async () => {
		const [from1, from2] = [engine.scratch(), engine.scratch()];
		writeFileSync(`${from2}/file`, "of the second\n");
		const script = "echo of the first > /to1/file; mkdir -p /to2; echo of the image > /to2/file";
		await engine.ok("run", "--name", "maker", "-v", `${from1}:/to1`, IMAGE, "sh", "-c", script);
		await engine.ok("commit", "maker", "lesson:1");
		const run = (flags: string[], path: string) =>
			engine.run("run", "--rm", ...flags, "lesson:1", "cat", path).then(({ stdout }) => stdout);
		expect(await run([], "/to2/file")).toBe("of the image\n");
		expect(await run([], "/to1/file")).toBe("");
		expect(await run(["-v", `${from2}:/to2`], "/to2/file")).toBe("of the second\n");
		expect(await run(["-v", `${from2}:/to1`], "/to1/file")).toBe("of the second\n");
		expect(await run([], "/to2/file")).toBe("of the image\n");
		expect(readFileSync(`${from1}/file`, "utf8")).toBe("of the first\n");
		await engine.ok("rmi", "-f", "lesson:1");
	});

	test("two containers of one image never see each other's files, but in what they share", async () => {
		const shared = engine.scratch();
		for (const name of ["one", "two"])
			await engine.ok("run", "-d", "--name", name, "-v", `${shared}:/shared`, IMAGE, "sleep", "1000");
		await engine.ok("exec", "one", "sh", "-c", "echo secret > /file; echo secret > /etc/file; echo all > /shared/file");
		expect((await engine.run("exec", "two", "cat", "/file")).code).toBe(1);
		expect((await engine.run("exec", "two", "cat", "/etc/file")).code).toBe(1);
		expect(await engine.ok("exec", "two", "cat", "/shared/file")).toBe("all");
		await engine.ok("exec", "two", "sh", "-c", "rm /shared/file; echo other > /file");
		expect(await engine.ok("exec", "one", "sh", "-c", "cat /file; ls /shared")).toBe("secret");
	});

	test("a volume of a name is one for all, until it is removed", async () => {
		await inside(["-v", "shared:/a"], "echo first > /a/file");
		expect(await inside(["--mount", "type=volume,src=shared,dst=/b/c"], "cat /b/c/file")).toBe("first");
		const { code, stderr } = await engine.run("run", "--rm", "-v", "shared:/a:ro", IMAGE, "touch", "/a/other");
		expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("Read-only file system") });
	});

	test("a read-only root has writable tmpfs and volumes", async () => {
		const from = engine.scratch();
		const flags = ["--read-only", "--tmpfs", "/run", "-v", `${from}:/data`, "-v", "kept:/kept", "-v", "/own"];
		const mounts = ["--mount", "type=tmpfs,dst=/scratch", "--mount", `type=bind,src=${from},dst=/fixed,readonly`];
		const script = `for d in / /etc /run /data /kept /own /scratch /fixed /dev/shm; do
			touch $d/new 2>/dev/null && echo $d; done`;
		const written = await inside([...flags, ...mounts], script);
		expect(written.split("\n")).toEqual(["/run", "/data", "/kept", "/own", "/scratch", "/dev/shm"]);
		expect(existsSync(`${from}/new`)).toBe(true);
	});

	test("--shm-size is the size of /dev/shm, which is no volume", async () => {
		const df = "df -k /dev/shm | tail -n 1";
		expect(await inside(["--shm-size", "2m"], df)).toMatch(/^shm\s+2048\s/);
		expect(
			await inside(["--read-only", "--shm-size=1m"], `${df}; dd if=/dev/zero of=/dev/shm/x bs=512k count=1`),
		).toMatch(/^shm\s+1024\s/);
		const full = await engine.run(
			"run",
			"--rm",
			"--shm-size=1m",
			IMAGE,
			"dd",
			"if=/dev/zero",
			"of=/dev/shm/x",
			"bs=2M",
		);
		expect(full.stderr).toContain("No space left on device");
	});

	// docs.docker.com, storage/bind-mounts: -v makes what is missing, --mount does not.
	ours("-v makes a source that is missing, as a directory; --mount refuses it (podman makes none)", async () => {
		const missing = `${engine.scratch()}/not/there`;
		const refused = await engine.run("run", "--mount", `type=bind,src=${missing},dst=/x`, IMAGE, "true");
		expect(refused).toMatchObject({
			code: 125,
			stderr: `bunker: invalid mount config for type "bind": bind source path does not exist: ${missing}\n`,
		});
		expect(existsSync(missing)).toBe(false);
		expect(await engine.ok("ps", "-aq")).toBe("");
		await inside(["--mount", `type=bind,src=${missing},dst=/x,bind-create-src`], "touch /x/a");
		expect(existsSync(`${missing}/a`)).toBe(true);
		await inside(["-v", `${missing}/below:/x`], "touch /x/b");
		expect(existsSync(`${missing}/below/b`)).toBe(true);
	});

	test("a source that is a link is what it leads to; one that leads nowhere is missing", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/real`);
		writeFileSync(`${directory}/real/file`, "here\n");
		symlinkSync("real", `${directory}/link`);
		symlinkSync("nowhere", `${directory}/broken`);
		expect(await inside(["--mount", `type=bind,src=${directory}/link,dst=/x`], "cat /x/file")).toBe("here");
		const { code } = await engine.run("run", "--mount", `type=bind,src=${directory}/broken,dst=/x`, IMAGE, "true");
		expect(code).toBe(125);
	});

	describe("--volumes-from", () => {
		const from = async (name: string, ...flags: string[]) => {
			await engine.ok("create", "--name", name, ...flags, IMAGE, "true");
			return name;
		};

		ours("gives what another container has, and to the next (podman: binds to the first only)", async () => {
			const path = engine.scratch();
			await from("giver", "-v", `${path}:/host`, "-v", "/own", "-v", "given:/named");
			await inside(["--volumes-from", "giver"], "echo a > /host/a; echo b > /own/b; echo c > /named/c");
			await from("taker", "--volumes-from", "giver");
			expect(await inside(["--volumes-from", "taker"], "cat /host/a /own/b /named/c")).toBe("a\nb\nc");
		});

		ours(":ro is read-only, and what was read-only stays it (podman: :rw makes it writable)", async () => {
			await from("giver", "-v", "/own", "-v", `${engine.scratch()}:/fixed:ro`);
			const script = "for d in /own /fixed; do touch $d/x 2>/dev/null && echo $d; done; true";
			expect(await inside(["--volumes-from", "giver:ro"], script)).toBe("");
			expect(await inside(["--volumes-from", "giver:rw"], script)).toBe("/own");
			expect(await inside(["--volumes-from", "giver:ro,z"], script)).toBe("");
		});

		// moby, daemon/volumes.go, registerMountPoints.
		test("of several the last that has a directory counts, and what has a name or path before all of them", async () => {
			for (const name of ["first", "last"]) {
				await from(name, "-v", `${name}:/x`, "-v", `${name}-own:/${name}`);
				await inside(["-v", `${name}:/x`], `echo ${name} > /x/name`);
			}
			const both = ["--volumes-from", "first", "--volumes-from", "last"];
			expect(await inside(both, "cat /x/name; ls -d /first /last")).toBe("last\n/first\n/last");
			expect(await inside([...both, "-v", "first:/x"], "cat /x/name")).toBe("first");
			expect(await inside([...both, "--mount", "type=tmpfs,dst=/x"], "ls /x")).toBe("");
		});

		// moby, daemon/create_unix.go: HasMountFor.
		ours("a volume without a name gives way to it, and to a tmpfs (podman: it does not)", async () => {
			await from("giver", "-v", "giver:/x");
			await inside(["--volumes-from", "giver"], "echo given > /x/name");
			expect(await inside(["--volumes-from", "giver", "-v", "/x"], "cat /x/name")).toBe("given");
			expect(await inside(["--tmpfs", "/y", "-v", "/y"], "grep ' /y ' /proc/mounts")).toMatch(/^tmpfs /);
		});

		test("of a container that is not there is 125, and nothing is made", async () => {
			const { code, stderr } = await engine.run("run", "--volumes-from", "nosuch", IMAGE, "true");
			expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringMatching(/nosuch/) });
			expect(await engine.ok("ps", "-aq")).toBe("");
		});
	});
});

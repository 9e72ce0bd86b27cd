/** `cp`: how its arguments are read, archives, mounts, what is refused and what is said. */

import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { tar } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("cp", () => {
	const engine = useEngine("cp-ends");
	const sleeping = (name: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--name", name, ...flags, IMAGE, "sleep", "1000");
	/** Fails in this way: 1, and one line (and what to do). */
	async function refused(words: string[], message: string, cwd?: string): Promise<void> {
		const outcome = await engine.run("cp", ...words, ...(cwd ? [{ cwd }] : []));
		expect([words, outcome.code, outcome.stdout]).toEqual([words, 1, ""]);
		expect(outcome.stderr).toMatch(/^bunker: [^\n]*\n([^\n]*\n)?$/);
		expect(outcome.stderr).toContain(message);
	}
	const names = (bytes: Uint8Array) =>
		Bun.spawnSync(["tar", "-tf", "-"], { stdin: new Uint8Array(bytes) })
			.stdout.toString()
			.trim()
			.split("\n")
			.toSorted();

	describe("reads its arguments:", () => {
		test("a path with a colon is the host's if it is absolute or begins with a point", async () => {
			const cwd = engine.scratch();
			await sleeping("colon");
			writeFileSync(`${cwd}/a:b`, "colon");
			await engine.ok("cp", "./a:b", "colon:/one", { cwd });
			await engine.ok("cp", `${cwd}/a:b`, "colon:/two:2", { cwd });
			expect(await engine.ok("exec", "colon", "sh", "-c", "cat /one /two:2")).toBe("coloncolon");
			await engine.ok("cp", "colon:/two:2", "./c:d", { cwd });
			expect(readFileSync(`${cwd}/c:d`, "utf8")).toBe("colon");
			await engine.ok("rm", "-f", "colon");
		});

		ours("containers at both ends, at neither, nothing at all: docker's words", async () => {
			await refused(["a:/x", "b:/x"], "copying between containers is not supported");
			await refused(["a", "./b"], "must specify at least one container source");
			await refused(["-", "-"], "must specify at least one container source");
			await refused([":a", "b"], "must specify at least one container source");
			await refused(["", "b:/x"], "source can not be empty");
			await refused(["a:/x", ""], "destination can not be empty");
			for (const words of [
				["a:", "."],
				[".", "a:"],
			])
				await refused(words, "bad parameter: path cannot be empty");
			await refused(["a:/x", "."], "No such container: a");
			await refused([await busyboxTar(), "a:/x"], "No such container: a");
			expect((await engine.run("cp", "a:/x")).stderr).toContain("'bunker cp' requires 2 arguments");
			expect((await engine.run("container", "cp", "a:/x")).stderr).toContain(
				"'bunker container cp' requires 2 arguments",
			);
		});

		// podman's is one from the working directory.
		ours("a path in a container is one from its /, points are counted there, and do not lead out", async () => {
			const cwd = engine.scratch();
			await sleeping("root", "-w", "/tmp");
			await engine.ok("exec", "root", "sh", "-c", "echo top > /top; mkdir -p /a/b");
			for (const path of ["top", "/top", "./top", "../../top", "/a/b/../../../top", "//top"])
				await engine.ok("cp", `root:${path}`, "out", { cwd });
			expect(readdirSync(cwd)).toEqual(["out"]);
			await engine.ok("exec", "root", "sh", "-c", "ln -s ../../../../../../../top /a/b/up; ln -s /a/../.. /a/root");
			await engine.ok("cp", "-q", "root:/a/root/top", "out", { cwd });
			expect(readFileSync(`${cwd}/out`, "utf8")).toBe("top\n");
			await engine.ok("rm", "-f", "root");
		});

		ours("names that are no text are copied as they are", async () => {
			const cwd = engine.scratch();
			await sleeping("bytes");
			await engine.ok("exec", "bytes", "sh", "-c", `f=$(printf '\\377'); echo bytes > "/x$f"`);
			const typed = `f=$(printf '\\377'); exec "${engine.directory}/bin/bunker" cp "bytes:/x$f" .`;
			expect(Bun.spawnSync(["sh", "-c", typed], { cwd, env: engine.environment }).exitCode).toBe(0);
			expect(readdirSync(cwd, "buffer").map((name) => [...name])).toEqual([[0x78, 0xff]]);
			await engine.ok("rm", "-f", "bytes");
		});
	});

	describe("with -:", () => {
		// podman calls directories `d`, not `d/`.
		ours("writes an archive: of a file, a directory, what is in it, and of what a link leads to", async () => {
			await sleeping("pack");
			await engine.ok(
				"exec",
				"pack",
				"sh",
				"-c",
				"mkdir -p /d/sub; echo x > /d/sub/x; ln -s d /link; ln -s /d/sub/x /file",
			);
			const packed = async (...words: string[]) => names((await engine.run("cp", ...words, "-")).bytes);
			expect(await packed("pack:/d/sub/x")).toEqual(["x"]);
			expect(await packed("pack:/d")).toEqual(["d/", "d/sub/", "d/sub/x"]);
			expect(await packed("pack:/d/.")).toEqual(["./", "./sub/", "./sub/x"]);
			expect(await packed("pack:/link")).toEqual(["link"]);
			expect(await packed("pack:/link/")).toEqual(["link/", "link/sub/", "link/sub/x"]);
			expect(await packed("-L", "pack:/link")).toEqual(["d/", "d/sub/", "d/sub/x"]);
			expect(await packed("-L", "pack:/file")).toEqual(["x"]);
			const all = (await packed("pack:/")).filter((name) => /^\.\/(d|proc|sys|dev)\//.test(name));
			expect(all).toEqual(["./d/", "./d/sub/", "./d/sub/x", "./dev/", "./proc/", "./sys/"]);
			await engine.ok("rm", "-f", "pack");
		});

		test("unpacks one, compressed or not, into a directory that is there", async () => {
			await sleeping("unpack");
			const archive = await tar([
				{ name: "d/", type: "directory" },
				{ name: "d/x", content: "packed" },
			]);
			await engine.ok("exec", "unpack", "ln", "-s", "/tmp", "/link");
			await engine.ok("cp", "-", "unpack:/link", { stdin: archive });
			expect(await engine.ok("exec", "unpack", "cat", "/tmp/d/x")).toBe("packed");
			await engine.ok("exec", "unpack", "rm", "-r", "/tmp/d");
			await engine.ok("cp", "-", "unpack:/tmp/", { stdin: Bun.gzipSync(new Uint8Array(archive)) });
			expect(await engine.ok("exec", "unpack", "cat", "/tmp/d/x")).toBe("packed");
			await engine.ok("rm", "-f", "unpack");
		});

		ours("says what it cannot: no directory, no archive", async () => {
			await sleeping("odd");
			const archive = await tar([{ name: "x", content: "packed" }]);
			const words = ["/etc/passwd", "/nosuch"].map((path) => `odd:${path}`);
			for (const target of words) {
				const { code, stderr } = await engine.run("cp", "-", target, { stdin: archive });
				expect([code, stderr]).toEqual([1, `bunker: destination "${target}" must be a directory\n`]);
			}
			const { code, stderr } = await engine.run("cp", "-", "odd:/tmp", { stdin: "no archive at all".repeat(100) });
			expect([code, stderr]).toEqual([1, "bunker: stdin: not a tar archive\n"]);
			await engine.ok("rm", "-f", "odd");
		});

		ours("ends when nobody reads the archive any more", async () => {
			await engine.ok("run", "--name", "long", IMAGE, "dd", "if=/dev/zero", "of=/zeros", "bs=1M", "count=30");
			const typed = `"${engine.directory}/bin/bunker" cp long:/zeros - | head -c 100000 | wc -c; echo $?`;
			const { stdout, stderr } = Bun.spawnSync(["sh", "-c", typed], { env: engine.environment });
			expect([stdout.toString(), stderr.toString()]).toEqual(["100000\n0\n", ""]);
			await engine.ok("rm", "long");
		});
	});

	describe.each(["running", "stopped"])("of a container that is %s", (state) => {
		const made = async (name: string, ...flags: string[]) => {
			if (state === "running") await sleeping(name, ...flags);
			else await engine.ok("create", "--name", name, ...flags, IMAGE, "sleep", "1000");
		};

		// podman finds nothing in a named volume of a container that it has not started.
		const agreed = state === "running" ? test : ours;
		agreed("sees its volumes: binds, and those with a name", async () => {
			const cwd = engine.scratch();
			const source = engine.scratch();
			writeFileSync(`${source}/there`, "on the host");
			writeFileSync(`${cwd}/new`, "from the host");
			await made("volumes", "-v", `${source}:/bind`, "-v", "data:/named");
			await engine.ok("cp", "volumes:/bind/there", "out", { cwd });
			expect(readFileSync(`${cwd}/out`, "utf8")).toBe("on the host");
			await engine.ok("cp", "new", "volumes:/bind/", { cwd });
			expect(readFileSync(`${source}/new`, "utf8")).toBe("from the host");
			await engine.ok("cp", "new", "volumes:/named/", { cwd });
			await engine.ok("cp", "volumes:/named/.", "named", { cwd });
			expect(readFileSync(`${cwd}/named/new`, "utf8")).toBe("from the host");
			expect(await engine.ok("run", "--rm", "-v", "data:/x", IMAGE, "cat", "/x/new")).toBe("from the host");
			await engine.ok("rm", "-f", "volumes");
			await engine.ok("volume", "rm", "data");
		});

		// podman writes to what is read-only.
		ours("does not write to what is read-only, in docker's words", async () => {
			const cwd = engine.scratch();
			const source = engine.scratch();
			writeFileSync(`${cwd}/new`, "from the host");
			await made("sealed", "--read-only", "-v", `${source}:/ro:ro`, "-v", `${source}:/rw`);
			await refused(["new", "sealed:/"], "container rootfs is marked read-only", cwd);
			await refused(["new", "sealed:/etc/passwd"], "container rootfs is marked read-only", cwd);
			await refused(["new", "sealed:/ro"], "mounted volume is marked read-only", cwd);
			expect(existsSync(`${source}/new`)).toBe(false);
			await engine.ok("cp", "new", "sealed:/rw", { cwd });
			await engine.ok("cp", "sealed:/ro/new", "out", { cwd });
			expect(readFileSync(`${cwd}/out`, "utf8")).toBe("from the host");
			await engine.ok("rm", "-f", "sealed");
		});

		ours("works on --rootfs", async () => {
			const cwd = engine.scratch();
			const rootfs = engine.scratch();
			Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", rootfs]);
			writeFileSync(`${cwd}/new`, "from the host");
			const verb = state === "running" ? ["run", "-d"] : ["create"];
			await engine.ok(...verb, "--name", "bare", "--rootfs", rootfs, "sleep", "1000");
			await engine.ok("cp", "new", "bare:/tmp", { cwd });
			expect(readFileSync(`${rootfs}/tmp/new`, "utf8")).toBe("from the host");
			await engine.ok("cp", "bare:/tmp/new", "out", { cwd });
			expect(readFileSync(`${cwd}/out`, "utf8")).toBe("from the host");
			await engine.ok("rm", "-f", "bare");
		});

		ours("refuses devices as destinations, and finds nothing of the kernel's", async () => {
			const cwd = engine.scratch();
			writeFileSync(`${cwd}/new`, "from the host");
			await made("odd");
			await refused(
				["odd:/bin/busybox", "/dev/null"],
				'invalid output path: "/dev/null" must be a directory or a regular file: got a device',
			);
			for (const path of ["/proc/version", "/sys/kernel", "/dev/null"])
				await refused([`odd:${path}`, cwd], `Could not find the file ${path} in container odd`);
			if (state === "running") {
				await refused(
					["new", "odd:/dev/null"],
					'destination "odd:/dev/null" must be a directory or a regular file: got a device',
					cwd,
				);
				for (const path of ["/proc", "/proc/sys/kernel", "/sys", "/proc/1"])
					await refused(["new", `odd:${path}`], `Could not find the file ${path} in container odd`, cwd);
				for (const path of ["/proc", "/sys", "/dev", "/dev/.", "/dev/pts"])
					for (const target of [cwd, "-"])
						await refused([`odd:${path}`, target], `Could not find the file ${path} in container odd`);
				await engine.ok("exec", "odd", "touch", "/dev/shm/file");
				await engine.ok("cp", "odd:/dev/shm", "shm", { cwd });
				expect(readdirSync(`${cwd}/shm`)).toEqual(["file"]);
			}
			await engine.ok("cp", "odd:/", "all", { cwd });
			expect(readdirSync(`${cwd}/all`)).toContain("bin");
			for (const name of ["proc", "sys", "dev"])
				expect([name, existsSync(`${cwd}/all/${name}`) ? readdirSync(`${cwd}/all/${name}`) : []]).toEqual([name, []]);
			await engine.ok("rm", "-f", "odd");
		});
	});

	// docker's and podman's see no tmpfs at all, and lose what is written to one.
	ours("sees a tmpfs while the container runs, and otherwise says that there is none", async () => {
		const cwd = engine.scratch();
		const source = engine.scratch();
		writeFileSync(`${cwd}/new`, "from the host");
		const flags = ["--tmpfs", "/t", "-v", `${source}:/t/volume`];
		await sleeping("up", ...flags);
		await engine.ok("cp", "new", "up:/t/", { cwd });
		expect(await engine.ok("exec", "up", "cat", "/t/new")).toBe("from the host");
		await engine.ok("cp", "up:/t/new", "out", { cwd });
		await engine.ok("create", "--name", "down", ...flags, IMAGE, "true");
		for (const path of ["/t", "/t/", "/t/new"])
			await refused(["new", `down:${path}`], "/t is a tmpfs, which is there while the container runs only", cwd);
		await refused(["down:/t/new", "."], "Could not find the file /t/new in container down", cwd);
		await engine.ok("cp", "new", "down:/t/volume", { cwd });
		expect(readdirSync(source)).toEqual(["new"]);
		await engine.ok("rm", "-f", "up", "down");
	});

	ours("of links in a circle says so, on both sides, and goes as far as the kernel does", async () => {
		const cwd = engine.scratch();
		const links =
			"ln -s b a; ln -s a b; ln -s a/x in; mkdir c; cd c; echo end > 0; for n in $(seq 40); do ln -s $((n - 1)) $n; done";
		Bun.spawnSync(["sh", "-c", links], { cwd });
		await sleeping("circle");
		await engine.ok("exec", "circle", "sh", "-c", `cd /; ${links}`);
		for (const words of [
			["./c/0", "circle:/a"],
			["./c/0", "circle:/in"],
			["-L", "circle:/a", "."],
			["circle:/in/x", "."],
			["circle:/c/0", "./a"],
		])
			await refused(words, "too many symlinks", cwd);
		await engine.ok("cp", "-L", "circle:/c/39", "out", { cwd });
		expect(readFileSync(`${cwd}/out`, "utf8")).toBe("end\n");
		await engine.ok("cp", "circle:/a", "copied", { cwd });
		expect(lstatSync(`${cwd}/copied`).isSymbolicLink()).toBe(true);
		await engine.ok("rm", "-f", "circle");
	});

	ours("sees the files that bunker provides, and does not replace them", async () => {
		const cwd = engine.scratch();
		await sleeping("provided", "--hostname", "provided", "--add-host", "other:192.0.2.7");
		await engine.ok("cp", "provided:/etc/hosts", ".", { cwd });
		await engine.ok("cp", "provided:/etc", ".", { cwd });
		expect(readFileSync(`${cwd}/hosts`, "utf8")).toContain("192.0.2.7\tother");
		expect(readFileSync(`${cwd}/etc/hosts`, "utf8")).toContain("192.0.2.7\tother");
		expect(readFileSync(`${cwd}/etc/hostname`, "utf8")).toBe("provided\n");
		// docker: unlinkat /etc/hosts: device or resource busy.
		await refused(["hosts", "provided:/etc/hosts"], "something is mounted there", cwd);
		await engine.ok("rm", "-f", "provided");
	});

	// podman 4.3 copies into no container that is paused.
	ours("of a container that is paused", async () => {
		const cwd = engine.scratch();
		await sleeping("paused");
		await engine.ok("pause", "paused");
		writeFileSync(`${cwd}/new`, "from the host");
		await engine.ok("cp", "new", "paused:/tmp", { cwd });
		await engine.ok("cp", "paused:/tmp/new", "out", { cwd });
		expect(readFileSync(`${cwd}/out`, "utf8")).toBe("from the host");
		expect(await engine.ok("ps", "--format", "{{.Status}}")).toContain("(Paused)");
		await engine.ok("unpause", "paused");
		expect(await engine.ok("exec", "paused", "cat", "/tmp/new")).toBe("from the host");
		await engine.ok("rm", "-f", "paused");
	});

	ours("of a container whose program has another root, and has gone to it", async () => {
		const cwd = engine.scratch();
		writeFileSync(`${cwd}/new`, "from the host");
		const script =
			"mkdir /jail; cp -a /bin /jail; echo in > /jail/which; echo out > /which; exec chroot /jail /bin/sleep 1000";
		await engine.ok("run", "-d", "--name", "jail", IMAGE, "sh", "-c", script);
		await engine.ok("exec", "jail", "sh", "-c", "until [ $(readlink /proc/1/root) = /jail ]; do :; done");
		await engine.ok("cp", "jail:/which", ".", { cwd });
		expect(readFileSync(`${cwd}/which`, "utf8")).toBe("out\n");
		await engine.ok("cp", "new", "jail:/new", { cwd });
		expect(await engine.ok("exec", "jail", "cat", "/new")).toBe("from the host");
		await engine.ok("rm", "-f", "jail");
	});

	ours("tells docker's events", async () => {
		const cwd = engine.scratch();
		await engine.ok("create", "--name", "told", "--label", "a=b", IMAGE, "true");
		await engine.ok("cp", "told:/etc/passwd", ".", { cwd });
		await engine.ok("cp", "passwd", "told:/", { cwd });
		await engine.run("cp", "told:/nosuch", ".", { cwd });
		const shown = await engine.ok(
			"events",
			"--since",
			"1h",
			"--until",
			"0s",
			"--filter",
			"container=told",
			"--format",
			"json",
		);
		const found = shown.split("\n").map((line) => JSON.parse(line));
		expect(found.map(({ Action }) => Action)).toEqual(["create", "archive-path", "extract-to-dir"]);
		for (const { Actor } of found.slice(1)) expect(Actor.Attributes).toEqual({ a: "b", image: IMAGE, name: "told" });
		await engine.ok("rm", "told");
	});

	ours("writes to no place outside what it was told to", async () => {
		const cwd = engine.scratch();
		const source = engine.scratch();
		mkdirSync(`${source}/sub`);
		await sleeping("loop", "-v", `${source}:/data`);
		// Into itself, by way of the volume: it would never end.
		await refused([source, "loop:/data"], "into itself", cwd);
		await refused(["loop:/data", `${source}/sub`], "into itself", cwd);
		expect(lstatSync(source).isDirectory()).toBe(true);
		await engine.ok("rm", "-f", "loop");
	});

	describe.skipIf(!requires("tmux"))("in a terminal", () => {
		ours("says what was copied, on stderr, unless it is told not to", async () => {
			await engine.ok("create", "--name", "said", IMAGE, "true");
			await using screen = await engine.terminal();
			await screen.type("echo abc > f; bunker cp f said:/tmp; echo code=$?\n");
			await screen.shows("Successfully copied 4B to said:/tmp");
			await screen.type("bunker cp said:/tmp/f g 2>/dev/null; bunker cp -q said:/tmp/f g; echo quiet=$?\n");
			await screen.shows("quiet=0");
			await screen.type("bunker cp said:/tmp/f g; echo code=$?\n");
			await screen.shows(`Successfully copied 4B to ${engine.directory}/g`);
			expect((await screen.text()).match(/Successfully/g)).toHaveLength(2);
			await engine.ok("rm", "said");
		});

		ours("writes no archive there, and reads none", async () => {
			await engine.ok("create", "--name", "shown", IMAGE, "true");
			await using screen = await engine.terminal();
			await screen.type("bunker cp shown:/etc -; bunker cp - shown:/etc; echo code=$?\n");
			await screen.shows("code=1");
			const text = await screen.text();
			expect(text).toContain("cowardly refusing to write an archive to a terminal");
			expect(text).toContain("nothing to read: stdin is a terminal");
			await engine.ok("rm", "shown");
		});
	});
});

/**
 * Binds as docker has them: with what is mounted below or without, read-only all
 * of it or only the top, and what is shared with the host (docs: bind mounts;
 * moby, daemon/oci_linux.go). What is mounted on the host here is mounted in a
 * mount namespace of the test's own.
 */

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("a bind", () => {
	const engine = useEngine("mounts");
	const run = (...words: string[]) => engine.run("run", "--rm", "--network", "none", ...words);

	/**
	 * Runs a script in a mount namespace of its own, in a directory of its own;
	 * `run` and `inside` are the engine's, `box` runs `sleep` in the background.
	 */
	const apart = (script: string): { code: number; stdout: string; stderr: string } => {
		const bunker = engine.command.map((word) => `'${word}'`).join(" ");
		const prelude = [
			"set -e",
			`run() { ${bunker} run --rm --network none "$@"; }`,
			`inside() { ${bunker} exec box "$@"; }`,
			`box() { ${bunker} run -d --name box --network none --cap-add SYS_ADMIN "$@" ${IMAGE} sleep 1000 >/dev/null; }`,
			`trap '${bunker} rm -f box >/dev/null 2>&1 || true' EXIT`,
		];
		const words = ["unshare", "-m", "--propagation", "private", "sh", "-c", [...prelude, script].join("\n")];
		const { exitCode, stdout, stderr } = Bun.spawnSync(words, {
			cwd: engine.scratch(),
			env: engine.environment,
			stdin: "ignore",
		});
		return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
	};
	const TREE = "mkdir top; mount -t tmpfs one top; mkdir top/sub; mount -t tmpfs two top/sub; touch top/sub/below;";

	ours("has what is mounted below its source, with bind-recursive=disabled only the source", () => {
		const both = `${TREE} run -v $PWD/top:/m ${IMAGE} ls /m/sub`;
		expect(apart(both)).toMatchObject({ stdout: "below\n" });
		const mount = "type=bind,src=$PWD/top,dst=/m,bind-recursive=disabled";
		const alone = `${TREE} run --mount ${mount} ${IMAGE} ls -d /m/sub /m/sub/below`;
		expect(apart(alone)).toMatchObject({ stdout: "/m/sub\n" });
	});

	ours("is read-only with all that is mounted below it; with bind-recursive=writable only itself is", () => {
		const script = "touch /m/x 2>/dev/null || echo top; touch /m/sub/x 2>/dev/null || echo below";
		const flags = {
			"-v $PWD/top:/m:ro": "top\nbelow\n",
			"--mount type=bind,src=$PWD/top,dst=/m,ro": "top\nbelow\n",
			"--mount type=bind,src=$PWD/top,dst=/m,ro,bind-recursive=writable": "top\n",
			"--mount type=bind,src=$PWD/top,dst=/m,ro,bind-recursive=readonly,bind-propagation=rprivate": "top\nbelow\n",
			"--mount type=bind,src=$PWD/top,dst=/m,ro,bind-recursive=disabled": "top\nbelow\n",
		};
		for (const [flag, stdout] of Object.entries(flags)) {
			// Writable again for the next.
			const outcome = apart(`${TREE} run ${flag} ${IMAGE} sh -c '${script}'; touch top/y top/sub/y`);
			expect([flag, outcome]).toEqual([flag, { code: 0, stdout, stderr: "" }]);
		}
	});

	test("shows nothing of what is mounted later on either side, unless that was asked for", () => {
		const SHARED = `${TREE} mount --make-rshared top; mkdir top/host top/inside;`;
		const LATER =
			"mount -t tmpfs late top/host; touch top/host/seen; inside mount -t tmpfs late /m/inside; inside touch /m/inside/seen;";
		const look = "inside ls /m/host; ls top/inside";
		const modes: Record<string, string> = {
			"": "",
			":rprivate": "",
			":private": "",
			":rslave": "seen\n",
			":slave": "seen\n",
			":rshared": "seen\nseen\n",
			":shared": "seen\nseen\n",
		};
		for (const [mode, stdout] of Object.entries(modes))
			expect([mode, apart(`${SHARED} box -v $PWD/top:/m${mode}; ${LATER} ${look}`)]).toEqual([
				mode,
				{ code: 0, stdout, stderr: "" },
			]);
	});

	ours("is `private` or `slave` itself, what is mounted below it never more than a slave", () => {
		const SHARED = `${TREE} mount --make-rshared top; mkdir top/sub/host top/sub/inside;`;
		const LATER =
			"mount -t tmpfs late top/sub/host; touch top/sub/host/seen; inside mount -t tmpfs late /m/sub/inside; inside touch /m/sub/inside/seen;";
		for (const mode of ["private", "slave"])
			expect(apart(`${SHARED} box -v $PWD/top:/m:${mode}; ${LATER} inside ls /m/sub/host; ls top/sub/inside`)).toEqual({
				code: 0,
				stdout: "seen\n",
				stderr: "",
			});
	});

	ours("can be shared only where its source is, and a slave only where that is shared or a slave", () => {
		const start = (mode: string) => `run -v $PWD/top/sub:/m:${mode} ${IMAGE} true || echo $?`;
		const where = (what: string) =>
			new RegExp(`^bunker: path .*/top/sub is mounted on .*/top/sub but it is not a ${what} mount\n$`);
		const TREES = `${TREE} mount --make-rprivate top;`;
		expect(apart(TREES + start("shared"))).toMatchObject({
			stdout: "125\n",
			stderr: expect.stringMatching(where("shared")),
		});
		expect(apart(TREES + start("rslave"))).toMatchObject({
			stdout: "125\n",
			stderr: expect.stringMatching(where("shared or slave")),
		});
		const slave = `${TREE} mount --make-rshared top; mkdir clone; mount --rbind top clone; mount --make-rslave clone;`;
		expect(apart(`${slave} run -v $PWD/clone/sub:/m:slave ${IMAGE} ls /m`)).toMatchObject({ stdout: "below\n" });
		expect(apart(`${slave} run -v $PWD/clone/sub:/m:shared ${IMAGE} ls /m || echo $?`)).toMatchObject({
			stdout: "125\n",
		});
	});

	ours("that is shared cannot hold another mount, which would stay on the host", () => {
		const SHARED = `${TREE} mount --make-rshared top; mkdir other;`;
		const outcome = apart(
			`${SHARED} run -v $PWD/top:/m:shared -v $PWD/other:/m/sub/other ${IMAGE} true || echo $?; grep -c other /proc/self/mountinfo || true`,
		);
		expect(outcome).toMatchObject({
			stdout: "125\n0\n",
			stderr: expect.stringMatching(/^bunker: mount \/m\/sub\/other in \/m: this is shared with .*top, .* and stay\n$/),
		});
	});

	test("on /sys is what is there: nothing in it has to be hidden", async () => {
		const source = engine.scratch();
		writeFileSync(`${source}/mine`, "");
		expect(await run("-v", `${source}:/sys`, IMAGE, "ls", "/sys")).toMatchObject({ code: 0, stdout: "mine\n" });
	});

	test("follows the link that its source is", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/real`);
		writeFileSync(`${directory}/real/seen`, "");
		symlinkSync("real", `${directory}/link`);
		expect((await run("-v", `${directory}/link:/m`, IMAGE, "ls", "/m")).stdout).toBe("seen\n");
	});

	ours(
		"whose source goes while its container is started is an error, and nothing is mounted in its place",
		async () => {
			const directory = engine.scratch();
			await engine.ok("create", "--name", "later", "--mount", `type=bind,src=${directory},dst=/m`, IMAGE, "true");
			Bun.spawnSync(["rmdir", directory]);
			expect(await engine.run("start", "later")).toMatchObject({
				code: 1,
				stderr: `bunker: invalid mount config for type "bind": bind source path does not exist: ${directory}\n`,
			});
			writeFileSync(directory, "a file now");
			expect(await engine.run("start", "-a", "later")).toMatchObject({ code: 0 });
			await engine.ok("rm", "later");
		},
	);

	ours("whose source is a directory now and a file then starts with either, or says what is wrong", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/d`);
		writeFileSync(`${directory}/f`, "");
		symlinkSync("d", `${directory}/source`);
		let swaps = 0;
		const swapping = setInterval(() => {
			symlinkSync(swaps++ % 2 ? "d" : "f", `${directory}/next`);
			renameSync(`${directory}/next`, `${directory}/source`);
		}, 1);
		for (let round = 0; round < 40; round++) {
			const outcome = await run("-v", `${directory}/source:/m`, IMAGE, "stat", "-c", "%F", "/m");
			if (outcome.code === 0) expect(outcome.stdout).toMatch(/^(directory|regular empty file)\n$/);
			else
				expect(outcome).toMatchObject({ code: 125, stderr: expect.stringContaining("mount a directory onto a file") });
		}
		clearInterval(swapping);
		expect(swaps).toBeGreaterThan(40);
		expect(readdirSync(directory).sort()).toEqual(["d", "f", "source"]);
	});

	ours("of every kind is there for `cp` of a container that does not run", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/file`, "bound");
		const image = `type=image,src=${IMAGE},dst=/image`;
		const flags = ["-v", `${directory}/file:/f:ro,slave`, "--mount", image, "-v", `${directory}:/d/e/e/p`];
		const outcome = await engine.run("create", "--name", "stopped", ...flags, IMAGE, "true");
		expect(outcome.code).toBe(0);
		for (const path of ["/f", "/d/e/e/p/file"])
			expect((await engine.run("cp", `stopped:${path}`, "-")).stdout).toContain("bound");
		expect((await engine.run("cp", "stopped:/image/etc/passwd", "-")).stdout).toContain("root:");
		expect((await engine.run("cp", `${directory}/file`, "stopped:/image/new")).code).toBe(1);
		await engine.ok("rm", "stopped");
	});

	test("of a socket is that socket", async () => {
		const directory = engine.scratch();
		using _server = Bun.listen({ unix: `${directory}/socket`, socket: { data() {} } });
		const outcome = await run("-v", `${directory}/socket:/s`, IMAGE, "stat", "-c", "%F %i", "/s");
		expect(outcome.stdout).toBe(`socket ${statSync(`${directory}/socket`).ino}\n`);
	});

	test("of a device is that node, which the device controller lets be opened or not", async () => {
		const words = ["-v", "/dev/urandom:/random", "-v", "/dev/kmsg:/log", "--cap-add", "SYSLOG", IMAGE, "sh", "-c"];
		const outcome = await run(...words, "head -c 4 /random | wc -c; head -c 1 /log");
		expect(outcome.stdout).toBe("4\n");
		expect(outcome.stderr).toContain("Operation not permitted");
		expect(readdirSync("/dev")).toContain("urandom");
	});
});

/** `run` in the foreground and its flags: what the program sees of itself. */

import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { busyboxTar, ID, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("run", () => {
	const engine = useEngine("run");

	test("the program's output and exit status are run's own", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "sh", "-c", "echo hi; echo err >&2; exit 7");
		expect(outcome).toMatchObject({ stdout: "hi\n", stderr: "err\n", code: 7 });
	});

	test("arguments reach the program one by one, whatever is in them", async () => {
		const odd = ["a b", "", "$HOME", "it's", '"', "*", "--rm", "-x", "line\nbreak", "ä"];
		const outcome = await engine.run(
			"run",
			"--rm",
			IMAGE,
			"sh",
			"-c",
			'for a; do printf "[%s]" "$a"; done',
			"sh",
			...odd,
		);
		expect(outcome.stdout).toBe(odd.map((word) => `[${word}]`).join(""));
	});

	ours("an argument that is not UTF-8 reaches the program as it is", async () => {
		const words = `exec '${engine.command[0]}' run --rm ${IMAGE} printf %s "$(printf '\\377\\376x')"`;
		const shell = Bun.spawnSync(["sh", "-c", words], { env: engine.environment });
		expect([...shell.stdout]).toEqual([0xff, 0xfe, 0x78]);
	});

	test("a program that is not there: 127, and one line that names it", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "nosuch");
		expect(outcome.code).toBe(127);
		expect(outcome.stderr).toContain("nosuch");
		expect(outcome.stdout).toBe("");
	});

	test("a program that cannot be executed: 126", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "/etc/passwd");
		expect(outcome.code).toBe(126);
		expect(outcome.stderr).toContain("/etc/passwd");
	});

	test("a directory as the program: 126", async () => {
		expect((await engine.run("run", "--rm", IMAGE, "/etc")).code).toBe(126);
	});

	ours("the error is one line", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "nosuch");
		expect(
			outcome.stderr
				.trim()
				.split("\n")
				.filter((line) => line.startsWith("bunker: ")),
		).toHaveLength(1);
	});

	test("a program killed by a signal: 128 + its number", async () => {
		expect((await engine.run("run", "--rm", IMAGE, "sh", "-c", "sh -c 'kill -KILL $$'; exit $?")).code).toBe(137);
	});

	ours("a program that --init runs, killed by a signal: 128 + its number", async () => {
		expect((await engine.run("run", "--rm", "--init", IMAGE, "sh", "-c", "kill -TERM $$; sleep 5")).code).toBe(143);
	});

	test("an image without a command, and none given: 125", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE);
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toMatch(/no command/i);
	});

	test("an image that is not there: 125, and it is named", async () => {
		const outcome = await engine.run("run", "--rm", "--pull=never", "nosuch-image", "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("nosuch-image");
	});

	test("--rm: nothing of the container is left", async () => {
		await engine.ok("run", "--rm", "--name", "brief", IMAGE, "true");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
		await engine.assertClean();
	});

	test("without --rm the container is there afterwards", async () => {
		await engine.run("run", "--name", "kept", IMAGE, "sh", "-c", "exit 3");
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(3\).*kept/);
		await engine.ok("rm", "kept");
	});

	test("--name twice: 125, and nothing half-made", async () => {
		await engine.ok("run", "--name", "twice", IMAGE, "true");
		const again = await engine.run("run", "--name", "twice", IMAGE, "true");
		expect(again.code).toBe(125);
		expect(again.stderr).toContain("twice");
		expect((await engine.ok("ps", "-a", "-q")).split("\n")).toHaveLength(1);
		await engine.ok("rm", "twice");
	});

	test("-d prints the full id once the program runs", async () => {
		const { stdout } = await engine.run("run", "-d", "--name", "back", IMAGE, "sleep", "1000");
		expect(stdout).toMatch(ID);
		expect(await engine.ok("ps", "--no-trunc", "-q")).toBe(stdout.trim());
		expect(await engine.ok("exec", "back", "cat", "/proc/1/comm")).toBe("sleep");
		await engine.ok("rm", "-f", "back");
	});

	test("run -d itself reports a program that is not there (127) or cannot be executed (126)", async () => {
		const missing = await engine.run("run", "-d", "--name", "gone", IMAGE, "nosuch");
		expect(missing.code).toBe(127);
		expect(missing.stderr).toContain("nosuch");
		expect((await engine.run("run", "-d", IMAGE, "/etc/passwd")).code).toBe(126);
		await engine.removeAll();
	});

	ours("a container that could not be started is Created, as docker leaves it; with --rm it is gone", async () => {
		await engine.run("run", "--name", "never", IMAGE, "nosuch");
		expect(await engine.ok("ps", "-a")).toMatch(/Created .*never/);
		await engine.ok("rm", "never");
		await engine.run("run", "--rm", IMAGE, "nosuch");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	test("-e sets a variable, also to nothing and with = in it; the last one of a name holds", async () => {
		const flags = ["-e", "A=1", "-e", "A=2", "-e", "EMPTY=", "-e", "EQ=a=b", "--env", "LONG=yes"];
		const out = await engine.ok("run", "--rm", ...flags, IMAGE, "env");
		const lines = out.split("\n");
		expect(lines).toContain("A=2");
		expect(lines).not.toContain("A=1");
		expect(lines).toContain("EMPTY=");
		expect(lines).toContain("EQ=a=b");
		expect(lines).toContain("LONG=yes");
	});

	test("-e NAME passes the caller's value on, and nothing where the caller has none", async () => {
		const out = await engine.ok("run", "--rm", "-e", "MINE", "-e", "NOBODYS", IMAGE, "env", { env: { MINE: "a b" } });
		expect(out).toContain("MINE=a b");
		expect(out).not.toContain("NOBODYS");
	});

	ours("the environment is docker's default, and nothing of the caller's", async () => {
		// reference/in-container-default.txt; SHLVL and PWD there are the shell's.
		const out = await engine.ok("run", "--rm", "-h", "box", IMAGE, "env", { env: { SECRET: "x" } });
		expect(out.split("\n").sort()).toEqual([
			"HOME=/root",
			"HOSTNAME=box",
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		]);
	});

	test("with -t there is TERM=xterm", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker run -it --rm ${IMAGE} sh -c 'echo TERM=$TERM.'\n`);
		await screen.shows("TERM=xterm.");
	});

	test("-w sets the working directory", async () => {
		expect(await engine.ok("run", "--rm", "-w", "/etc", IMAGE, "pwd")).toBe("/etc");
	});

	ours("-w makes a directory that is not there, as docker does", async () => {
		expect(await engine.ok("run", "--rm", "-w", "/no/such/dir", IMAGE, "pwd")).toBe("/no/such/dir");
	});

	ours("-w with a relative path: 125", async () => {
		expect((await engine.run("run", "--rm", "-w", "etc", IMAGE, "pwd")).code).toBe(125);
	});

	test("-u by name, by number, with a group, with supplementary groups of the image", async () => {
		const id = (user: string) => engine.ok("run", "--rm", "-u", user, IMAGE, "id");
		expect(await id("app")).toMatch(/^uid=1000\(app\) gid=1000\(app\) groups=.*29\(audio\)/);
		expect(await id("1000")).toMatch(/^uid=1000\(app\) gid=1000\(app\)/);
		expect(await id("1000:29")).toMatch(/^uid=1000\(app\) gid=29\(audio\)/);
		expect(await id("daemon:audio")).toMatch(/^uid=1\(daemon\) gid=29\(audio\)/);
		expect(await id("4242")).toMatch(/^uid=4242\S* gid=0\(root\)/);
		expect(await id("4242:4243")).toMatch(/^uid=4242\S* gid=4243/);
	});

	test("-u sets HOME from the image's passwd", async () => {
		expect(await engine.ok("run", "--rm", "-u", "app", IMAGE, "sh", "-c", "echo $HOME")).toBe("/home");
	});

	ours("-u of a user that the image does not know: 125, and it is named", async () => {
		const outcome = await engine.run("run", "--rm", "-u", "nosuch", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("a user who is not root has no capability", async () => {
		const out = await engine.ok("run", "--rm", "-u", "app", IMAGE, "grep", "CapEff", "/proc/self/status");
		expect(out).toMatch(/CapEff:\s+0000000000000000/);
	});

	test("--entrypoint comes before the command", async () => {
		expect(await engine.ok("run", "--rm", "--entrypoint", "echo", IMAGE, "a", "b")).toBe("a b");
	});

	ours("--entrypoint '' takes the image's away", async () => {
		expect(await engine.ok("run", "--rm", "--entrypoint", "", IMAGE, "echo", "a")).toBe("a");
	});

	test("-h and --hostname set the host name, and /etc/hostname has it", async () => {
		expect(await engine.ok("run", "--rm", "-h", "box", IMAGE, "hostname")).toBe("box");
		expect(await engine.ok("run", "--rm", "--hostname", "crate", IMAGE, "cat", "/etc/hostname")).toBe("crate");
	});

	test("the default host name is the short id", async () => {
		const id = await engine.ok("run", "-d", "--name", "host", IMAGE, "sleep", "1000");
		expect(await engine.ok("exec", "host", "hostname")).toBe(id.slice(0, 12));
		await engine.ok("rm", "-f", "host");
	});

	test("--read-only: the root cannot be written, /dev/shm can", async () => {
		const outcome = await engine.run(
			"run",
			"--rm",
			"--read-only",
			IMAGE,
			"sh",
			"-c",
			"echo x > /dev/shm/x && echo x > /x",
		);
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toContain("Read-only file system");
		expect(outcome.stderr).not.toContain("shm");
	});

	test("without --read-only the root can be written, and the image stays as it was", async () => {
		await engine.ok("run", "--rm", IMAGE, "sh", "-c", "echo changed > /etc/passwd; rm /bin/true; mkdir /new");
		expect(await engine.ok("run", "--rm", IMAGE, "head", "-1", "/etc/passwd")).toStartWith("root:");
		expect((await engine.run("run", "--rm", IMAGE, "test", "-e", "/new")).code).toBe(1);
	});

	test("--network none: only a loopback, and it is up", async () => {
		const out = await engine.ok("run", "--rm", "--network", "none", IMAGE, "ip", "-o", "addr");
		expect(out).toContain("127.0.0.1/8");
		expect(out.split("\n").every((line) => /^\d+: lo /.test(line))).toBe(true);
	});

	test("--network bridge, the default: eth0 with an address, and the default route by way of the host", async () => {
		for (const flags of [[], ["--network", "bridge"]]) {
			const script = "ls /sys/class/net; ip -o -4 addr show eth0; ip route";
			const out = await engine.ok("run", "--rm", ...flags, IMAGE, "sh", "-c", script);
			expect(out).toMatch(/^eth0\nlo\n\d+: eth0 .*inet \d+\.\d+\.\d+\.\d+\/\d+ .*\ndefault via /);
		}
	});

	test("--network host: the host's interfaces and its host name", async () => {
		const out = await engine.ok("run", "--rm", "--network", "host", IMAGE, "readlink", "/proc/self/ns/net");
		expect(out).toBe(new TextDecoder().decode(Bun.spawnSync(["readlink", "/proc/self/ns/net"]).stdout).trim());
		expect(await engine.ok("run", "--rm", "--net", "host", IMAGE, "hostname")).toBe(
			readFileSync("/proc/sys/kernel/hostname", "utf8").trim(),
		);
	});

	ours("another network: 125, and it says that they come later", async () => {
		const outcome = await engine.run("run", "--rm", "--network", "nosuch", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("nosuch");
	});

	test("-v shows a directory of the host, and writes go there", async () => {
		const shared = engine.scratch();
		writeFileSync(`${shared}/in`, "from the host\n");
		const script = "cat /data/in; echo back > /data/out";
		expect(await engine.ok("run", "--rm", "-v", `${shared}:/data`, IMAGE, "sh", "-c", script)).toBe("from the host");
		expect(readFileSync(`${shared}/out`, "utf8")).toBe("back\n");
	});

	test("-v …:ro cannot be written", async () => {
		const shared = engine.scratch();
		const outcome = await engine.run("run", "--rm", "-v", `${shared}:/data:ro`, IMAGE, "touch", "/data/x");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("Read-only file system");
		expect(existsSync(`${shared}/x`)).toBe(false);
	});

	test("-v shows a single file", async () => {
		const file = `${engine.scratch()}/file`;
		writeFileSync(file, "one file\n");
		expect(await engine.ok("run", "--rm", "-v", `${file}:/etc/one:ro`, IMAGE, "cat", "/etc/one")).toBe("one file");
	});

	ours("-v makes a source directory that is not there, as docker does", async () => {
		const missing = `${engine.scratch()}/made/here`;
		await engine.ok("run", "--rm", "-v", `${missing}:/data`, IMAGE, "touch", "/data/x");
		expect(existsSync(`${missing}/x`)).toBe(true);
	});

	test("-v several times, one below the other", async () => {
		const outer = engine.scratch();
		const inner = engine.scratch();
		writeFileSync(`${inner}/x`, "inner\n");
		const flags = ["-v", `${inner}:/data/sub`, "-v", `${outer}:/data`];
		expect(await engine.ok("run", "--rm", ...flags, IMAGE, "cat", "/data/sub/x")).toBe("inner");
	});

	test("-v over a symbolic link of the image that points outside stays inside", async () => {
		const shared = engine.scratch();
		writeFileSync(`${shared}/x`, "in the container\n");
		const target = engine.scratch();
		const out = await engine.ok("run", "--rm", "-v", `${shared}:${target}/link`, IMAGE, "cat", `${target}/link/x`);
		expect(out).toBe("in the container");
		expect(existsSync(`${target}/link`)).toBe(false);
	});

	test("-v with a mode that there is not: 125, and it is named", async () => {
		const outcome = await engine.run("run", "--rm", "-v", `${engine.scratch()}:/x:bad`, IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("bad");
	});

	test("-v with a relative target: 125", async () => {
		expect((await engine.run("run", "--rm", "-v", `${engine.scratch()}:x`, IMAGE, "true")).code).toBe(125);
	});

	test("--rootfs runs a directory as it is, and writes stay in it", async () => {
		const root = `${engine.scratch()}/root`;
		mkdirSync(root);
		Bun.spawnSync(["tar", "-xf", await busyboxTar(), "-C", root]);
		chmodSync(root, 0o755);
		expect(await engine.ok("run", "--rm", "--rootfs", root, "sh", "-c", "echo hi; echo x > /written")).toBe("hi");
		expect(readFileSync(`${root}/written`, "utf8")).toBe("x\n");
		await engine.ok("run", "--rm", "--rootfs", root, "true");
	});

	test("--rootfs of a directory that is not there: 125, and it is named", async () => {
		const outcome = await engine.run("run", "--rm", "--rootfs", "/nosuch/root", "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("/nosuch/root");
	});

	ours("limits are the caller's, not Bun's", async () => {
		// `; true`: a shell that stays, since its limits, not those of what it becomes, are the caller's.
		const line = `ulimit -Sn 777; ${engine.command[0]} run --rm ${IMAGE} sh -c 'ulimit -n'; true`;
		const out = Bun.spawnSync(["bash", "-c", line], { env: engine.environment }).stdout.toString();
		expect(out).toBe("777\n");
	});

	ours("signals have their default dispositions and none is blocked", async () => {
		const out = await engine.ok("run", "--rm", IMAGE, "cat", "/proc/self/status");
		expect(out).toMatch(/SigBlk:\s+0{16}/);
		expect(out).toMatch(/SigIgn:\s+0{16}/);
	});

	ours("run prints nothing of its own", async () => {
		expect(await engine.run("run", "--rm", IMAGE, "true")).toMatchObject({ code: 0, stdout: "", stderr: "" });
	});
});

/** Ways out of a container that others have found: none of them leads to the host. */

import { describe, expect, test } from "bun:test";
import {
	copyFileSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
} from "node:fs";
import { resolve } from "node:path";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];
const NUMBERS = Array.from({ length: 30 }, (_, index) => index + 3);
const modes = () => DEVICES.map((name) => statSync(`/dev/${name}`).mode);
const UP = "../../../../../../../../..";

describe.skipIf(!ready)("a way out", () => {
	const engine = useEngine("escape");
	const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8").trim();

	ours("by a working directory under /proc/self/fd leads nowhere (CVE-2024-21626)", async () => {
		for (const number of NUMBERS) {
			const cwd = `/proc/self/fd/${number}`;
			const outcome = await engine.run("run", "--rm", "-w", cwd, IMAGE, "cat", `${UP}/etc/hostname`);
			expect([number, outcome.stdout.trim()]).not.toEqual([number, hostname]);
			expect([number, outcome.code]).not.toEqual([number, 0]);
		}
	});

	ours("by a link in the working directory leads nowhere", async () => {
		await engine.ok("run", "-d", "--name", "box", IMAGE, "sleep", "1000");
		for (const number of NUMBERS) {
			await engine.ok("exec", "box", "ln", "-sfn", `/proc/self/fd/${number}`, "/link");
			const outcome = await engine.run("exec", "-w", "/link", "box", "cat", `${UP}/etc/hostname`);
			expect([number, outcome.code]).not.toEqual([number, 0]);
		}
		await engine.ok("rm", "-f", "box");
	});

	ours("by an entrypoint under /proc/self/fd leads nowhere", async () => {
		for (const number of NUMBERS) {
			const program = `/proc/self/fd/${number}/${UP}/bin/busybox`;
			const outcome = await engine.run("run", "--rm", "--entrypoint", program, IMAGE, "echo", "out");
			expect([number, outcome.stdout]).toEqual([number, ""]);
		}
	});

	ours("by a volume's target that is a link stays inside", async () => {
		const source = resolve("build/e2e/escape-source");
		mkdirSync(source, { recursive: true });
		for (const number of NUMBERS.slice(0, 15)) {
			const target = `/proc/self/fd/${number}/${UP}/tmp/bunker-escaped`;
			await engine.run("run", "--rm", "-v", `${source}:${target}`, IMAGE, "true");
			expect(statSync("/tmp/bunker-escaped", { throwIfNoEntry: false })).toBeUndefined();
		}
		rmSync(source, { recursive: true });
	});

	ours("by a volume on /dev, with a terminal: no link that lies there is followed", async () => {
		const dev = engine.scratch();
		mkdirSync(`${dev}/pts`);
		for (const name of ["console", "ptmx", "pts/ptmx", "pts/0"]) symlinkSync("/etc/hostname", `${dev}/${name}`);
		const script = "tty; echo typed > /dev/console; cat /etc/hostname";
		const outcome = await engine.run("run", "--rm", "-t", "-h", "box", "-v", `${dev}:/dev`, IMAGE, "sh", "-c", script);
		expect(outcome).toMatchObject({ code: 0, stdout: "/dev/console\r\ntyped\r\nbox\r\n" });
		expect(readlinkSync(`${dev}/console`)).toBe("/etc/hostname");
		// The host's, as many a script has it.
		expect(await engine.ok("run", "--rm", "-t", "-v", "/dev:/dev", IMAGE, "tty")).toBe("/dev/console\r");
	});

	ours("by a link of the image to another's /proc/PID/root makes nothing there (--pid host)", async () => {
		const outside = `${engine.directory}/outside`;
		mkdirSync(outside);
		await engine.ok("run", "--name", "maker", IMAGE, "ln", "-s", `/proc/${process.pid}/root${outside}`, "/out");
		await engine.ok("commit", "maker", "linked");
		await engine.ok("rm", "maker");
		const file = resolve("package.json");
		for (const [why, ...flags] of [
			[/open \/proc\/\d+\/root: ELOOP/, "-w", "/out/workdir"],
			[/inside \/proc/, "-v", `${outside}:/out/volume`],
			[/inside \/proc/, "-v", `${file}:/out/file`],
			[/inside \/proc/, "--tmpfs", "/out/tmpfs"],
		] as [RegExp, ...string[]][]) {
			const outcome = await engine.run("run", "--rm", "--pid", "host", ...flags, "linked", "true");
			expect([outcome.code, outcome.stderr]).toEqual([125, expect.stringMatching(why)]);
		}
		expect(readdirSync(outside)).toEqual([]);
		const links = ["--pid", "host", "-w", "/a/b/c", "-v", `${outside}:/v/o/l`];
		expect(await engine.ok("run", "--rm", ...links, IMAGE, "pwd")).toBe("/a/b/c");
	});

	test("by changing a device does not change the host's", async () => {
		const before = modes();
		const all = DEVICES.map((name) => `/dev/${name}`).join(" ");
		await engine.ok("run", "--rm", IMAGE, "sh", "-c", `chmod 600 ${all}; chown 1:1 ${all}`);
		expect(modes()).toEqual(before);
	});

	ours("in the image's own /etc, links and FIFOs, neither leads out nor holds up the start", async () => {
		const root = resolve("build/e2e/escape-root");
		rmSync(root, { recursive: true, force: true });
		mkdirSync(`${root}/bin`, { recursive: true });
		mkdirSync(`${root}/etc`);
		copyFileSync("/bin/busybox", `${root}/bin/busybox`);
		symlinkSync("../run/systemd/resolve/stub-resolv.conf", `${root}/etc/resolv.conf`);
		symlinkSync("/proc/1/environ", `${root}/etc/hostname`);
		Bun.spawnSync(["mkfifo", `${root}/etc/hosts`]);
		const command = ["run", "--rm", "--rootfs", root, "/bin/busybox", "head", "-n", "1", "/etc/hosts"];
		expect(await engine.ok(...command)).toBe("127.0.0.1\tlocalhost");
		rmSync(root, { recursive: true });
	});

	ours("an endless /etc/passwd does not take bunker's memory", async () => {
		await engine.ok("run", "-d", "--name", "box", IMAGE, "sleep", "1000");
		await engine.ok("exec", "box", "ln", "-sf", "/dev/zero", "/etc/passwd");
		expect(await engine.ok("exec", "box", "echo", "still here")).toBe("still here");
		await engine.ok("exec", "box", "sh", "-c", "rm /etc/passwd; mkfifo /etc/passwd");
		expect(await engine.ok("exec", "box", "echo", "and here")).toBe("and here");
		await engine.ok("exec", "box", "sh", "-c", "rm /etc/passwd; truncate -s 1000000000000 /etc/passwd");
		const outcome = await engine.run("exec", "box", "true");
		expect(outcome.stderr).toContain("too many");
		await engine.ok("rm", "-f", "box");
	});
});

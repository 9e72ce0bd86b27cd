/**
 * Where mounts come to lie, whatever an image or a volume has there: links are
 * followed inside the container's root, and never into the kernel's file systems
 * (runc: CVE-2019-19921, CVE-2021-30465, CVE-2023-27561, CVE-2025-31133).
 */

import { beforeAll, describe, expect, test } from "bun:test";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";
import { mounts } from "./leftovers.ts";

const KIND = "are you trying to mount a directory onto a file (or vice-versa)?";

describe.skipIf(!ready)("a mount's place", () => {
	const engine = useEngine("placing");
	let source = "";
	const sh = (script: string, ...flags: string[]) =>
		engine.run("run", "--rm", "--network", "none", ...flags, IMAGE, "sh", "-c", script);

	beforeAll(() => {
		source = engine.scratch();
		writeFileSync(`${source}/seen`, "seen\n");
	});

	test("has to be a directory for a directory, and a file for a file", async () => {
		for (const flags of [
			["-v", `${source}:/bin/busybox`],
			["-v", `${source}/seen:/tmp`],
		]) {
			const outcome = await sh("true", ...flags);
			expect(outcome.code).not.toBe(0);
			if (engine.command.length === 1)
				expect(outcome).toMatchObject({ code: 125, stderr: expect.stringContaining(KIND) });
		}
	});

	test("is made, and its parents, for whatever the source is: a directory, a file, a socket, a FIFO", async () => {
		const files = engine.scratch();
		expect(Bun.spawnSync(["mkfifo", `${files}/fifo`]).exitCode).toBe(0);
		using _server = Bun.listen({ unix: `${files}/socket`, socket: { data() {} } });
		const flags = ["fifo", "socket"].flatMap((name) => ["-v", `${files}/${name}:/deep/er/${name}`]);
		const outcome = await sh(
			"stat -c %F /deep/er/fifo /deep/er/socket /deep/d /deep/f",
			...flags,
			...["-v", `${source}:/deep/d`, "-v", `${source}/seen:/deep/f`],
		);
		expect(outcome.stdout).toBe("fifo\nsocket\ndirectory\nregular file\n");
	});

	test("below a read-only one that has no such directory is an error, below one that has it works", async () => {
		const outer = engine.scratch();
		mkdirSync(`${outer}/there`);
		const flags = (name: string) => ["-v", `${outer}:/outer:ro`, "-v", `${source}:/outer/${name}`];
		const missing = await sh("true", ...flags("missing"));
		expect(missing.code).not.toBe(0);
		expect(missing.stderr).toMatch(/missing.*(EROFS|read-only file system)/i);
		expect((await sh("cat /outer/there/seen", ...flags("there"))).stdout).toBe("seen\n");
		expect(readdirSync(outer)).toEqual(["there"]);
	});

	test("follows the link of a volume that it lies in, inside the root", async () => {
		const outer = engine.scratch();
		symlinkSync("/srv/real", `${outer}/link`);
		const flags = ["-v", `${outer}:/outer`, "--tmpfs", "/srv", "-v", `${source}:/srv/real`];
		const script = "cat /srv/real/seen; cat /outer/link/here";
		expect((await sh(script, ...flags, "-v", `${source}/seen:/outer/link/here`)).stdout).toBe("seen\nseen\n");
		rmSync(`${source}/here`);
	});

	test("gives a tmpfs its mode, where it is a directory of the image and none was asked for", async () => {
		const script = "stat -c %a /etc /root /new /deep";
		const flags = ["/etc", "/root", "/new", "/deep:mode=750"].flatMap((target) => ["--tmpfs", target]);
		expect((await sh(script, ...flags)).stdout).toBe("755\n700\n1777\n750\n");
		expect((await sh("ls /etc", ...flags)).stdout).not.toContain("passwd");
	});

	ours("on /etc keeps the container's own hosts, hostname and resolv.conf, as docker's does", async () => {
		const etc = engine.scratch();
		symlinkSync("/nowhere", `${etc}/resolv.conf`);
		const outcome = await sh("cat /etc/hostname; grep -c localhost /etc/hosts", "-h", "box", "-v", `${etc}:/etc`);
		expect(outcome.stdout).toMatch(/^box\n[1-9]\n$/);
		expect(readdirSync(etc).sort()).toEqual(["hostname", "hosts", "resolv.conf"]);
		expect(readFileSync(`${etc}/hosts`, "utf8")).toBe("");
	});

	ours("on /proc or /sys shows nothing of what is hidden there", async () => {
		const script = "ls /sys/firmware | wc -l; head -c 1 /proc/kcore | wc -c; touch /proc/sys/kernel/domainname";
		const plain = await sh(script);
		const outcome = await sh(script, "-v", "/sys:/sys", "-v", "/proc:/proc", "--pid", "host");
		expect(outcome.stdout).toBe(plain.stdout);
		expect(outcome.stderr).toContain("Read-only file system");
	});

	ours("is never inside /proc: neither by a link of the image nor by one of a volume", async () => {
		await engine.ok("run", "--name", "maker", IMAGE, "sh", "-c", "ln -s /proc/sys /sysctl; ln -s / /top");
		await engine.ok("commit", "maker", "linked");
		await engine.ok("rm", "maker");
		const byImage = await engine.run("run", "--rm", "-v", `${source}:/sysctl/kernel`, "linked", "true");
		expect(byImage).toMatchObject({ code: 125, stderr: expect.stringContaining("inside /proc") });
		const onTop = await engine.run("run", "--rm", "-v", `${source}:/top`, "linked", "true");
		expect(onTop).toMatchObject({ code: 125, stderr: expect.stringContaining("the container's root") });
		const volume = engine.scratch();
		symlinkSync("/proc", `${volume}/link`);
		const script = "ls /proc/seen /proc/kernel; stat -f -c %T /proc";
		const byVolume = await sh(script, "-v", `${volume}:/vol`, "-v", `${source}:/vol/link`);
		expect(byVolume.stdout).toBe("proc\n");
	});

	ours("where the root has /proc as a link: there is no start", async () => {
		const root = engine.scratch();
		mkdirSync(`${root}/bin`);
		mkdirSync(`${root}/data`);
		copyFileSync("/bin/busybox", `${root}/bin/busybox`);
		symlinkSync("data", `${root}/proc`);
		const outcome = await engine.run("run", "--rm", "-v", `${source}:/data`, "--rootfs", root, "/bin/busybox", "true");
		expect(outcome).toMatchObject({
			code: 125,
			stderr: expect.stringContaining("open /proc, which has to be no link: ELOOP"),
		});
		expect(readdirSync(source)).toEqual(["seen"]);
	});

	ours("is not led anywhere by who shares a volume and swaps a directory for links meanwhile", async () => {
		const volume = engine.scratch();
		const outside = engine.scratch();
		const links = ["/proc", "/proc/sys", "/dev", `/hostproc/${process.pid}/root${outside}`, "/", "/../.."];
		const swap = links.map((link) => `ln -sfn ${link} l; mv -T a b; mv -T l a; mv -T a l; mv -T b a; rm -rf l`);
		const script = `cd /vol; mkdir a; while :; do ${swap.join("; ")}; done 2>/dev/null`;
		await engine.ok("run", "-d", "--name", "swapper", "-v", `${volume}:/vol`, IMAGE, "sh", "-c", script);
		// Not /proc/mounts: what was placed below the root's own /dev lies under what is mounted there then, and nobody sees it.
		const look = "ls -d /proc/deep /proc/file /proc/sys/deep /dev/deep /dev/file; stat -f -c %T /proc /sys /dev";
		const flags = ["-v", `${volume}:/vol`, "-v", "/proc:/hostproc:ro"];
		const usual = (await sh(look, ...flags)).stdout;
		let started = 0;
		for (let round = 0; round < 60; round++) {
			const outcome = await sh(look, ...flags, "-v", `${source}:/vol/a/deep`, "-v", `${source}/seen:/vol/a/file`);
			if (outcome.code === 0) {
				started++;
				expect(outcome.stdout).toBe(usual);
			} else expect(outcome.code).toBe(125);
			expect(existsSync(`${outside}/deep`) || existsSync(`${outside}/file`)).toBe(false);
		}
		expect(started).toBeGreaterThan(0);
		expect(mounts(engine.directory)).toEqual([]);
		await engine.ok("rm", "-f", "swapper");
	});
});

/**
 * What a container sees of itself, and what it cannot do. The facts are
 * docker's (reference/in-container-default.txt).
 */

import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const FOURTEEN = "00000000a80425fb";

describe.skipIf(!ready)("isolation", () => {
	const engine = useEngine("isolation");
	const sh = async (script: string, ...flags: string[]) =>
		(await engine.run("run", "--rm", ...flags, IMAGE, "sh", "-c", script)).stdout.trimEnd();

	let mountinfo: string[][] = [];
	beforeAll(async () => {
		mountinfo = (await sh("cat /proc/self/mountinfo")).split("\n").map((line) => line.split(" "));
	});
	/** options, type, source and super options of the mount on a path */
	const mount = (path: string) => {
		const line = mountinfo.findLast((fields) => fields[4] === path) ?? [];
		const dash = line.indexOf("-");
		return { options: line[5] ?? "", type: line[dash + 1], source: line[dash + 2], super: line[dash + 3] ?? "" };
	};

	test("PID 1 is the user's program", async () => {
		expect(await sh("echo $$")).toBe("1");
		expect((await engine.run("run", "--rm", IMAGE, "cat", "/proc/1/comm")).stdout).toBe("cat\n");
	});

	// podman shares the cgroup namespace on v1.
	for (const kind of ["pid", "mnt", "uts", "ipc", "net", "cgroup"])
		(kind === "cgroup" ? ours : test)(`it has a ${kind} namespace of its own`, async () => {
			const inside = await sh(`readlink /proc/self/ns/${kind}`);
			expect(inside).toMatch(new RegExp(`^${kind}:`));
			expect(inside).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
		});

	test("the user namespace is the host's, for now", async () => {
		expect(await sh("readlink /proc/self/ns/user")).toBe(readlinkSync("/proc/self/ns/user"));
	});

	test("it sees only its own processes", async () => {
		expect((await sh("ls /proc | grep -c '^[0-9]'")) as string).toMatch(/^[1-5]$/);
	});

	test("the root is an overlay, and nothing of the host's root is left below it", async () => {
		expect(mount("/").type).toBe("overlay");
		const paths = mountinfo.map((fields) => fields[4] ?? "");
		expect(paths.filter((path) => !/^\/($|proc|sys|dev|etc\/(hosts|hostname|resolv\.conf)|run)/.test(path))).toEqual(
			[],
		);
	});

	test("/proc is proc, without suid, devices or programs", () => {
		expect(mount("/proc")).toMatchObject({ type: "proc" });
		for (const flag of ["rw", "nosuid", "nodev", "noexec"]) expect(mount("/proc").options.split(",")).toContain(flag);
	});

	test("/sys is sysfs, read-only", async () => {
		expect(mount("/sys").type).toBe("sysfs");
		for (const flag of ["ro", "nosuid", "nodev", "noexec"]) expect(mount("/sys").options.split(",")).toContain(flag);
		expect(await sh("touch /sys/x 2>&1")).toContain("Read-only file system");
	});

	test("no cgroup can be made below /sys/fs/cgroup", async () => {
		// docker's tmpfs there is writable on v1: what counts is the hierarchies.
		const script =
			"for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/mine && test -e $d/mine/cgroup.procs && echo made $d; done";
		expect(await sh(`{ ${script}; } 2>/dev/null`)).toBe("");
	});

	test("/dev is small: docker's devices, links and nothing else", async () => {
		const names = (await sh("ls /dev")).split("\n");
		const docker = [
			"fd",
			"full",
			"mqueue",
			"null",
			"ptmx",
			"pts",
			"random",
			"shm",
			"stderr",
			"stdin",
			"stdout",
			"tty",
			"urandom",
			"zero",
		];
		expect(names.filter((name) => name !== "core").sort()).toEqual(docker);
		expect(await sh("readlink /dev/fd /dev/stdin; readlink /dev/ptmx; readlink /dev/fd")).toContain("/proc/self/fd");
		expect(await sh("readlink /dev/ptmx")).toMatch(/^(\/dev\/)?pts\/ptmx$/);
	});

	test("/dev is a tmpfs of 64 MB; devpts, shm and mqueue are on it", () => {
		expect(mount("/dev").type).toBe("tmpfs");
		expect(mount("/dev").super).toContain("size=65536k");
		expect(mount("/dev").super).toContain("mode=755");
		expect(mount("/dev/pts")).toMatchObject({ type: "devpts" });
		expect(mount("/dev/pts").super).toContain("ptmxmode=666");
		expect(mount("/dev/pts").super).toContain("gid=5");
		expect(mount("/dev/pts").super).toContain("mode=620");
		expect(mount("/dev/mqueue")).toMatchObject({ type: "mqueue" });
		expect(mount("/dev/shm")).toMatchObject({ type: "tmpfs" });
		expect(mount("/dev/shm").super).toMatch(/size=6(5536k|4000k)/);
		for (const flag of ["nosuid", "nodev", "noexec"]) expect(mount("/dev/shm").options.split(",")).toContain(flag);
	});

	test("the devices work, and all may use them", async () => {
		const script =
			"echo x > /dev/null && head -c 4 /dev/zero | od -An -tx1 && head -c 8 /dev/urandom | wc -c; echo x > /dev/full || echo full";
		expect(await sh(script, "-u", "app")).toMatch(/00 00 00 00\s+8\s+full$/);
	});

	test("a node of the host's disk that is made inside cannot be read", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "sh", "-c", "mknod /disk b 254 0; head -c 1 /disk");
		expect(outcome.code).not.toBe(0);
		expect(outcome.stdout).toBe("");
	});

	for (const path of ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"])
		test(`${path} is read-only`, () => {
			expect(mount(path).options.split(",")).toContain("ro");
		});

	test("/proc/sysrq-trigger cannot be written", async () => {
		expect(await sh("echo h > /proc/sysrq-trigger || echo refused")).toBe("refused");
	});

	for (const path of ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/proc/scsi", "/sys/firmware"])
		test(`${path} is masked, where the kernel has it`, async () => {
			expect(await sh(`if [ -d ${path} ]; then ls ${path}; elif [ -e ${path} ]; then head -c 10 ${path}; fi`)).toBe("");
		});

	ours("the capabilities are docker's fourteen, also in the bounding set, and none is inherited", async () => {
		const status = await sh("grep ^Cap /proc/self/status");
		expect(status).toMatch(new RegExp(`CapPrm:\\s+${FOURTEEN}`));
		expect(status).toMatch(new RegExp(`CapEff:\\s+${FOURTEEN}`));
		expect(status).toMatch(new RegExp(`CapBnd:\\s+${FOURTEEN}`));
		expect(status).toMatch(/CapInh:\s+0{16}/);
		expect(status).toMatch(/CapAmb:\s+0{16}/);
	});

	test("what the other capabilities allow is refused: mount, module, clock, trace of the host", async () => {
		expect(await sh("mount -t tmpfs x /mnt 2>&1 || mount -t tmpfs x /tmp 2>&1")).toMatch(/denied|permitted/);
		expect(await sh("hostname other 2>&1")).toMatch(/permitted|denied/);
		expect(await sh("umount /proc/bus 2>&1")).toMatch(/permitted|denied|Invalid/);
		expect(await sh("date -s 2001-01-01 2>&1")).toMatch(/permitted|denied/);
	});

	test("the program starts with descriptors 0, 1 and 2 only", async () => {
		expect(await sh("exec ls /proc/self/fd")).toBe("0\n1\n2\n3"); // 3: ls's own
	});

	test("no variable of the caller's environment is there", async () => {
		const { stdout } = await engine.run("run", "--rm", IMAGE, "env", { env: { SECRET_OF_THE_HOST: "1" } });
		expect(stdout).not.toContain("SECRET_OF_THE_HOST");
	});

	ours("/etc/hosts is docker's", async () => {
		const lines = (await sh("cat /etc/hosts")).split("\n");
		expect(lines.slice(0, 6)).toEqual([
			"127.0.0.1\tlocalhost",
			"::1\tlocalhost ip6-localhost ip6-loopback",
			"fe00::\tip6-localnet",
			"ff00::\tip6-mcastprefix",
			"ff02::1\tip6-allnodes",
			"ff02::2\tip6-allrouters",
		]);
	});

	test("/etc/hostname is the host name", async () => {
		expect(await sh("hostname; cat /etc/hostname", "-h", "box")).toBe("box\nbox");
	});

	ours("/etc/resolv.conf is there and is not the host's own file", async () => {
		expect(await sh("test -f /etc/resolv.conf && echo there")).toBe("there");
		const before = readFileSync("/etc/resolv.conf", "utf8");
		await sh("echo '# changed inside' >> /etc/resolv.conf");
		expect(readFileSync("/etc/resolv.conf", "utf8")).toBe(before);
	});

	ours("what is written to /etc/hosts, hostname and resolv.conf stays with the container", async () => {
		await engine.run("run", "--name", "notes", IMAGE, "sh", "-c", "echo 10.0.0.9 db >> /etc/hosts; tail -1 /etc/hosts");
		expect((await engine.ok("start", "-a", "notes")).trimEnd()).toBe("10.0.0.9 db");
		await engine.ok("rm", "notes");
	});

	test("the container's working directory and root are inside: no way up", async () => {
		expect(await sh("cd /../../..; pwd; ls -d /work /proc/1/root/../work 2>/dev/null")).toBe("/");
	});

	test("mounts made by the host later do not appear inside, nor the other way round", async () => {
		await engine.ok("run", "-d", "--name", "still", "-v", "/tmp:/host", IMAGE, "sleep", "1000");
		const before = await engine.ok("exec", "still", "sh", "-c", "wc -l < /proc/self/mountinfo");
		const scratch = engine.scratch();
		expect(Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "x", scratch]).exitCode).toBe(0);
		expect(await engine.ok("exec", "still", "sh", "-c", "wc -l < /proc/self/mountinfo")).toBe(before);
		await engine.ok("rm", "-f", "still");
	});

	test("set-uid programs of the image are not disabled", async () => {
		expect(await sh("grep NoNewPrivs /proc/self/status")).toMatch(/0$/);
		expect(mount("/").options.split(",")).not.toContain("nosuid");
	});

	test("the ipc namespace is empty", async () => {
		expect(await sh("ipcs -m | grep -c 0x")).toBe("0");
	});

	ours("with --network host /sys is the host's view of the network, still read-only", async () => {
		expect(await sh("touch /sys/x 2>&1", "--network", "host")).toContain("Read-only file system");
	});

	test("a volume is not writable when it is read-only, whatever is tried inside", async () => {
		const directory = engine.scratch();
		writeFileSync(`${directory}/x`, "x");
		const script = "mount -o remount,rw /data 2>/dev/null; echo y > /data/x; rm -f /data/x; true";
		await engine.run("run", "--rm", "-v", `${directory}:/data:ro`, IMAGE, "sh", "-c", script);
		expect(readFileSync(`${directory}/x`, "utf8")).toBe("x");
	});
});

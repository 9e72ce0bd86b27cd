/** --ipc, --pid, --uts and --cgroupns: namespaces of the host's and of other containers. */

import { describe, expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("namespaces", () => {
	const engine = useEngine("namespaces");
	const namespace = async (kind: string, ...flags: string[]) =>
		(await engine.run("run", "--rm", ...flags, IMAGE, "readlink", `/proc/self/ns/${kind}`)).stdout.trim();
	const host = (kind: string) => readlinkSync(`/proc/self/ns/${kind}`);
	const refused = async (...flags: string[]) => {
		const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect(outcome.code).toBe(125);
		return outcome.stderr.split("\n")[0] ?? "";
	};

	for (const [flag, kind] of [
		["ipc", "ipc"],
		["pid", "pid"],
		["uts", "uts"],
		["cgroupns", "cgroup"],
	] as const)
		test(`--${flag} host shares the host's, and only that`, async () => {
			const flags = [`--${flag}`, "host"];
			expect(await namespace(kind, ...flags)).toBe(host(kind));
			for (const other of ["ipc", "pid", "uts", "mnt"].filter((other) => other !== kind))
				expect(await namespace(other, ...flags)).not.toBe(host(other));
		});

	test("--cgroupns private is one of its own", async () => {
		expect(await namespace("cgroup", "--cgroupns", "private")).not.toBe(host("cgroup"));
	});

	test("--uts host has the host's name, and its own cannot be set", async () => {
		const out = await engine.ok("run", "--rm", "--uts", "host", IMAGE, "hostname");
		expect(out).toBe((await Bun.$`hostname`.text()).trim());
	});

	ours("conflicts with a name are docker's", async () => {
		expect(await refused("--uts", "host", "-h", "box")).toContain("conflicting options: hostname and the UTS mode");
		expect(await refused("--uts", "host", "--domainname", "d")).toContain(
			"conflicting options: domainname and the UTS mode",
		);
	});

	ours("unknown modes are refused by name", async () => {
		expect(await refused("--ipc", "nosuch")).toContain("--ipc nosuch: invalid IPC mode");
		expect(await refused("--pid", "private")).toContain("--pid private: invalid PID mode");
		expect(await refused("--uts", "container:x")).toContain("--uts container:x: invalid UTS mode");
		expect(await refused("--cgroupns", "x")).toContain("--cgroupns x: invalid CGROUP mode");
		expect(await refused("--pid", "container:")).toContain("invalid PID mode");
	});

	ours("--pid host sees the host's processes, and ends with its program", async () => {
		const out = await engine.ok(
			"run",
			"--rm",
			"--pid",
			"host",
			IMAGE,
			"sh",
			"-c",
			`test -d /proc/${process.pid} && echo seen; test $$ = 1 || echo other`,
		);
		expect(out).toBe("seen\nother");
		expect((await engine.run("run", "--rm", "--pid", "host", "--init", IMAGE, "sh", "-c", "exit 7")).code).toBe(7);
	});

	test("--ipc host has the host's /dev/shm; none has none", async () => {
		const name = `bunker-test-${process.pid}`;
		await Bun.write(`/dev/shm/${name}`, "hello");
		try {
			expect(await engine.ok("run", "--rm", "--ipc", "host", IMAGE, "cat", `/dev/shm/${name}`)).toBe("hello");
		} finally {
			await Bun.file(`/dev/shm/${name}`).delete();
		}
		expect(
			await engine.ok("run", "--rm", "--ipc", "none", IMAGE, "sh", "-c", "grep -c /dev/shm /proc/mounts || true"),
		).toBe("0");
	});

	describe("of another container", () => {
		const donor = async (...flags: string[]) =>
			engine.ok("run", "-d", "--name", "donor", ...flags, IMAGE, "sh", "-c", "echo hi > /dev/shm/word; sleep 1000");

		test("--pid container:NAME sees its processes, by name and by id", async () => {
			const id = await donor();
			for (const name of ["donor", id.slice(0, 12)]) {
				const out = await engine.ok(
					"run",
					"--rm",
					"--pid",
					`container:${name}`,
					IMAGE,
					"sh",
					"-c",
					"cat /proc/1/cmdline | tr '\\0' ' '; readlink /proc/self/ns/pid",
				);
				expect(out).toContain("sleep 1000");
				expect(out).toContain(await engine.ok("exec", "donor", "readlink", "/proc/self/ns/pid"));
			}
			await engine.removeAll();
		});

		ours("with --pid container:NAME it dies with that container: 137", async () => {
			await donor();
			await engine.ok("run", "-d", "--name", "guest", "--pid", "container:donor", IMAGE, "sleep", "1000");
			await engine.ok("rm", "-f", "donor");
			expect(await engine.ok("wait", "guest")).toBe("137");
			await engine.removeAll();
		});

		ours("a --rm guest that is detached is removed even where the donor's namespace is gone", async () => {
			await donor();
			await engine.ok("run", "-d", "--rm", "--name", "guest", "--pid", "container:donor", IMAGE, "sleep", "1000");
			await engine.ok("kill", "donor");
			await engine.ok("rm", "donor");
			await engine.becomesClean();
		});

		ours("--ipc container:NAME shares its IPC namespace and /dev/shm, both ways", async () => {
			await donor("--ipc", "shareable");
			const out = await engine.ok(
				"run",
				"--rm",
				"--ipc",
				"container:donor",
				IMAGE,
				"sh",
				"-c",
				"cat /dev/shm/word; echo back > /dev/shm/answer; readlink /proc/self/ns/ipc; grep /dev/shm /proc/mounts",
			);
			const [word, ipc, mount] = out.split("\n");
			expect(word).toBe("hi");
			expect(ipc).toBe(await engine.ok("exec", "donor", "readlink", "/proc/self/ns/ipc"));
			for (const flag of ["nosuid", "nodev", "noexec"]) expect(mount).toContain(flag);
			expect(await engine.ok("exec", "donor", "cat", "/dev/shm/answer")).toBe("back");
			await engine.removeAll();
		});

		ours("one that keeps its IPC to itself, that does not run, or is not there: 125, and nothing is made", async () => {
			await donor();
			expect(await refused("--ipc", "container:donor")).toContain("container donor was not made with --ipc shareable");
			await engine.ok("kill", "donor");
			await engine.ok("wait", "donor");
			expect(await refused("--pid", "container:donor")).toContain("container donor is not running");
			expect(await refused("--pid", "container:nosuch")).toContain("No such container: nosuch");
			expect((await engine.ok("ps", "-a", "-q")).split("\n")).toHaveLength(1);
			await engine.removeAll();
		});

		ours("a link in the place of its /dev/shm is not followed", async () => {
			await engine.ok(
				"run",
				"-d",
				"--name",
				"donor",
				"--ipc",
				"shareable",
				"--privileged",
				IMAGE,
				"sh",
				"-c",
				"umount /dev/shm; rmdir /dev/shm; ln -s /etc /dev/shm; echo done; sleep 1000",
			);
			while (!(await engine.ok("logs", "donor")).includes("done")) await Bun.sleep(10);
			expect(await refused("--ipc", "container:donor")).toContain("open its /dev/shm: ELOOP");
			await engine.removeAll();
		});

		ours("exec enters the shared namespaces as well", async () => {
			await donor();
			await engine.ok(
				"run",
				"-d",
				"--name",
				"guest",
				"--pid",
				"container:donor",
				"--uts",
				"host",
				IMAGE,
				"sleep",
				"2000",
			);
			expect(await engine.ok("exec", "guest", "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline; ls /dev/shm")).toContain(
				"sleep 1000",
			);
			await engine.removeAll();
		});

		ours("--explain shows how it is entered", async () => {
			await donor("--ipc", "shareable");
			const out = await engine.ok(
				"run",
				"--explain",
				"--pid",
				"container:donor",
				"--ipc",
				"container:donor",
				IMAGE,
				"true",
			);
			for (const what of [
				"let the child be born in the pid namespace of container",
				"enter the IPC namespace of container",
			])
				expect(out).toContain(what);
			await engine.removeAll();
		});
	});
});

/**
 * What a container may do: capabilities, --privileged, --security-opt, --group-add.
 * The facts are docker's (reference/in-container-privileged.txt).
 */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

/** A status line of this process, which has whatever bunker has. */
const own = (name: string) =>
	new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1];

describe.skipIf(!ready)("privileges", () => {
	const engine = useEngine("privileges");
	const inside = async (flags: string[], ...command: string[]) =>
		(await engine.run("run", "--rm", ...flags, IMAGE, ...command)).stdout.trimEnd();
	const sets = async (...flags: string[]) => {
		const status = await inside(flags, "grep", "-E", "^(Cap|NoNew)", "/proc/self/status");
		return Object.fromEntries(status.split("\n").map((line) => line.split(/:\s+/)));
	};
	const refused = async (...flags: string[]) => {
		const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect(outcome.code).toBe(125);
		return outcome.stderr;
	};

	test("--cap-add and --cap-drop change the fourteen, in the bounding set too", async () => {
		// chown is bit 0, net_admin bit 12.
		const changed = await sets("--cap-add", "net_admin", "--cap-drop", "CAP_CHOWN");
		for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(changed[set]).toBe("00000000a80435fa");
	});

	test("--cap-drop ALL leaves none, and with --cap-add only that", async () => {
		expect(await sets("--cap-drop", "ALL")).toMatchObject({ CapEff: "0000000000000000", CapBnd: "0000000000000000" });
		const one = await sets("--cap-drop", "all", "--cap-add", "NET_BIND_SERVICE");
		expect(one).toMatchObject({ CapPrm: "0000000000000400", CapEff: "0000000000000400", CapBnd: "0000000000000400" });
	});

	test("--cap-add ALL gives what bunker has, and nothing else of --privileged", async () => {
		expect((await sets("--cap-add", "ALL")).CapEff).toBe(own("CapEff"));
		expect(await inside(["--cap-add", "ALL"], "ls", "/dev")).not.toContain("kmsg");
		expect(
			await inside(["--cap-add", "ALL"], "sh", "-c", "echo 1 > /proc/sys/vm/drop_caches 2>&1 || echo refused"),
		).toContain("refused");
	});

	ours("a user other than root has added capabilities in the bounding set only", async () => {
		const user = await sets("-u", "1000", "--cap-add", "NET_ADMIN");
		expect(user).toMatchObject({ CapEff: "0000000000000000", CapBnd: "00000000a80435fb" });
	});

	ours("an unknown capability is docker's error, 125", async () => {
		expect(await refused("--cap-add", "NOSUCH")).toContain('invalid CapAdd: unknown capability: "CAP_NOSUCH"');
		expect(await refused("--cap-drop", "nosuch")).toContain('invalid CapDrop: unknown capability: "CAP_NOSUCH"');
		expect(await refused("--cap-add", "")).toContain("unknown capability");
	});

	describe("--privileged", () => {
		test("gives all capabilities that bunker has", async () => {
			const all = await sets("--privileged");
			for (const set of ["CapPrm", "CapEff"]) expect(all[set]).toBe(own("CapEff"));
			expect(all).toMatchObject({ CapInh: "0000000000000000", CapAmb: "0000000000000000", NoNewPrivs: "0" });
		});

		ours("hides nothing of /proc and /sys, and leaves both writable", async () => {
			const mounts = await inside(["--privileged"], "cat", "/proc/self/mounts");
			expect(mounts).not.toMatch(/ \/proc\/(sys|bus|kcore|keys|acpi) /);
			expect(mounts).toMatch(/^sysfs \/sys sysfs rw,nosuid,nodev,noexec/m);
			expect(mounts).toMatch(/ \/dev tmpfs rw,nosuid,(size|relatime)/);
		});

		test("has the host's devices in /dev, as nodes of its own with their modes", async () => {
			const names = (await inside(["--privileged"], "ls", "/dev")).split("\n");
			const host = readdirSync("/dev").filter((name) =>
				statSync(`/dev/${name}`, { throwIfNoEntry: false })?.isCharacterDevice(),
			);
			for (const name of host.filter((name) => !["console", "ptmx"].includes(name))) expect(names).toContain(name);
			expect(await inside(["--privileged"], "stat", "-c", "%a %t:%T", "/dev/null")).toBe("666 1:3");
			expect(await inside(["--privileged"], "sh", "-c", "chmod 600 /dev/null; stat -c %a /dev/null")).toBe("600");
			expect(statSync("/dev/null").mode & 0o777).toBe(0o666);
		});

		ours("a node made on its root or in /dev can be opened, as in docker", async () => {
			const script =
				"mknod /zero c 1 5 && head -c 2 /zero | od -An -tx1; mknod /dev/z c 1 5 && head -c 1 /dev/z | od -An -tx1";
			expect(await inside(["--privileged"], "sh", "-c", script)).toMatch(/00 00\s+00/);
			const mounts = await inside(["--privileged", "--read-only"], "cat", "/proc/self/mounts");
			expect(mounts).toMatch(/^overlay \/ overlay ro,relatime/m);
		});

		ours("the container beside it is as tight as ever", async () => {
			await engine.ok("run", "-d", "--privileged", "--name", "all", IMAGE, "sleep", "1000");
			expect((await sets()).CapEff).toBe("00000000a80425fb");
			expect(await inside(["--cap-add", "SYSLOG"], "sh", "-c", "mknod /kmsg c 1 11; true 2>&1 < /kmsg")).toContain(
				"not permitted",
			);
			await engine.removeAll();
		});

		test("works with a terminal", async () => {
			expect(await inside(["--privileged", "-t"], "sh", "-c", "test -t 0 && tty")).toContain("/dev/pts/0");
		});

		test("of exec gives it all capabilities, and the container none", async () => {
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			const grep = ["grep", "CapEff", "/proc/self/status"];
			expect(await engine.ok("exec", "--privileged", "web", ...grep)).toContain(own("CapEff") ?? "?");
			expect(await engine.ok("exec", "web", ...grep)).toContain("00000000a80425fb");
			await engine.removeAll();
		});
	});

	test("exec has the container's capabilities", async () => {
		await engine.ok("run", "-d", "--name", "web", "--cap-drop", "ALL", IMAGE, "sleep", "1000");
		expect(await engine.ok("exec", "web", "grep", "CapBnd", "/proc/self/status")).toContain("0000000000000000");
		await engine.removeAll();
	});

	describe("--security-opt", () => {
		for (const option of ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"])
			test(`${option} holds for the program and for exec`, async () => {
				expect((await sets("--security-opt", option)).NoNewPrivs).toBe("1");
				await engine.ok("run", "-d", "--name", "web", "--security-opt", option, IMAGE, "sleep", "1000");
				expect(await engine.ok("exec", "web", "grep", "NoNewPrivs", "/proc/self/status")).toMatch(/1$/);
				await engine.removeAll();
			});

		test("no-new-privileges=false is none", async () => {
			expect((await sets("--security-opt", "no-new-privileges=false")).NoNewPrivs).toBe("0");
		});

		ours("what is not on anyway can be asked to be off", async () => {
			for (const option of ["seccomp=unconfined", "apparmor=unconfined", "label=disable", "label:disable"])
				expect(await inside(["--security-opt", option], "echo", "ok")).toBe("ok");
		});

		ours("anything else is refused by name", async () => {
			const cases = {
				"seccomp=profile.json": "there is no seccomp filter",
				"apparmor=docker-default": "there are no AppArmor profiles",
				"label=type:x": "there are no SELinux labels",
				"systempaths=unconfined": "--privileged hides no paths",
				"no-new-privileges=maybe": "no-new-privileges is true or false",
				nosuch: "--security-opt nosuch is not supported",
			};
			for (const [option, message] of Object.entries(cases))
				expect(await refused("--security-opt", option)).toContain(message);
		});
	});

	describe("--group-add", () => {
		test("adds groups by number and by name of the container's own file", async () => {
			const groups = (
				await inside(["--group-add", "12345", "--group-add", "root", "-u", "1000:1000"], "id", "-G")
			).split(" ");
			expect(groups.sort()).toEqual(["0", "1000", "12345"]);
		});

		test("holds for exec", async () => {
			await engine.ok("run", "-d", "--name", "web", "--group-add", "12345", IMAGE, "sleep", "1000");
			expect((await engine.ok("exec", "web", "id", "-G")).split(" ")).toContain("12345");
			await engine.removeAll();
		});

		ours("of a name that is not there says so", async () => {
			expect(await refused("--group-add", "nosuch")).toContain(
				"unable to find group nosuch: no matching entries in group file",
			);
		});
	});

	ours("--userns host is accepted, others are refused", async () => {
		expect(await inside(["--userns", "host"], "echo", "ok")).toBe("ok");
		expect(await refused("--userns", "private")).toContain("--userns private is not supported yet");
	});
});

/** `--device`: a device of the host in the container (docs: docker run, --device; moby, daemon/pkg/oci/devices_linux.go). */

import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("--device", () => {
	const engine = useEngine("device");
	/** With CAP_SYSLOG only the device controller stands between a container and /dev/kmsg. */
	const flags = ["--rm", "--network", "none", "--cap-add", "SYSLOG"];
	const sh = (script: string, ...more: string[]) => engine.run("run", ...flags, ...more, IMAGE, "sh", "-c", script);
	const make = (path: string, ...node: string[]) => {
		const { exitCode } = Bun.spawnSync(["mknod", "-m", "640", path, ...node]);
		if (exitCode !== 0) throw new Error(`mknod ${path}`);
	};

	test("gives the node, its owner and mode, and the right to read and write it", async () => {
		const outcome = await sh(
			"stat -c %F /dev/kmsg; true </dev/kmsg && true >/dev/kmsg && echo opened",
			"--device",
			"/dev/kmsg",
		);
		expect(outcome).toMatchObject({ code: 0, stdout: "character special file\nopened\n" });
	});

	test("gives it another path, whose directories are made", async () => {
		const outcome = await sh("true </dev/deep/log && echo read; ls /dev/kmsg", "--device", "/dev/kmsg:/dev/deep/log");
		expect(outcome.stdout).toBe("read\n");
		expect(outcome.stderr).toContain("No such file");
		expect((await sh("true </srv/log && echo read", "--device", "/dev/kmsg:/srv/log")).stdout).toBe("read\n");
	});

	test("gives only what the mode says", async () => {
		for (const typed of ["/dev/kmsg:r", "/dev/kmsg:/dev/kmsg:r"]) {
			const outcome = await sh("true </dev/kmsg && echo read; true >/dev/kmsg", "--device", typed);
			expect(outcome.stdout).toBe("read\n");
			expect(outcome.stderr).toContain("Operation not permitted");
		}
	});

	test("of a directory gives all nodes below it", async () => {
		const directory = engine.scratch();
		mkdirSync(`${directory}/deep`);
		make(`${directory}/zero`, "c", "1", "5");
		make(`${directory}/deep/log`, "c", "1", "11");
		const outcome = await sh(
			"find /dev/all -type c | sort; stat -c %a /dev/all/zero; true </dev/all/deep/log && echo read",
			"--device",
			`${directory}:/dev/all`,
		);
		expect(outcome.stdout).toBe("/dev/all/deep/log\n/dev/all/zero\n640\nread\n");
	});

	test("follows a link on the host", async () => {
		const directory = engine.scratch();
		symlinkSync("/dev/kmsg", `${directory}/link`);
		expect((await sh("true </dev/log && echo read", "--device", `${directory}/link:/dev/log`)).stdout).toBe("read\n");
	});

	test("comes before a default device of the same path", async () => {
		expect((await sh("true </dev/tty && echo read", "--device", "/dev/kmsg:/dev/tty")).stdout).toBe("read\n");
	});

	ours("is what inspect shows, and holds after a restart", async () => {
		const words = ["--cap-add", "SYSLOG", "--network", "none", "--device", "/dev/kmsg:/dev/log:r"];
		await engine.ok("run", "--name", "kept", ...words, IMAGE, "sh", "-c", "true </dev/log && echo read");
		expect(JSON.parse(await engine.ok("inspect", "kept"))[0].HostConfig.Devices).toEqual([
			{ PathOnHost: "/dev/kmsg", PathInContainer: "/dev/log", CgroupPermissions: "r" },
		]);
		expect(await engine.ok("start", "-a", "kept")).toBe("read");
		await engine.removeAll();
	});

	ours.each([
		["/dev/nosuch", "gather information of the device /dev/nosuch: no such file or directory"],
		["/etc/passwd:/dev/x", "gather information of the device /etc/passwd: not a device node"],
		["kmsg", "--device kmsg: kmsg is not an absolute path"],
		["/dev/kmsg:/dev/x:rx", "--device /dev/kmsg:/dev/x:rx: bad mode specified: rx"],
		["/dev/kmsg:/dev/x:rr", "--device /dev/kmsg:/dev/x:rr: bad mode specified: rr"],
		["/a:/b:r:w", "--device /a:/b:r:w: HOST[:PATH][:rwm] is expected"],
		[":/dev/x", "--device :/dev/x: HOST[:PATH][:rwm] is expected"],
	])("%s is refused with 125", async (typed, message) => {
		const outcome = await engine.run("run", "--rm", "--device", typed, IMAGE, "true");
		expect(outcome).toMatchObject({ code: 125, stdout: "" });
		expect(outcome.stderr).toContain(message);
		expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
	});

	ours("beside --privileged adds what has another path", async () => {
		const outcome = await sh("true </dev/log && echo read", "--privileged", "--device", "/dev/kmsg:/dev/log");
		expect(outcome.stdout).toBe("read\n");
	});
});

/**
 * Devices in a container. The rules are docker's (moby, daemon/pkg/oci/defaults.go;
 * `docker run --help`): a node can be made of every device, but only a few can be opened.
 */

import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("devices", () => {
	const engine = useEngine("devices");
	const sh = (script: string, ...flags: string[]) => engine.run("run", "--rm", ...flags, IMAGE, "sh", "-c", script);
	/** /dev/kmsg is on every host. With CAP_SYSLOG only the device controller is in the way (kernel/printk, check_syslog_permissions). */
	const KMSG = "mknod /kmsg c 1 11";
	const SYSLOG = ["--cap-add", "SYSLOG"];

	test("the default ones can be read and written", async () => {
		const script = `
			head -c 2 /dev/zero | wc -c; head -c 2 /dev/random | wc -c; head -c 2 /dev/urandom | wc -c
			cat /dev/null; echo x > /dev/null && echo written; head -c 2 /dev/full | wc -c`;
		expect((await sh(script)).stdout.split(/\s+/).filter(Boolean)).toEqual(["2", "2", "2", "written", "2"]);
		expect((await sh("echo x > /dev/full")).stderr).toContain("No space left on device");
	});

	test("of the default ones nodes can be made anywhere, and opened", async () => {
		const outcome = await sh(
			"mknod /zero c 1 5 && head -c 2 /zero | wc -c; mknod /dev/mine c 1 3 && echo x > /dev/mine",
		);
		expect(outcome).toMatchObject({ code: 0, stdout: "2\n" });
	});

	test("of every other a node can be made, but not opened: the device controller denies it", async () => {
		for (const node of ["c 1 11", "c 1 1", "c 10 229", "b 254 0", "b 8 0", "b 7 0"]) {
			const outcome = await sh(`mknod /node ${node} && echo made; cat /node > /x; echo x > /node`);
			expect([node, outcome.stdout]).toEqual([node, "made\n"]);
			expect(outcome.stderr.match(/Operation not permitted/g)).toHaveLength(2);
		}
	});

	test("exec is limited in the same way", async () => {
		await engine.ok("run", "-d", ...SYSLOG, "--name", "box", IMAGE, "sleep", "1000");
		const outcome = await engine.run("exec", "box", "sh", "-c", `${KMSG}; true < /kmsg`);
		expect(outcome.stderr).toContain("Operation not permitted");
		// With --privileged exec gets all capabilities, and the devices that the container has.
		const privileged = await engine.run("exec", "--privileged", "box", "sh", "-c", "true < /kmsg");
		expect(privileged.stderr).toContain("Operation not permitted");
		await engine.ok("rm", "-f", "box");
	});

	test("started again it has the same rules", async () => {
		await engine.ok("create", ...SYSLOG, "--name", "again", IMAGE, "sh", "-c", "mknod /kmsg c 1 11 2>&1; true < /kmsg");
		for (const _ of ["first", "second"])
			expect((await engine.run("start", "-a", "again")).stderr).toContain("/kmsg: Operation not permitted");
		await engine.ok("rm", "again");
	});

	test("volumes hold no more devices than the root does", async () => {
		const source = resolve("build/e2e/devices-volume");
		mkdirSync(source, { recursive: true });
		const outcome = await sh("mknod /v/kmsg c 1 11 && true < /v/kmsg", ...SYSLOG, "-v", `${source}:/v`);
		expect(outcome.stderr).toContain("/v/kmsg: Operation not permitted");
		rmSync(source, { recursive: true });
	});

	test("neither the root nor /dev is nodev; /dev/shm is", async () => {
		const { stdout } = await sh("cat /proc/mounts");
		const options = (path: string) =>
			stdout
				.split("\n")
				.map((line) => line.split(" "))
				.findLast(([, target]) => target === path)?.[3]
				?.split(",");
		expect(options("/")).not.toContain("nodev");
		expect(options("/dev")).not.toContain("nodev");
		expect(options("/dev/shm")).toContain("nodev");
		expect((await sh("mknod /dev/shm/null c 1 3; true < /dev/shm/null")).stderr).toContain("Permission denied");
	});

	test("--privileged opens all", async () => {
		expect(await sh(`${KMSG} && true < /kmsg && true > /kmsg && echo opened`, "--privileged")).toMatchObject({
			code: 0,
			stdout: "opened\n",
		});
	});

	test("--cap-add SYS_ADMIN does not", async () => {
		const outcome = await sh(`${KMSG}; true < /kmsg`, ...SYSLOG, "--cap-add", "SYS_ADMIN");
		expect(outcome.stderr).toContain("Operation not permitted");
	});

	test("--device-cgroup-rule allows exactly what it says", async () => {
		const rule = [...SYSLOG, "--device-cgroup-rule", "c 1:11 r"];
		expect((await sh(`${KMSG} && true < /kmsg && echo read`, ...rule)).stdout).toBe("read\n");
		expect((await sh(`${KMSG}; true > /kmsg`, ...rule)).stderr).toContain("Operation not permitted");
		expect((await sh(`${KMSG}; true <> /kmsg`, ...rule)).stderr).toContain("Operation not permitted");
		expect((await sh("mknod /mem c 1 1; true < /mem", ...rule)).stderr).toContain("Operation not permitted");
	});

	test("--device-cgroup-rule takes any number for *, and several rules", async () => {
		const rules = [...SYSLOG, "--device-cgroup-rule", "c 1:* r", "--device-cgroup-rule=c *:11 w"];
		expect((await sh(`${KMSG} && true < /kmsg && true > /kmsg && echo both`, ...rules)).stdout).toBe("both\n");
		expect((await sh(`${KMSG} && true <> /kmsg && echo both`, ...rules)).stderr).toContain("Operation not permitted");
	});

	ours("--device-cgroup-rule that is none is refused", async () => {
		for (const rule of ["c 1:11", "x 1:11 r", "c 1:11 x", "c:1:11 r"]) {
			const outcome = await engine.run("run", "--rm", "--device-cgroup-rule", rule, IMAGE, "true");
			expect([rule, outcome.code]).toEqual([rule, 125]);
			expect(outcome.stderr).toContain(rule);
		}
	});

	ours("--explain says what is allowed, as it is written on this host", async () => {
		const plan = await engine.ok("run", "--explain", IMAGE, "true");
		const said =
			/^ {2}allow devices c 1:3 rwm: write c 1:3 rwm to \S+devices\.allow$|^ {2}attach a device program to \S+: deny all devices but .*c 1:3 rwm/m;
		expect(plan).toMatch(said);
	});
});

/**
 * Containers that may write their own cgroup (--privileged), and use that to
 * stay: whatever they have made of it, they can be killed, and nothing is left.
 */

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { cgroupsOf } from "./leftovers.ts";

/** $d: the container's own freezer, of either version; $f: its file; $v: what freezes. */
const FREEZER =
	"d=/sys/fs/cgroup/freezer f=freezer.state v=FROZEN; [ -e $d/$f ] || { d=/sys/fs/cgroup; f=cgroup.freeze; v=1; }";
/** Where v2 is mounted with `nsdelegate`, nobody may from within (cgroup-v2.rst, Delegation Containment). */
const FREEZES = `${FREEZER}; echo $v > $d/$f || echo refused`;
const FREEZES_BELOW = `${FREEZER}; mkdir -p $d/x && echo $$ > $d/x/cgroup.procs && echo $v > $d/x/$f`;

describe.skipIf(!ready)("a container that writes its own cgroup", () => {
	const engine = useEngine("cgroup-hostile");
	const statusOf = async (name: string) => (await engine.ok("inspect", "-f", "{{.State.Status}}", name)).trim();
	const start = (script: string, ...flags: string[]) =>
		engine.ok("run", "-d", "--privileged", "--name", "hostile", ...flags, IMAGE, "sh", "-c", script);
	const isFrozen = (id: string) =>
		cgroupsOf(id)
			.flatMap((path) => [path, `${path}/x`])
			.some(
				(path) => textOf(`${path}/freezer.state`) === "FROZEN\n" || /^frozen 1$/m.test(textOf(`${path}/cgroup.events`)),
			);

	const hasTried = async (id: string) => isFrozen(id) || (await engine.ok("logs", id)).includes("refused");

	for (const [what, script] of [
		["has frozen itself", FREEZES],
		["has frozen itself below its own cgroup", FREEZES_BELOW],
	] as const) {
		ours(`and ${what} is killed`, async () => {
			const id = await start(`${script}; sleep 1000`);
			await until("it is frozen", () => hasTried(id));
			await engine.ok("kill", "hostile");
			expect(await statusOf("hostile")).toBe("exited");
			expect(cgroupsOf(id)).toEqual([]);
			await engine.ok("rm", "hostile");
		});

		ours(`and ${what} is removed with rm -f`, async () => {
			const id = await start(`${script}; sleep 1000`);
			await until("it is frozen", () => hasTried(id));
			await engine.ok("rm", "-f", "hostile");
			expect(cgroupsOf(id)).toEqual([]);
		});

		ours(`and ${what} is stopped and started again`, async () => {
			const id = await start(`[ -e /again ] && exec sleep 1000; : > /again; ${script}; sleep 1000`);
			await until("it is frozen", () => hasTried(id));
			await engine.ok("restart", "-t", "0", "hostile");
			expect(await statusOf("hostile")).toBe("running");
			expect(isFrozen(id)).toBe(false);
			await engine.ok("rm", "-f", "hostile");
		});
	}

	ours("and whose health check has frozen itself is stopped", async () => {
		const check = ["--health-cmd", `${FREEZES_BELOW}; sleep 1000`, "--health-interval", "50ms"];
		const id = await start("exec sleep 1000", "--pid", "host", ...check);
		await until("the check is frozen", () => isFrozen(id));
		await engine.ok("stop", "hostile");
		expect(await statusOf("hostile")).toBe("exited");
		expect(cgroupsOf(id)).toEqual([]);
		await engine.ok("rm", "hostile");
	});

	ours("and has made cgroups below it, deep ones and with long names, leaves none", async () => {
		const deep = "i=0; while [ $i -lt 60 ]; do mkdir d && cd d; i=$((i+1)); done";
		const script = `for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do cd $d && mkdir $(printf %02000d 0) && { ${deep}; }; done 2>/dev/null; echo made`;
		const id = await start(`${script}; sleep 1000`);
		await until("they are made", async () => (await engine.ok("logs", "hostile")) === "made");
		expect(cgroupsOf(id).some((path) => existsSync(`${path}${"/d".repeat(60)}`))).toBe(true);
		await engine.ok("rm", "-f", "hostile");
		expect(cgroupsOf(id)).toEqual([]);
	});
});

function textOf(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}

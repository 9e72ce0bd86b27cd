/**
 * /proc/self/exe is never a file of the host: CVE-2019-5736, where a container
 * overwrote runc through it.
 */

import { beforeAll, describe, expect } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { binary, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("/proc/self/exe", () => {
	const engine = useEngine("self");
	let before = "";
	const sum = () => createHash("sha256").update(readFileSync(binary)).digest("hex");
	beforeAll(() => {
		before = sum();
	});

	ours("as entrypoint never runs a file of the host", async () => {
		for (const path of ["/proc/self/exe", "/proc/1/exe", "/proc/thread-self/exe"]) {
			const outcome = await engine.run("run", "--rm", IMAGE, path, "--version");
			expect(outcome.code).not.toBe(0);
			expect(outcome.stdout).toBe("");
		}
	});

	ours("as exec target never runs a file of the host", async () => {
		await engine.ok("run", "-d", "--name", "box", IMAGE, "sleep", "1000");
		for (const path of ["/proc/self/exe", "/proc/thread-self/exe"]) {
			const outcome = await engine.run("exec", "box", path, "--version");
			expect(outcome.stdout).not.toMatch(/\d+\.\d+\.\d+/);
			expect(outcome.code).not.toBe(0);
		}
		await engine.ok("rm", "-f", "box");
	});

	ours("as interpreter of a script never runs a file of the host", async () => {
		const script = "printf '#!/proc/self/exe\\n' > /x; chmod +x /x; exec /x";
		const outcome = await engine.run("run", "--rm", IMAGE, "sh", "-c", script);
		expect(outcome.stdout).toBe("");
		await engine.ok(
			"run",
			"-d",
			"--name",
			"box",
			IMAGE,
			"sh",
			"-c",
			"printf '#!/proc/self/exe\\n' > /x; chmod +x /x; sleep 1000",
		);
		expect((await engine.run("exec", "box", "/x")).stdout).toBe("");
		await engine.ok("rm", "-f", "box");
	});

	ours("of every process that enters can never be opened for writing", async () => {
		// Watches for processes that appear while exec enters, and tries each one's exe.
		const watch = `end=$(( $(date +%s) + 4 )); while [ $(date +%s) -lt $end ]; do
			for exe in /proc/[0-9]*/exe; do
				target=$(readlink $exe) || continue
				case $target in /bin/busybox) continue ;; esac
				if : >> $exe; then echo "opened $target"; fi
			done 2>/dev/null
		done; echo watched`;
		const watcher = engine.spawn("run", "--rm", "--name", "watch", IMAGE, "sh", "-c", watch);
		await Bun.sleep(300);
		while (watcher.running) await engine.run("exec", "watch", "true");
		await watcher.ended();
		expect(watcher.stdout).toBe("watched\n");
		expect(sum()).toBe(before);
	});

	ours("the executable is the same afterwards", () => {
		expect(sum()).toBe(before);
	});
});

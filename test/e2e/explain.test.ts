/** `run --explain`: the plan, which is what would be played, and nothing touched. */

import { describe, expect } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

/** Every file below a directory with a digest of its content, mode and time of change. */
function snapshot(directory: string): string[] {
	return readdirSync(directory, { recursive: true, encoding: "utf8" })
		.sort()
		.map((name) => {
			const path = `${directory}/${name}`;
			const status = statSync(path, { throwIfNoEntry: false });
			const digest = status?.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
			return `${name} ${status?.mode} ${status?.mtimeMs} ${digest}`;
		});
}

/** `step N/M: SENTENCE`s of a text, with what differs from container to container masked. */
function steps(text: string): string[] {
	return [...text.matchAll(/step \d+\/\d+: .*/g)].map(([line]) =>
		line
			.replace(/\b[0-9a-f]{64}\b/g, "ID")
			.replace(/\b[0-9a-f]{12}\b/g, "ID")
			.replace(/\b(descriptor|pid|process) \d+/g, "$1 N"),
	);
}

describe.skipIf(!ready)("--explain", () => {
	const engine = useEngine("explain");

	ours("prints image, container, cgroup, network and the tape, in this order", async () => {
		const out = await engine.ok("run", "--explain", IMAGE, "true");
		const order = ["image", "container", "cgroup", "network", "tape"].map((word) =>
			out.search(new RegExp(`^${word}`, "m")),
		);
		expect(order.every((at) => at >= 0)).toBe(true);
		expect([...order].sort((a, b) => a - b)).toEqual(order);
	});

	ours("says every step with its number and a sentence", async () => {
		const found = steps(await engine.ok("run", "--explain", IMAGE, "true"));
		expect(found.length).toBeGreaterThan(20);
		found.forEach((step, index) => {
			expect(step).toMatch(new RegExp(`^step ${index + 1}/${found.length}: [a-z].{5,}`));
		});
		expect(found.join("\n")).toMatch(/mount .*overlay/);
		expect(found.join("\n")).toContain("/proc");
		expect(found.at(-1)).toContain("true");
	});

	const variants: Record<string, string[]> = {
		plain: [],
		"with many flags": [
			"-e",
			"A=1",
			"-w",
			"/tmp",
			"-u",
			"app",
			"-h",
			"box",
			"--read-only",
			"-v",
			"/etc:/host:ro",
			"--init",
		],
		"with the host's network": ["--network", "host"],
		"without a log": ["--log-driver", "none"],
		"with stdin": ["-i"],
		"with a terminal": ["-t"],
	};
	for (const [name, flags] of Object.entries(variants))
		ours(`the printed steps are those that BUNKER_TRACE=tape records of the same run: ${name}`, async () => {
			const words = ["run", "--rm", "--name", "same", ...flags];
			const planned = steps(await engine.ok(...words, "--explain", IMAGE, "true"));
			const played = await engine.run(...words, IMAGE, "true", { env: { BUNKER_TRACE: "tape" } });
			expect(played.code).toBe(0);
			expect(steps(played.stderr)).toEqual(planned);
		});

	ours("the state directory is byte for byte as before", async () => {
		await engine.ok("ps", "-a"); // whatever a first look repairs is repaired
		const before = [snapshot(engine.root), snapshot(engine.runRoot)];
		await engine.ok("run", "--explain", "--name", "never", "-d", IMAGE, "true");
		await engine.ok("run", "--explain", "--rm", "-v", `${engine.directory}/not-made:/x`, IMAGE, "true");
		expect([snapshot(engine.root), snapshot(engine.runRoot)]).toEqual(before);
		expect(readdirSync(engine.directory)).not.toContain("not-made");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	describe("of networks", () => {
		// One that has made nothing of a network yet: what is there is not made again, and not said.
		const engine = useEngine("explained");
		const words = ["--name", "web", "-p", "8080:80"];
		/** What is random: the id in the name of a veth's outer end. */
		const known = (line: string) => line.replace(/veth[0-9a-f]{7}/, "vethID");
		const section = (plan: string) =>
			/^network\n(.*?)\n\n/ms
				.exec(plan)?.[1]
				?.split("\n")
				.map((line) => line.trim()) ?? [];

		ours("run --explain -p 8080:80 shows bridge, veth, address, route and rules as sentences", async () => {
			const lines = section(await engine.ok("run", "--explain", ...words, IMAGE, "true"));
			for (const sentence of [
				/^make the table inet bunker-\w+$/,
				/^published ports: forward oifname @bridges ct status dnat accept$/,
				/^make the bridge br-\w+$/,
				/^hold port 8080 of 0\.0\.0\.0 for 80\/tcp$/,
				/^lead 0\.0\.0\.0:8080\/tcp to [\d.]+:80 \(web\)$/,
				/^make a veth pair: veth\w+ on the bridge br-\w+, eth0 \([0-9a-f:]+\) in the container$/,
				/^give eth0 the address [\d.]+\/\d+$/,
				/^route everything else by way of [\d.]+$/,
			])
				expect(lines.filter((line) => sentence.test(line))).toHaveLength(1);
		});

		ours(
			"ports whose numbers are not known yet, and those of host_binding_ipv4, are said as what they will be",
			async () => {
				const binding = "com.docker.network.bridge.host_binding_ipv4=127.0.0.1";
				await engine.ok("network", "create", "-o", binding, "bound");
				const ports = ["-p", "80", "-p", "8100-8110:81", "-p", "8080:82", "-p", "[::1]::83/udp"];
				const lines = section(await engine.ok("run", "--explain", "--network", "bound", ...ports, IMAGE, "true"));
				expect(lines.filter((line) => line.startsWith("hold "))).toEqual([
					"hold a free port of 127.0.0.1 for 80/tcp",
					"hold one of the ports 8100-8110 of 127.0.0.1 for 81/tcp",
					"hold port 8080 of 127.0.0.1 for 82/tcp",
					"hold a free port of ::1 for 83/udp",
				]);
				await engine.ok("network", "rm", "bound");
			},
		);

		ours("the printed sentences are those that BUNKER_TRACE=net records of the same run", async () => {
			const explained = section(await engine.ok("run", "--explain", ...words, IMAGE, "true"));
			const { stderr } = await engine.run("run", "--rm", ...words, IMAGE, "true", { env: { BUNKER_TRACE: "net" } });
			const played = stderr.split("\n").flatMap((line) => /^bunker: net: (.*)$/.exec(line)?.[1] ?? []);
			expect(played.length).toBeGreaterThan(5);
			const told = new Set(explained.map(known));
			expect(played.map(known).filter((line) => !told.has(line))).toEqual([]);
			// What is not a message: the ports that are held.
			const done = new Set(played.map(known));
			expect(explained.map(known).filter((line) => !done.has(line) && !line.startsWith("hold port "))).toEqual([]);
		});
	});

	ours("a plan that could not be made is an error as run's own is", async () => {
		const outcome = await engine.run("run", "--explain", "nosuch-image", "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toContain("nosuch-image");
		expect((await engine.run("run", "--explain", "--network", "nosuch", IMAGE, "true")).code).toBe(125);
	});

	ours("a failing step says its number and sentence", async () => {
		const outcome = await engine.run("run", "--rm", "-v", "/proc/self/environ:/bin", IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toMatch(
			/^bunker: step \d+\/\d+: bind .*: EINVAL \(.+\): are you trying to mount a directory onto a file/m,
		);
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});
});

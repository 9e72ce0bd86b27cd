/** Flags by their long names, where the tests beside what they do use the short ones. */

import { describe, expect } from "bun:test";
import { IMAGE, ours, ready, useEngine, withoutAges } from "./harness.ts";

describe.skipIf(!ready)("long forms", () => {
	const engine = useEngine("long");

	// The short forms have their tests beside what they do; docker-cli.json says what belongs together.
	ours("ps --last --latest --size --quiet, kill --signal, stop --timeout", async () => {
		for (const name of ["older", "newer"]) await engine.ok("run", "-d", "--name", name, IMAGE, "sleep", "1000");
		for (const [short, long] of [
			[["-n", "1"], ["--last=1"]],
			[["-l"], ["--latest"]],
			[
				["-a", "-s"],
				["--all", "--size"],
			],
			[["-q"], ["--quiet"]],
		] as const)
			expect(withoutAges(await engine.ok("ps", ...long))).toBe(withoutAges(await engine.ok("ps", ...short)));
		expect((await engine.ok("ps", "--latest", "--quiet")).split("\n")).toHaveLength(1);
		await engine.ok("kill", "--signal", "KILL", "newer");
		expect(await engine.ok("inspect", "-f", "{{.State.ExitCode}}", "newer")).toBe("137");
		await engine.ok("stop", "--signal=INT", "--timeout=0", "older");
		await engine.ok("rm", "--volumes", "--force", "older", "newer");
	});

	ours("run --interactive, start --attach --interactive, exec --interactive", async () => {
		const options = { stdin: "typed\n" };
		expect(await engine.ok("run", "--rm", "--interactive", IMAGE, "cat", options)).toBe("typed");
		await engine.ok("create", "--interactive", "--name", "reads", IMAGE, "cat");
		expect(await engine.ok("start", "--attach", "--interactive", "reads", options)).toBe("typed");
		await engine.ok("run", "--detach", "--name", "idle", IMAGE, "sleep", "1000");
		expect(await engine.ok("exec", "--interactive", "idle", "cat", options)).toBe("typed");
		await engine.removeAll();
	});

	ours("images --quiet --all, history --quiet --human, system df --verbose", async () => {
		for (const [verb, short, long] of [
			["images", ["-a", "-q"], ["--all", "--quiet"]],
			["history", ["-q", "-H=false", IMAGE], ["--quiet", "--human=false", IMAGE]],
			["system", ["df", "-v"], ["df", "--verbose"]],
		] as const)
			expect(withoutAges(await engine.ok(verb, ...long))).toBe(withoutAges(await engine.ok(verb, ...short)));
	});
});

/** What docker's users type, line by line (docker-lines.ts). */

import { describe, expect, test } from "bun:test";
import { type Line, lines } from "./docker-lines.ts";
import { ready, TARGET, useEngine } from "./harness.ts";

/** Words as a shell makes them of single quotes and blanks. */
function words(line: string): string[] {
	const found = line.matchAll(/((?:[^\s']|'[^']*')+)/g);
	return [...found].map(([word]) => word.replaceAll("'", ""));
}

/** What is different each time. */
function masked(text: string): string {
	return text
		.replaceAll(/\b[0-9a-f]{64}\b/g, "ID")
		.replaceAll(/\b[0-9a-f]{12}\b/g, "SHORT")
		.replaceAll(/(Less than a second|About an? \w+|\d+ (?:second|minute|hour)s?)/g, "AGE");
}

function agrees(expected: string | RegExp | undefined, text: string): boolean {
	if (expected === undefined) return true;
	return typeof expected === "string" ? masked(text) === expected : expected.test(masked(text));
}

describe.skipIf(!ready)("what docker's users type", () => {
	const engine = useEngine("docker-lines");
	test("there are at least 120 lines", () => {
		expect(lines.length).toBeGreaterThanOrEqual(120);
	});

	test.each(lines.map((entry): [string, Line] => [entry.line, entry]))("%s", async (_, entry) => {
		const { code, stdout, stderr } = await engine.run(...words(entry.line), { stdin: entry.stdin ?? "" });
		// Typed all the same: what follows needs it.
		if (TARGET === "podman" && entry.podman) return;
		expect({
			code,
			out: agrees(entry.out, stdout) ? entry.out : masked(stdout),
			err: agrees(entry.err, stderr) ? entry.err : stderr,
		}).toEqual({ code: entry.code, out: entry.out, err: entry.err });
	});
});

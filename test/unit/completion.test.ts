import { describe, expect, test } from "bun:test";
import { globals } from "../../src/cli/globals.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { wanted } from "../../src/cli/wanted.ts";

const candidates = (...words: string[]): string[] => {
	const found = wanted(globals, words);
	const typed = words.at(-1) ?? "";
	return "kind" in found
		? [`<${found.before}${found.kind}>`]
		: found.candidates.map(([word]) => word).filter((word) => word.startsWith(typed));
};

describe("what a word of a command line can be", () => {
	test("a verb or a group, none that is hidden", () => {
		expect(candidates("ru")).toEqual(["run"]);
		expect(candidates("contai")).toEqual(["container"]);
		expect(candidates("__")).toEqual([]);
	});

	test("a verb of a group, aliases too", () => {
		expect(candidates("container", "l")).toEqual(["list", "logs", "ls"]);
		expect(candidates("image", "nosuch", "")).toEqual([]);
	});

	test("a flag, of bunker or of the verb", () => {
		expect(candidates("--ro")).toEqual(["--root"]);
		expect(candidates("run", "--entry")).toEqual(["--entrypoint"]);
		expect(candidates("container", "logs", "--fol")).toEqual(["--follow"]);
		expect(candidates("ps", "--he")).toEqual(["--help"]);
	});

	test("the value of a flag, apart, behind = or behind a group of letters", () => {
		expect(candidates("--root", "")).toEqual(["<directory>"]);
		expect(candidates("load", "--input", "")).toEqual(["<file>"]);
		expect(candidates("load", "--input=")).toEqual(["<--input=file>"]);
		expect(candidates("load", "-qi", "")).toEqual(["<file>"]);
		expect(candidates("run", "--name", "")).toEqual([]);
	});

	test("an image or a container, behind flags and their values", () => {
		expect(candidates("run", "--name", "x", "-it", "")).toEqual(["<image>"]);
		expect(candidates("--root", "/r", "logs", "-f", "")).toEqual(["<container>"]);
		expect(candidates("container", "rm", "a", "b", "")).toEqual(["<container>"]);
		expect(candidates("logs", "a", "")).toEqual([]);
		expect(candidates("cp", "-a", "web:/x", "")).toEqual(["<spot>"]);
	});

	test("nothing of bunker's behind the image, no flag behind --", () => {
		expect(candidates("run", "image", "")).toEqual([]);
		expect(candidates("run", "image", "--na")).toEqual([]);
		expect(candidates("rm", "--", "--fo")).toEqual(["<container>"]);
	});
});

test("every verb that takes operands says what they complete to", async () => {
	const silent: string[] = [];
	for (const [name, entry] of Object.entries(verbs)) {
		const verb = await entry.load();
		if (!entry.hidden && verb.operands.most !== 0 && !verb.completes) silent.push(name);
	}
	expect(silent).toEqual([]);
});

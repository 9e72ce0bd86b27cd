import { describe, expect, test } from "bun:test";
import { globals } from "../../src/cli/globals.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { wanted } from "../../src/cli/wanted.ts";

const candidates = async (...words: string[]): Promise<string[]> => {
	const found = await wanted(globals, words);
	const typed = words.at(-1) ?? "";
	return "kind" in found
		? [`<${found.before}${found.kind}>`]
		: found.candidates.map(([word]) => word).filter((word) => word.startsWith(typed));
};

describe("what a word of a command line can be", () => {
	test("a verb or a group, none that is hidden", async () => {
		expect(await candidates("ru")).toEqual(["run"]);
		expect(await candidates("contai")).toEqual(["container"]);
		expect(await candidates("__")).toEqual([]);
	});

	test("a verb of a group, aliases too", async () => {
		expect(await candidates("container", "l")).toEqual(["list", "logs", "ls"]);
		expect(await candidates("image", "nosuch", "")).toEqual([]);
	});

	test("a flag, of bunker or of the verb", async () => {
		expect(await candidates("--ro")).toEqual(["--root"]);
		expect(await candidates("run", "--entry")).toEqual(["--entrypoint"]);
		expect(await candidates("container", "logs", "--fol")).toEqual(["--follow"]);
		expect(await candidates("ps", "--he")).toEqual(["--help"]);
	});

	test("the value of a flag, apart, behind = or behind a group of letters", async () => {
		expect(await candidates("--root", "")).toEqual(["<directory>"]);
		expect(await candidates("load", "--input", "")).toEqual(["<file>"]);
		expect(await candidates("load", "--input=")).toEqual(["<--input=file>"]);
		expect(await candidates("load", "-qi", "")).toEqual(["<file>"]);
		expect(await candidates("run", "--name", "")).toEqual([]);
	});

	test("an image or a container, behind flags and their values", async () => {
		expect(await candidates("run", "--name", "x", "-it", "")).toEqual(["<image>"]);
		expect(await candidates("--root", "/r", "logs", "-f", "")).toEqual(["<container>"]);
		expect(await candidates("container", "rm", "a", "b", "")).toEqual(["<container>"]);
		expect(await candidates("logs", "a", "")).toEqual([]);
		expect(await candidates("cp", "-a", "web:/x", "")).toEqual(["<spot>"]);
	});

	test("nothing of bunker's behind the image, no flag behind --", async () => {
		expect(await candidates("run", "image", "")).toEqual([]);
		expect(await candidates("run", "image", "--na")).toEqual([]);
		expect(await candidates("rm", "--", "--fo")).toEqual(["<container>"]);
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

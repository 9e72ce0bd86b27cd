/** The README says what the code says, where a table of it is the same as one of the code. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { verbs } from "../../src/cli/verbs.ts";
import { VARIABLES } from "../../src/environment.ts";
import { configKeys } from "../../src/flags/config.ts";
import { refusal } from "../../src/flags/refused.ts";
import reference from "../reference/docker-cli.json";

const readme = readFileSync("README.md", "utf8");

test("the README's table of the environment has every variable", () => {
	const documented = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] as string);
	expect(documented.sort()).toEqual(Object.keys(VARIABLES).sort());
});

test("the README's table of the configuration has every key", () => {
	const documented = [...readme.matchAll(/^\| `([a-z-]+)` \| /gm)].map((match) => match[1] as string);
	expect(documented.filter((word) => (configKeys as string[]).includes(word))).toEqual(configKeys);
});

test("the README counts docker's flags that are accepted, and those that are refused by name", async () => {
	const docker = reference as unknown as Record<string, { flags?: { long: string }[] }>;
	let accepted = 0;
	let refused = 0;
	for (const [name, entry] of Object.entries(verbs)) {
		const { flags } = await entry.load();
		const longs = (docker[name]?.flags ?? []).map(({ long }) => long.slice(2)).filter((long) => long !== "help");
		accepted += longs.filter((long) => Object.hasOwn(flags, long)).length;
		refused += longs.filter((long) => refusal(name, long) !== undefined).length;
	}
	const said = /accepts \d+ of docker's flags and refuses \d+ by name/.exec(readme)?.[0];
	expect(said).toBe(`accepts ${accepted} of docker's flags and refuses ${refused} by name`);
});

test("the paths that the README maps are there", () => {
	const paths = [...readme.matchAll(/^\| `((?:src|ffi|test)\/[^`]*)` \|/gm)].map((match) => match[1] as string);
	expect(paths.length).toBeGreaterThan(8);
	for (const path of paths) expect([path, Bun.spawnSync(["test", "-e", path]).exitCode]).toEqual([path, 0]);
});

test("the README's make targets exist", () => {
	const makefile = readFileSync("Makefile", "utf8");
	for (const [, target] of readme.matchAll(/`?make ([a-z]+)`?/g))
		expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
});

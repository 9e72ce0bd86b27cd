/** docker's own list of flags and verbs, walked: each is declared or refused by name, none is ignored. */

import { describe, expect, test } from "bun:test";
import { globals } from "../../src/cli/globals.ts";
import { groups, verbs } from "../../src/cli/verbs.ts";
import type { Flag } from "../../src/flags/flags.ts";
import { refusal, verbRefusal } from "../../src/flags/refused.ts";
import reference from "../reference/docker-cli.json";

interface DockerFlag {
	long: string;
	short: string | null;
	type: string;
}

const docker = reference as unknown as Record<string, { flags: DockerFlag[] }>;
const shown = Object.entries(verbs).filter(([, entry]) => !entry.hidden);

/** Long and short names of docker's flags of a verb that are neither declared nor refused. */
function ignored(verb: string, flags: Record<string, Flag>): string[] {
	const known = Object.entries(flags).flatMap(([name, { short }]) => (short ? [name, short] : [name]));
	return (docker[verb]?.flags ?? [])
		.flatMap(({ long, short }) => [long.slice(2), ...(short ? [short.slice(1)] : [])])
		.filter((name) => name !== "help" && !known.includes(name) && refusal(verb, name) === undefined);
}

describe("docker's flags", () => {
	test.each(shown)("of %s", async (name, entry) => {
		const verb = await entry.load();
		expect(ignored(name, verb.flags)).toEqual([]);
	});

	test("before the verb", () => {
		expect(ignored("docker", globals).filter((name) => !refusal("", name))).toEqual([]);
	});

	test.each(shown)("of %s take a value here where they take one there", async (name, entry) => {
		const verb = await entry.load();
		const differing = (docker[name]?.flags ?? []).filter(({ long, type }) => {
			const flag = verb.flags[long.slice(2)];
			return flag && (flag.kind === "bool") !== (type === "bool");
		});
		expect(differing).toEqual([]);
	});

	test("none is declared and refused", async () => {
		for (const [name, entry] of shown) {
			const verb = await entry.load();
			const declared = Object.entries(verb.flags).flatMap(([long, { short }]) => [long, short ?? ""]);
			expect(declared.filter((flag) => flag && refusal(name, flag))).toEqual([]);
		}
	});
});

test("every verb of docker's is there or refused", () => {
	const words = (reference.docker as { subcommands: string[] }).subcommands;
	const there = (word: string) => Object.hasOwn(verbs, word) || Object.hasOwn(groups, word);
	expect(words.filter((word) => !there(word) && !verbRefusal(word))).toEqual([]);
	expect(words.filter((word) => there(word) && verbRefusal(word))).toEqual([]);
});

test.each(Object.entries(groups))("every verb of docker's %s is there or refused", (noun, { verbs: members }) => {
	const words = (reference as unknown as Record<string, { subcommands: string[] }>)[noun]?.subcommands ?? [];
	const there = (word: string) => Object.hasOwn(members, word);
	expect(words.filter((word) => !there(word) && !verbRefusal(`${noun} ${word}`))).toEqual([]);
});

test("a word of nobody's is not refused by reason", () => {
	expect(refusal("run", "nosuch")).toBeUndefined();
	expect(refusal("nosuch", "constructor")).toBeUndefined();
	expect(verbRefusal("toString")).toBeUndefined();
});

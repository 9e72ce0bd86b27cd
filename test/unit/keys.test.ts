/** Detach keys, as docker writes them (moby/term, ascii.go). */

import { expect, test } from "bun:test";
import { keySequence } from "../../src/container/keys.ts";

const keys = (typed?: string) => [...keySequence(typed)];

test("without any: ctrl-p ctrl-q", () => {
	expect(keys()).toEqual([16, 17]);
	expect(keys("")).toEqual([16, 17]);
});

test("characters, control characters and DEL", () => {
	expect(keys("ctrl-p,ctrl-q")).toEqual([16, 17]);
	expect(keys("a,b")).toEqual([97, 98]);
	expect(keys("ctrl-@")).toEqual([0]);
	expect(keys("ctrl-a,ctrl-z,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_")).toEqual([1, 26, 27, 28, 29, 30, 31]);
	expect(keys("DEL,A, ")).toEqual([127, 65, 32]);
});

test.each(["ctrl-", "ctrl-A", "ctrl-pp", "ctrl-1", "CTRL-p", "ab", "a,,b", ",", "del", "é", "ctrl-p "])(
	"%j is an error",
	(typed) => {
		expect(() => keySequence(typed)).toThrow(/^invalid detach keys/);
	},
);

test("an error names the key", () => {
	expect(() => keySequence("ctrl-p,wrong")).toThrow("invalid detach keys (ctrl-p,wrong): unknown character: 'wrong'");
});

test("64 keys are the most", () => {
	expect(keys(Array(64).fill("a").join(","))).toHaveLength(64);
	expect(() => keySequence(Array(65).fill("a").join(","))).toThrow("65 of them, and 64 are the most");
});

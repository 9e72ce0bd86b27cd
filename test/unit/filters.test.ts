/** Filters, points in time and durations, as docker's users write them. */

import { describe, expect, test } from "bun:test";
import { parsePorts } from "../../src/container/ports.ts";
import { formatGoDuration, parseGoDuration } from "../../src/duration.ts";
import { Failure } from "../../src/failure.ts";
import { isUntil, matchesExactly, matchesLabels, matchesPattern, truthOf } from "../../src/filters.ts";
import { parseFilters } from "../../src/flags/filter.ts";
import { parseTimestamp } from "../../src/flags/timestamp.ts";
import { compilePattern } from "../../src/image/filter.ts";
import { localTime } from "../../src/text/localtime.ts";

const of = (...given: string[]) => parseFilters(given, ["name", "label", "label!", "until", "dangling", "status"]);

function failure(work: () => unknown): Failure {
	try {
		work();
	} catch (error) {
		if (error instanceof Failure) return error;
	}
	throw new Error("no failure");
}

describe("--filter", () => {
	test("is a name and a value, blanks around them and the name's case not regarded", () => {
		expect([...of("Name= a=b ", "name=c", "")]).toEqual([["name", ["a=b", "c"]]]);
	});

	test("without = is a malformed flag, as docker's client has it", () => {
		expect(failure(() => of("name"))).toMatchObject({
			exitCode: 125,
			message: 'invalid argument "name" for -f, --filter: bad format of filter (expected name=value)',
		});
	});

	test("of an unknown name is named, and those that are known", () => {
		for (const name of ["nosuch", "constructor", "__proto__", ""])
			expect(failure(() => of(`${name}=1`))).toMatchObject({ exitCode: 1, message: `invalid filter '${name}'` });
		expect(failure(() => of("x=1")).hint).toContain("name, label");
	});

	test("until is turned into a time as stored", () => {
		expect(of("until=2026-11-21T01:02:03Z").get("until")).toEqual(["2026-11-21T01:02:03.000000000Z"]);
		expect(failure(() => of("until=soon")).message).toContain("until=soon");
		expect(isUntil(of("until=2026-11-21T01:02:03Z"), "2026-11-21T01:02:02.999999999Z")).toBe(true);
		expect(isUntil(of("until=2026-11-21T01:02:03Z"), "2026-11-21T01:02:03.000000000Z")).toBe(false);
		expect(failure(() => isUntil(of("until=1h", "until=2h"), "")).message).toBe("more than one until filter specified");
	});
});

describe("a filter's value", () => {
	test("of several one is enough", () => {
		expect(matchesExactly(of("status=a", "status=b"), "status", "b")).toBe(true);
		expect(matchesExactly(of("status=a"), "status", "b")).toBe(false);
		expect(matchesExactly(of(), "status", "b")).toBe(true);
	});

	test("may be a regular expression, or what is none", () => {
		expect(matchesPattern(of("name=^w.b$"), "name", "web")).toBe(true);
		expect(matchesPattern(of("name=e"), "name", "web")).toBe(true);
		expect(matchesPattern(of("name=x"), "name", "web", "/web")).toBe(false);
		expect(matchesPattern(of("name=^/web"), "name", "web", "/web")).toBe(true);
		expect(matchesPattern(of("name=("), "name", "(")).toBe(true);
		expect(matchesPattern(of("name=("), "name", "web")).toBe(false);
	});

	test("of label: all are needed; of label!: none of them", () => {
		const labels = { a: "1", b: "" };
		expect(matchesLabels(of("label=a", "label=b"), labels)).toBe(true);
		expect(matchesLabels(of("label=a=1"), labels)).toBe(true);
		expect(matchesLabels(of("label=a=2"), labels)).toBe(false);
		expect(matchesLabels(of("label=a", "label=c"), labels)).toBe(false);
		expect(matchesLabels(of("label!=a"), labels)).toBe(false);
		expect(matchesLabels(of("label!=c"), labels)).toBe(true);
		expect(matchesLabels(of("label=constructor"), labels)).toBe(false);
	});

	test("of yes or no is one of docker's words", () => {
		expect([of("dangling=true"), of("dangling=0"), of()].map((filters) => truthOf(filters, "dangling"))).toEqual([
			true,
			false,
			undefined,
		]);
		expect(failure(() => truthOf(of("dangling=maybe"), "dangling")).message).toContain("dangling=maybe");
		expect(failure(() => truthOf(of("dangling=1", "dangling=0"), "dangling")).message).toContain("true or false");
	});

	test("of ports is one, or a range, of a protocol", () => {
		expect(parsePorts("80")).toEqual(["80/tcp"]);
		expect(parsePorts("80-82/UDP")).toEqual(["80/udp", "81/udp", "82/udp"]);
		for (const wrong of ["", "x", "82-80", "70000", "80/x", "80:80"]) expect(parsePorts(wrong)).toBeUndefined();
	});
});

describe("durations of Go's", () => {
	test.each<[string, number | undefined, string?]>([
		["1h30m", 5400e9, "1h30m0s"],
		["1.5s", 1.5e9],
		["300ms", 300e6],
		["10us", 10e3, "10µs"],
		["5ns", 5],
		["-2m", -120e9, "-2m0s"],
		["0", 0, "0s"],
		["90s", 90e9, "1m30s"],
		["1", undefined],
		["1d", undefined],
		["", undefined],
		["h", undefined],
	])("%s", (text, nanoseconds, written = text) => {
		expect(parseGoDuration(text)).toBe(nanoseconds as number);
		if (nanoseconds !== undefined) expect(formatGoDuration(nanoseconds)).toBe(written);
	});
});

describe("points in time", () => {
	const now = Date.parse("2026-11-21T12:00:00Z");

	test.each<[string, string | undefined]>([
		["10m", "2026-11-21T11:50:00.000000000Z"],
		["1.5s", "2026-11-21T11:59:58.500000000Z"],
		["1795262400", "2026-11-21T12:00:00.000000000Z"],
		["1795262400.5", "2026-11-21T12:00:00.500000000Z"],
		["0", "1970-01-01T00:00:00.000000000Z"],
		["2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000000000Z"],
		["2026-11-21T10:00:00.123456789+02:00", "2026-11-21T08:00:00.123456789Z"],
		["yesterday", undefined],
		["2026-13-01T00:00:00Z", undefined],
		["", undefined],
	])("%s", (text, time) => {
		expect(parseTimestamp(text, now)).toBe(time as string);
	});

	test("without a zone are local", () => {
		const local = new Date(2026, 10, 21, 10, 30).toISOString().replace(".000Z", ".000000000Z");
		expect(parseTimestamp("2026-11-21T10:30", now)).toBe(local);
	});

	test("are shown with the zone of who looks", () => {
		expect(localTime("2026-11-21T01:06:57.691810561Z")).toMatch(
			/^2026-11-2[01] \d\d:\d\d:57 [+-]\d{4} ([A-Z]{3,5}|[+-]\d\d(\d\d)?)$/,
		);
	});
});

describe("a pattern of reference=", () => {
	test.each([
		["busybox", true],
		["busybox:latest", true],
		["busy*", true],
		["*:latest", true],
		["b?sybox", true],
		["b[a-z]sybox", true],
		["b[^u]sybox", false],
		["docker.io/library/busybox", true],
		["busybox:1", false],
		["busy", false],
		["*/busybox", false],
		["busy\\box", true],
		["{busybox,alpine}", false],
		["busy.ox", false],
	])("%s", (pattern, fits) => {
		expect(compilePattern(pattern)("busybox:latest")).toBe(fits);
	});

	test("* stops at a slash", () => {
		expect(compilePattern("*")("localhost:5000/a/b:1")).toBe(false);
		expect(compilePattern("localhost:5000/*/b")("localhost:5000/a/b:1")).toBe(true);
	});

	test("that is none is an error", () => {
		expect(failure(() => compilePattern("[z-a]")).message).toContain("reference=[z-a]");
	});
});

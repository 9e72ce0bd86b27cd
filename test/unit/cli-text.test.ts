/** What is printed: durations, sizes, tables, quotes, help; the reference is docker's output. */

import { describe, expect, test } from "bun:test";
import { commandLine, status } from "../../src/cli/container-text.ts";
import { declarationOf } from "../../src/cli/declarations.ts";
import { overview, verbHelp } from "../../src/cli/help.ts";
import { sentence } from "../../src/cli/report.ts";
import { groups, verbs } from "../../src/cli/verbs.ts";
import type { RunOptions } from "../../src/container/options.ts";
import { Failure } from "../../src/failure.ts";
import { parseSize } from "../../src/size.ts";
import { formatDuration, since } from "../../src/text/age.ts";
import { quote } from "../../src/text/quote.ts";
import { formatSize } from "../../src/text/size.ts";
import { shorten, shortId, table } from "../../src/text/table.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("durations, as go-units' own test has them", () => {
	test.each([
		[450, "Less than a second"],
		[1.4 * SECOND, "1 second"],
		[47 * SECOND, "47 seconds"],
		[MINUTE, "About a minute"],
		[119 * SECOND, "About a minute"],
		[3 * MINUTE, "3 minutes"],
		[35 * MINUTE + 40 * SECOND, "35 minutes"],
		[HOUR, "About an hour"],
		[HOUR + 29 * MINUTE, "About an hour"],
		[HOUR + 31 * MINUTE, "2 hours"],
		[47 * HOUR, "47 hours"],
		[2 * DAY, "2 days"],
		[13 * DAY, "13 days"],
		[14 * DAY, "2 weeks"],
		[59 * DAY, "8 weeks"],
		[60 * DAY, "2 months"],
		[700 * DAY, "23 months"],
		[2 * 365 * DAY, "2 years"],
	])("%d ms: %s", (milliseconds, words) => {
		expect(formatDuration(milliseconds)).toBe(words);
	});

	test("a time that is still to come was just now", () => {
		expect(since("2026-11-21T01:00:01.5Z", Date.parse("2026-11-21T01:00:00Z"))).toBe("Less than a second");
	});
});

describe("sizes", () => {
	test.each([
		[0, "0B"],
		[999, "999B"],
		[1984172, "1.98MB"],
		[12_345_678, "12.3MB"],
		[999_999, "1MB"],
		[3e15, "3PB"],
	])("%d bytes: %s", (bytes, words) => {
		expect(formatSize(bytes)).toBe(words);
	});

	test.each<[string, number | undefined]>([
		["10m", 10_000_000],
		["1.5k", 1500],
		["512", 512],
		["1GB", 1_000_000_000],
		["m", undefined],
		["-1", undefined],
		["1x", undefined],
	])("%s is %p bytes", (text, bytes) => {
		expect(parseSize(text)).toBe(bytes);
	});
});

describe("tables", () => {
	test("have docker's columns: at least ten wide, three blanks between, none after the last", () => {
		const rows = [
			["CONTAINER ID", "IMAGE", "PORTS", "NAMES"],
			["1b97cc3976d1", "busybox", "", "g1"],
		];
		expect(table(rows)).toBe("CONTAINER ID   IMAGE     PORTS     NAMES\n1b97cc3976d1   busybox             g1\n");
	});

	test("a long command is cut to twenty characters, the last one …", () => {
		expect(shorten("sleep 1000", 20)).toBe("sleep 1000");
		expect(shorten("sh -c 'while true; do'", 20)).toBe("sh -c 'while true; …");
	});

	test("a command is shown as docker's daemon joins it", () => {
		expect(commandLine(["sleep", "1000"])).toBe("sleep 1000");
		expect(commandLine(["my sh", "-c", "exit 3", ""])).toBe("my sh -c 'exit 3' ");
		expect(commandLine(["true"])).toBe("true");
	});

	test("ids are twelve digits", () => {
		expect(shortId(`sha256:${"ab".repeat(32)}`)).toBe("abababababab");
	});

	test("a command is quoted as Go does, and cannot reach the terminal", () => {
		expect(quote('sh -c "x"\n\u001b[31m\\')).toBe('"sh -c \\"x\\"\\n\\x1b[31m\\\\"');
		expect(quote("ä \udcff\u200b")).toBe('"ä \\xff\\u200b"');
	});
});

describe("the status of a container", () => {
	const options = {} as RunOptions;
	const summary = {
		id: "",
		name: "",
		image: "",
		imageId: null,
		options,
		command: [],
		created: new Date().toISOString(),
	};
	const ago = (seconds: number) => new Date(Date.now() - seconds * 1000 - 100).toISOString();

	test("is docker's", () => {
		expect(status({ ...summary, state: "created" })).toBe("Created");
		expect(status({ ...summary, state: "running", started: ago(3) })).toBe("Up 3 seconds");
		expect(status({ ...summary, state: "exited", exitCode: 137, finished: ago(125) })).toBe(
			"Exited (137) 2 minutes ago",
		);
	});
});

describe("help", () => {
	test("names every verb once, and none that is hidden", () => {
		const text = overview(verbs, groups, {});
		for (const [name, entry] of Object.entries(verbs))
			expect(text.includes(`\n  ${name} `)).toBe(!entry.hidden && !name.includes(" "));
	});

	test("of a verb: usage, summary, flags with their types and defaults, an example", async () => {
		const stop = await (verbs.stop as (typeof verbs)[string]).load();
		expect(verbHelp("stop", "Stop containers", stop)).toBe(`Usage:  bunker stop [OPTIONS] CONTAINER [CONTAINER...]

Stop containers

Options:
      --help            print this help
  -s, --signal string   the signal to send (default the container's, or SIGTERM)
  -t, --timeout int     seconds to wait before it is killed, -1 for ever (default the container's, or 10)

Examples:
  bunker stop web
  bunker stop -t 1 web db
`);
	});

	test("is made of what every verb declares, whole", async () => {
		for (const [name, entry] of Object.entries(verbs)) {
			const { run, ...declaration } = await entry.load();
			expect(declarationOf(name)).toEqual(declaration);
		}
	});

	test("every verb has an example that it can parse", async () => {
		const { parse } = await import("../../src/flags/grammar.ts");
		for (const [name, entry] of Object.entries(verbs)) {
			const verb = await entry.load();
			expect(verb.examples.length > 0).toBe(!entry.hidden);
			for (const example of verb.examples) parse(name, verb, example.split(" <")[0]?.split(" ").slice(1) ?? []);
		}
	});
});

describe("errors", () => {
	test("are one line, whatever they say", () => {
		expect(sentence(new Failure("a\n  b\n"))).toBe("a; b");
	});

	test("that nobody foresaw say so", () => {
		expect(sentence(new TypeError("x is undefined"))).toBe("internal error: x is undefined");
		expect(sentence("thrown text")).toBe("internal error: thrown text");
	});
});

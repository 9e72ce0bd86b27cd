/** Events as text, and what --filter lets through. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { letsThrough } from "../../src/cli/event-filter.ts";
import { eventTemplate } from "../../src/cli/event-template.ts";
import { eventJson, eventLine, localTime } from "../../src/cli/event-text.ts";
import type { Event } from "../../src/kernel/event.ts";

const ID = "1b97cc3976d14f6096fd498602b7e6fa119a632ce66f227214a0b90d743a3216";
const DIED = {
	type: "container" as const,
	action: "die",
	actor: ID,
	attributes: { name: "web", image: "busybox:1", exitCode: "137", team: "a" },
	time: "2026-11-21T01:06:57.691810561Z",
};
const TAGGED: Event = { type: "image", action: "tag", actor: "sha256:ab", attributes: { name: "busybox:1" } };
const MOUNTED: Event = {
	type: "volume",
	action: "mount",
	actor: "data",
	attributes: { container: ID, driver: "local" },
};

describe("an event", () => {
	test("is a line as docker's, its attributes sorted", () => {
		const zone = localTime(DIED.time);
		expect(eventLine(DIED)).toBe(`${zone} container die ${ID} (exitCode=137, image=busybox:1, name=web, team=a)`);
		expect(eventLine({ ...DIED, attributes: {} })).toEndWith(` container die ${ID}`);
	});

	test("in JSON is what docker's API sends, field by field", () => {
		const [line = ""] = readFileSync("test/reference/events.jsonl", "utf8").split("\n").slice(-2);
		const reference = JSON.parse(line);
		const { Actor, Action, timeNano, time } = reference;
		const nanoseconds = /"timeNano":\d{10}(\d{9})/.exec(line)?.[1];
		expect(timeNano).toBeGreaterThan(time);
		const stored = `${new Date(time * 1000).toISOString().slice(0, 19)}.${nanoseconds}Z`;
		const event = { type: "container" as const, action: Action, actor: Actor.ID, attributes: Actor.Attributes };
		expect(eventJson({ ...event, time: stored })).toBe(line);
	});

	test("of an image has no `from`", () => {
		expect(JSON.parse(eventJson({ ...TAGGED, time: DIED.time }))).not.toHaveProperty("from");
	});

	test("of a volume has none of the fields for clients of old", () => {
		expect(JSON.parse(eventJson({ ...MOUNTED, time: DIED.time }))).toEqual({
			Type: "volume",
			Action: "mount",
			Actor: { ID: "data", Attributes: { container: ID, driver: "local" } },
			scope: "local",
			time: 1795223217,
			timeNano: expect.any(Number),
		});
	});

	test("goes through a template as docker's message", () => {
		const print = eventTemplate(
			"{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes.exitCode}} {{.TimeNano}} {{.From}}",
		);
		expect(print(DIED)).toBe(`container die ${ID} 137 1795223217691810561 busybox:1`);
	});

	test.each([["{{"], ["{{.Nope}}"], ["{{.Actor.Nope}}"]])(
		"a template %s is wrong at once, with docker's 64",
		(text) => {
			expect(() => eventTemplate(text)).toThrow(
				expect.objectContaining({ exitCode: 64, message: expect.stringContaining("Error parsing format: ") }),
			);
		},
	);
});

describe("--filter of events", () => {
	const lets = (event: Event, filters: Record<string, string[]>) =>
		letsThrough(new Map(Object.entries(filters)), event);

	test.each<[boolean, Record<string, string[]>]>([
		[true, {}],
		[true, { event: ["die"] }],
		[true, { event: ["start", "die"] }],
		[false, { event: ["di"] }],
		[true, { type: ["container"] }],
		[false, { type: ["image"] }],
		[true, { container: ["web"] }],
		[true, { container: ["w"] }],
		[true, { container: [ID.slice(0, 12)] }],
		[false, { container: ["eb"] }],
		[true, { image: ["busybox:1"] }],
		[true, { image: ["busybox"] }],
		[false, { image: ["busy"] }],
		[true, { label: ["team"] }],
		[true, { label: ["team=a"] }],
		[false, { label: ["team=a", "name=db"] }],
		[false, { volume: ["x"] }],
		[true, { scope: ["local"] }],
		[false, { event: ["die"], container: ["db"] }],
	])("of a container's end: %p for %j", (expected, filters) => {
		expect(lets(DIED, filters)).toBe(expected);
	});

	test("an image's own events are of that image, and of no container", () => {
		expect(lets(TAGGED, { image: ["busybox"] })).toBe(true);
		expect(lets(TAGGED, { container: ["busybox"] })).toBe(false);
	});

	test("a volume's own events are of that volume, by the beginning of its name", () => {
		expect(lets(MOUNTED, { volume: ["da"] })).toBe(true);
		expect(lets(MOUNTED, { volume: ["ata"] })).toBe(false);
		expect(lets(MOUNTED, { type: ["volume"], event: ["mount", "unmount"] })).toBe(true);
		expect(lets(MOUNTED, { container: [ID] })).toBe(false);
	});

	test("health_status, exec_create and exec_start are meant whatever follows the colon", () => {
		const healthy = { ...DIED, action: "health_status: healthy" };
		expect(lets(healthy, { event: ["health_status"] })).toBe(true);
		expect(lets(healthy, { event: ["health_status: unhealthy"] })).toBe(false);
		expect(lets({ ...DIED, action: "exec_create: sh" }, { event: ["exec_create"] })).toBe(true);
	});
});

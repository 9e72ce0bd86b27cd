/** `events`: what happens to containers and images, as it happens. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import type { Recorded } from "../container/container.ts";
import { events } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { list, string } from "../flags/flags.ts";
import { eventLine } from "./event-text.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		filter: list("f", "only those that fit: container=NAME, event=die, image=NAME, label=KEY[=VALUE], type=container"),
		format: string("", "print with a Go template, or 'json'"),
		since: string("", "also those since then: 10m, 2006-01-02T15:04:05, seconds since the epoch"),
		until: string("", "end then; a time that is over: print what was, and end"),
	},
	description: "The last thousand events are kept.",
	examples: [
		"events",
		"events --since 10m --filter event=die",
		"events --filter container=web --format '{{.Action}} {{.Actor.Attributes.exitCode}}'",
	],
	async run({ values, open }) {
		const { parseFilters } = await import("../flags/filter.ts");
		const { eventFilters, letsThrough } = await import("./event-filter.ts");
		const filters = parseFilters(values.filter, eventFilters);
		const print = await printer(values.format);
		const range = { since: await timeOf("since", values.since), until: await timeOf("until", values.until) };
		const store = await open();
		await events(store, range, (event) => {
			if (letsThrough(filters, event)) writeOut(STDOUT, `${print(event)}\n`);
		});
		return 0;
	},
});

async function printer(format: string | undefined): Promise<(event: Recorded) => string> {
	if (!format) return eventLine;
	const { eventTemplate } = await import("./event-template.ts");
	return eventTemplate(format);
}

/** A time of --since or --until. @throws Failure (1), as docker's daemon refuses it */
async function timeOf(flag: string, text: string | undefined): Promise<string | undefined> {
	if (!text) return undefined;
	const { parseTimestamp } = await import("../flags/timestamp.ts");
	const time = parseTimestamp(text);
	if (time === undefined)
		throw new Failure(
			`invalid value "${text}" for --${flag}: a time (2006-01-02T15:04:05), or how long ago (1h30m), is expected`,
		);
	return time;
}

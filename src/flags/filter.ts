/** `--filter NAME=VALUE`, given any number of times → filters. */

import { Failure } from "../failure.ts";
import type { Filters } from "../filters.ts";
import { parseTimestamp } from "./timestamp.ts";
import { malformed } from "./usage.ts";

/** What `ps` knows, and `container prune` less. */
export const containerFilters = [
	"ancestor",
	"before",
	"exited",
	"expose",
	"health",
	"id",
	"is-task",
	"isolation",
	"label",
	"name",
	"network",
	"publish",
	"since",
	"status",
	"volume",
];

/** What `images` knows. */
export const imageFilters = ["before", "dangling", "label", "reference", "since", "until"];

/** What `network ls` knows. */
export const networkFilters = ["dangling", "driver", "id", "label", "name", "scope", "type"];

/** What `volume ls` knows. */
export const volumeFilters = ["dangling", "driver", "label", "name"];

/**
 * Parses filters.
 * @param allowed names that the verb knows
 * @throws Failure: 125 for what has no `=`, as docker's client has it; 1 for an unknown name
 */
export function parseFilters(given: readonly string[], allowed: readonly string[]): Filters {
	const filters = new Map<string, string[]>();
	for (const [name, value] of given.filter((text) => text !== "").map(split)) {
		const values = filters.get(name) ?? [];
		values.push(name === "until" ? parseUntil(value) : value);
		filters.set(name, values);
	}
	for (const name of filters.keys()) {
		if (!allowed.includes(name))
			throw new Failure(`invalid filter '${name}'`, { hint: `filters here are ${allowed.join(", ")}` });
	}
	return filters;
}

function split(text: string): [string, string] {
	const equals = text.indexOf("=");
	if (equals < 0)
		throw malformed(`invalid argument "${text}" for -f, --filter: bad format of filter (expected name=value)`);
	return [text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim()];
}

function parseUntil(value: string): string {
	const time = parseTimestamp(value);
	if (time === undefined)
		throw new Failure(
			`invalid filter 'until=${value}': a time (2006-01-02T15:04:05), or how long ago (1h30m), is expected`,
		);
	return time;
}

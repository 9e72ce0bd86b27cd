/** An event as a line: docker's own (docker/cli, system/events.go), or the JSON of its API. */

import type { Event } from "../kernel/event.ts";

type Timed = Event & { time: string };

/** `2026-11-21T01:06:57.691810561Z container die ID (exitCode=1, image=busybox, name=web)`, in the local time zone. */
export function eventLine({ time, type, action, actor, attributes }: Timed): string {
	const pairs = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
	const more = pairs.length > 0 ? ` (${pairs.map(([name, value]) => `${name}=${value}`).join(", ")})` : "";
	return `${localTime(time)} ${type} ${action} ${actor}${more}`;
}

/** UTC, as stored → the same in the local time zone: `2026-11-21T02:06:57.691810561+01:00`. */
export function localTime(time: string): string {
	const minutes = -new Date(time).getTimezoneOffset();
	if (minutes === 0) return time;
	const there = new Date(Date.parse(time) + minutes * 60_000).toISOString().slice(0, 19);
	const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
	const zone = `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
	return `${there}${time.slice(19, -1)}${zone}`;
}

/** What the API sends, in its order; the fields before `Type` are for clients of old, and those of containers and images alone. */
export function eventFields({ time, type, action, actor, attributes }: Timed): Record<string, unknown> {
	const seconds = Math.floor(Date.parse(time) / 1000);
	const image = attributes.image;
	return {
		...((type === "container" || type === "image") && { status: action, id: actor }),
		...(type === "container" && image !== undefined && { from: image }),
		Type: type,
		Action: action,
		Actor: { ID: actor, Attributes: sorted(attributes) },
		scope: "local",
		time: seconds,
		// More digits than a number has: see eventJson.
		timeNano: `${seconds}${time.slice(20, 29)}`,
	};
}

/** The JSON of an event, one line. */
export function eventJson(event: Timed): string {
	return JSON.stringify(eventFields(event)).replace(/"timeNano":"([0-9]+)"}$/, '"timeNano":$1}');
}

const sorted = (attributes: Record<string, string>): Record<string, string> =>
	Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));

/** `events --format`: docker's message as a template sees it (moby, api/types/events). */

import { Failure } from "../failure.ts";
import type { Event } from "../kernel/event.ts";
import { int, labels, struct, text } from "../template/shape.ts";
import { Template } from "../template/template.ts";
import { eventFields, eventJson } from "./event-text.ts";

type Timed = Event & { time: string };

/** docker/cli, system/events.go */
const EXIT_FORMAT = 64;

const message = struct("events.Message", {
	"Status=status": text,
	"ID=id": text,
	"From=from": text,
	Type: text,
	Action: text,
	Actor: struct("events.Actor", { ID: text, Attributes: labels }),
	"Scope=scope": text,
	"Time=time": int,
	"TimeNano=timeNano": text,
});

/**
 * What prints an event.
 * @param format `json`, or a template, tried at once
 * @throws Failure (64) for one that is wrong
 */
export function eventTemplate(format: string): (event: Timed) => string {
	if (format === "json" || format === "{{json .}}") return eventJson;
	try {
		const template = Template.parse(format);
		template.execute(message({}));
		return (event) => template.execute(message(eventFields(event)));
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		throw new Failure(`Error parsing format: ${error.message}`, { exitCode: EXIT_FORMAT });
	}
}

/**
 * Events: what happened to containers, images, networks and volumes, as docker names it. Whoever
 * changes a row records the event in the same transaction, and announces it
 * after that: listeners sleep until a file in the run root is touched.
 */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { attempt } from "../../ffi/system.ts";
import { now } from "../clock.ts";
import { eventsPath } from "../places.ts";
import type { Store } from "./store.ts";

export interface Event {
	type: "container" | "image" | "network" | "volume";
	/** docker's: `die`, `exec_create: sh -c true`, `health_status: healthy` */
	action: string;
	/** the id of the container, image or network, the name of the volume */
	actor: string;
	attributes: Record<string, string>;
	/** when it happened, RFC 3339; now if not said */
	time?: string;
}

/** An event as it stands in the history. */
export interface Recorded extends Required<Event> {
	/** grows with every event */
	id: number;
}

/** Adds an event to the history, which keeps the last thousand (schema.ts). Only the row: see `announce`. */
export function record(store: Store, { type, action, actor, attributes, time }: Event): void {
	store.run(
		"INSERT INTO event (time, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?)",
		time ?? now(),
		type,
		action,
		actor,
		JSON.stringify(attributes),
	);
}

/** Wakes up who listens, after the transaction: until then there is nothing to see. */
export function announce(store: Store): void {
	attempt("utimensat", AT_FDCWD, eventsPath(store.places), 0, 0);
}

/** What was recorded behind an id, the oldest first. @param after 0 for all that is left */
export function recordedAfter(store: Store, after: number): Recorded[] {
	return store
		.all<Omit<Recorded, "attributes"> & { attributes: string }>("SELECT * FROM event WHERE id > ? ORDER BY id", after)
		.map((row) => ({ ...row, attributes: JSON.parse(row.attributes) }));
}

/** The id of the newest event; 0 if there is none. */
export function newest(store: Store): number {
	return store.first<{ id: number | null }>("SELECT max(id) AS id FROM event")?.id ?? 0;
}

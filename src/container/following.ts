/**
 * `events`: what was, and what comes. It sleeps on inotify: whoever records an
 * event touches a file, and so does a monitor when there is something that only
 * a look turns into events (the end of a program, its health, OOM kills).
 */

import { IN_ATTRIB, O_CLOEXEC, O_CREAT, O_NONBLOCK, O_RDWR } from "../../ffi/constants.ts";
import { close, closing, open } from "../../ffi/file.ts";
import { waitReadable } from "../../ffi/process.ts";
import { attempt, call } from "../../ffi/system.ts";
import { newest, type Recorded, recordedAfter } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { eventsPath } from "../places.ts";
import { foldHealth } from "./checkup.ts";
import { look } from "./looking.ts";
import { foldOoms } from "./oom.ts";
import { relay } from "./relay.ts";
import { started } from "./state.ts";
import { byId } from "./table.ts";

export type { Recorded };

export interface EventsOptions {
	/** RFC 3339 as stored; without both there is nothing of the past */
	since?: string;
	/** the end, which may be to come; undefined: for ever */
	until?: string;
}

/** Gives events, those of the past in the order of their times, then each as it comes. */
export async function events(store: Store, options: EventsOptions, give: (event: Recorded) => void): Promise<void> {
	const { since = "", until } = options;
	const inotify = until === undefined || isToCome(until) ? watchFile(store) : undefined;
	// From here on whatever is touched wakes us up.
	await fold(store);
	let last = newest(store);
	if (options.since !== undefined || until !== undefined)
		for (const event of past(store, last)) if (isWithin(event, since, until)) give(event);
	if (inotify === undefined) return;
	using _watch = closing(inotify);
	while (waitFor(inotify, until)) {
		await fold(store);
		for (const event of recordedAfter(store, last)) {
			last = event.id;
			if (isWithin(event, since, until)) give(event);
		}
	}
}

/** An end may come to be known long after it came: the history is sorted by time. */
function past(store: Store, last: number): Recorded[] {
	return recordedAfter(store, 0)
		.filter(({ id }) => id <= last)
		.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.id - b.id));
}

const isWithin = ({ time }: Recorded, since: string, until: string | undefined): boolean =>
	time >= since && (until === undefined || time <= until);

const left = (until: string): number => Date.parse(until) - Date.now();
const isToCome = (until: string): boolean => left(until) > 0;

function watchFile(store: Store): number {
	const path = eventsPath(store.places);
	close(open(path, O_RDWR | O_CREAT, 0o600));
	const inotify = call("watch for events", "inotify_init1", O_CLOEXEC | O_NONBLOCK);
	call(`watch ${path}`, "inotify_add_watch", inotify, path, IN_ATTRIB);
	return inotify;
}

const bytes = new Uint8Array(4096);

/** Sleeps until something was touched. @returns false when the time is up */
function waitFor(inotify: number, until: string | undefined): boolean {
	const rest = until === undefined ? undefined : left(until);
	if (rest !== undefined && (rest <= 0 || waitReadable([inotify], rest).length === 0)) return false;
	if (rest === undefined) waitReadable([inotify]);
	while (attempt("read", inotify, bytes, bytes.length) > 0);
	return true;
}

/** Makes events of what monitors have left. */
async function fold(store: Store): Promise<void> {
	for (const id of started(store)) {
		const container = byId(store, id);
		if (!container || !(await look(store, container)).running) continue;
		foldHealth(store, container);
		foldOoms(store, container);
	}
	await relay(store);
}

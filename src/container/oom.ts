/**
 * OOM kills, as a container's monitor notes them in its record. State.OOMKilled
 * is true from the first on, until the next start (moby, daemon/monitor.go).
 */

import { RECORD_OOM, type RecordEntry } from "../../ffi/tape.ts";
import { formatTime } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { recordOf } from "./events.ts";
import { tryLockOperation } from "./locks.ts";
import { outcome } from "./outcome.ts";
import { recordOfRun } from "./run-directory.ts";
import { byId, type Container, noteOoms } from "./table.ts";

/** Those of a record that came after so many kills, the oldest first. Of very many the last are known. */
export function oomsAfter(entries: readonly RecordEntry[], kills: number): RecordEntry[] {
	return entries
		.filter((entry) => entry.kind === RECORD_OOM && entry.status > kills)
		.sort((a, b) => a.status - b.status);
}

/** True if a container that runs has had an OOM kill since it was started. */
export function hadOom(store: Store, { id }: Container): boolean {
	return oomsAfter(recordOfRun(store, id), 0).length > 0;
}

/** Records OOM kills as events that are none yet; by the holder of the container's operation lock. */
export function recordOoms(store: Store, container: Container): void {
	const fresh = oomsAfter(recordOfRun(store, container.id), container.ooms);
	const last = fresh[fresh.length - 1];
	if (!last) return;
	outcome(() => {
		store.transaction(() => {
			for (const { time } of fresh) recordOf(store, container, "oom", { time: formatTime(time) });
			noteOoms(store, container.id, last.status);
		});
		announce(store);
	});
}

/** The same for who only looks: nothing, if somebody is just at the container. */
export function foldOoms(store: Store, container: Container): void {
	if (oomsAfter(recordOfRun(store, container.id), container.ooms).length === 0) return;
	using operation = tryLockOperation(store, container.id);
	const row = operation && byId(store, container.id);
	if (row) recordOoms(store, row);
}

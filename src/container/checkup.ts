/** The health of containers as their monitors keep it: a file in the run directory, read by whoever looks. */

import { readSmallIfThere } from "../../ffi/file.ts";
import { decodeHealth, type HealthHead } from "../../ffi/tape.ts";
import { formatTime } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { recordOf } from "./events.ts";
import { type HealthStatus, statusOf } from "./health.ts";
import { tryLockOperation } from "./locks.ts";
import { outcome } from "./outcome.ts";
import { byId, type Container, noteHealthChanges } from "./table.ts";

/** The file that a monitor keeps of its container's health (struct health). */
export const healthPath = (store: Store, id: string): string => `${runDirectory(store.places, id)}/health`;

function headOf(store: Store, id: string): HealthHead | undefined {
	const bytes = readSmallIfThere(healthPath(store, id));
	return bytes && decodeHealth(bytes);
}

/** The status of a container that runs; undefined if it has no check. */
export function healthStatus(store: Store, id: string): HealthStatus | undefined {
	const head = headOf(store, id);
	return head && statusOf(head.status);
}

/**
 * Records the changes of a container's health as events that are none yet; by
 * the holder of its operation lock. Of very many since the last look only the
 * newest are known.
 */
export function recordHealth(store: Store, container: Container): void {
	const head = news(store, container);
	if (!head) return;
	const fresh = head.recent.slice(-(head.changes - container.healthChanges));
	outcome(() => {
		store.transaction(() => {
			for (const { status, time } of fresh)
				recordOf(store, container, `health_status: ${statusOf(status)}`, { time: formatTime(time) });
			noteHealthChanges(store, container.id, head.changes);
		});
		announce(store);
	});
}

function news(store: Store, { id, healthChanges }: Container): HealthHead | undefined {
	const head = headOf(store, id);
	return head && head.changes > healthChanges ? head : undefined;
}

/** The same for who only looks: nothing, if somebody is just at the container. */
export function foldHealth(store: Store, container: Container): void {
	if (!news(store, container)) return;
	using operation = tryLockOperation(store, container.id);
	const row = operation && byId(store, container.id);
	if (row) recordHealth(store, row);
}

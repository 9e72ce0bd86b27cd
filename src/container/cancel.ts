/** The user ends a container: from then on no policy starts it again. */

import type { Store } from "../kernel/store.ts";
import { dropLock, lockOperation } from "./locks.ts";
import { hasPolicy } from "./policy.ts";
import { type Look, look, lookHeld } from "./state.ts";
import { byId, type Container, find, noteStopped } from "./table.ts";
import { cancelWait } from "./waiter.ts";

/**
 * Looks at a container that the user is about to end. One with a restart policy
 * will not be restarted after that: first the row says so, and only then the
 * program is sent anything. One that waits for its restart has ended with this.
 * @returns what it was, and that it waited
 */
export function lookToEnd(store: Store, container: Container): Look & { cancelled?: boolean } {
	if (!hasPolicy(container.options)) return look(store, container);
	const { id } = container;
	// Waits for who is just restarting it.
	using _operation = lockOperation(store, id);
	if (!byId(store, id)) dropLock(store, id);
	const { container: row, running } = lookHeld(store, find(store, id));
	if (row.waiter === null && !running) return { container: row };
	noteStopped(store, id);
	if (row.waiter !== null) cancelWait(row.waiter);
	return { container: { ...row, stopped: true, waiter: null }, running, cancelled: row.waiter !== null };
}

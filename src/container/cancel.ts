/** The user ends a container: from then on no policy starts it again. */

import type { Store } from "../kernel/store.ts";
import { dropLock, lockOperation, tryLockOperation } from "./locks.ts";
import { reconcileHeld, see } from "./reconciling.ts";
import { isUp, type Look } from "./state.ts";
import { byId, type Container, find, noteStopped } from "./table.ts";
import { cancelWait } from "./waiter.ts";

/** What a container was that the user is about to end, and that it waited for its restart. */
export type Ending = Look & { cancelled?: boolean };

/**
 * Looks at a container with a restart policy that the user is about to end. It
 * will not be restarted after that: first the row says so, and only then the
 * program is sent anything. One that waits for its restart has ended with this.
 */
export function cancelPolicy(store: Store, container: Container): Ending {
	const { id } = container;
	// Who is just restarting it is waited for; who has the lock for long (commit) while it runs, is not.
	using operation = tryLockOperation(store, id);
	const running = operation ? undefined : runningOf(store, id);
	if (running) noteStopped(store, id);
	if (running) return { container: { ...container, stopped: true }, running };
	using _operation = operation ?? lockOperation(store, id);
	if (!byId(store, id)) dropLock(store, id);
	const seen = reconcileHeld(store, find(store, id));
	const { waiter } = seen.container;
	if (!isUp(seen)) return seen;
	noteStopped(store, id);
	if (waiter !== null) cancelWait(waiter);
	return {
		container: { ...seen.container, stopped: true, waiter: null },
		running: seen.running,
		cancelled: waiter !== null,
	};
}

function runningOf(store: Store, id: string): Look["running"] {
	const seen = see(store, id);
	return seen?.end ? undefined : seen?.state;
}

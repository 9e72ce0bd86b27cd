/**
 * A restart that is due and that nobody waits for: its monitor was killed, or
 * the waiter. Whoever notices puts itself in the row as the one who waits, and
 * before it ends hands over (handover.ts).
 */

import type { Store } from "../kernel/store.ts";

const pending = new Set<string>();

/** Notes that this process stands in a row as the waiter. */
export function relayLater(id: string): void {
	pending.add(id);
}

/** Hands over what `relayLater` has noted; nothing to do, usually. */
export async function relay(store: Store): Promise<void> {
	for (const id of pending) {
		pending.delete(id);
		(await import("./handover.ts")).handOver(store, id);
	}
}

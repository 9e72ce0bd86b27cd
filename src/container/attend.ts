/** What every command does first: it looks after the containers that are not to stay dead. */

import type { Store } from "../kernel/store.ts";
import { look } from "./looking.ts";
import { relay } from "./relay.ts";
import { byId } from "./table.ts";
import { isGone, isResolver, unwatch, watched } from "./watched.ts";

/**
 * Looks at the containers with a restart policy whose monitor, or whose waiter,
 * is gone: their end is written down and the policy applied, once.
 */
export async function attend(store: Store): Promise<void> {
	for (const mark of watched(store)) {
		if (!isGone(mark)) continue;
		if (isResolver(mark)) {
			await (await import("./naming.ts")).revive(store, mark);
			continue;
		}
		const container = byId(store, mark.id);
		// Somebody else may be at it, or the disk be full: then the mark stays for the next command.
		if (!container || (await look(store, container)).running || byId(store, mark.id)?.finished !== null)
			unwatch(store, mark);
	}
	await relay(store);
}

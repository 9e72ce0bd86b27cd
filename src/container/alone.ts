/** Being alone with a container: for verbs that look, and change what they have seen. */

import type { Store } from "../kernel/store.ts";
import { dropLock, lockOperation } from "./locks.ts";
import { reconcileHeld } from "./reconciling.ts";
import type { Look } from "./state.ts";
import { byId, find } from "./table.ts";

/**
 * Looks under the operation lock, which is held until the result is disposed
 * of: nobody starts, ends or removes the container meanwhile.
 * @throws Failure 1 where there is none of that name
 */
export function lookAlone(store: Store, name: string): { seen: Look } & Disposable {
	const { id } = find(store, name);
	const operation = lockOperation(store, id);
	try {
		// Somebody may have removed it while we waited for the lock.
		if (!byId(store, id)) dropLock(store, id);
		return { seen: reconcileHeld(store, find(store, id)), [Symbol.dispose]: () => operation[Symbol.dispose]() };
	} catch (error) {
		operation[Symbol.dispose]();
		throw error;
	}
}

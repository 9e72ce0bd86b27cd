/** Looking at a container: at a glance, and where that does not say all, by what reconciles the row with what has happened. */

import type { Store } from "../kernel/store.ts";
import { glance, type Look } from "./state.ts";
import type { Container } from "./table.ts";

/**
 * Looks at a container: asks the kernel whether it runs, and folds what its
 * monitor recorded into the row.
 */
export async function look(store: Store, container: Container): Promise<Look> {
	return glance(store, container) ?? (await loadReconciling()).reconcile(store, container);
}

/**
 * Looks at a container whose operation lock the caller holds: nobody else
 * folds, starts or removes it.
 * @param container its row, read under the lock
 */
export async function lookHeld(store: Store, container: Container): Promise<Look> {
	return glance(store, container) ?? (await loadReconciling()).reconcileHeld(store, container);
}

/** What a look needs where something has happened: for who knows that it will have, and has time. */
export const loadReconciling = () => import("./reconciling.ts");

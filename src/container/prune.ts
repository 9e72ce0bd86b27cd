/** `container prune`: containers that do not run (moby, daemon/prune.go). */

import { type Filters, isUntil, matchesLabels } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { Facts } from "./facts.ts";
import { list } from "./list.ts";
import { remove } from "./remove.ts";
import { writtenBytes } from "./size.ts";
import { upStates } from "./state.ts";

/** What was removed. */
export interface PrunedContainers {
	ids: string[];
	/** that they had written */
	bytes: number;
}

/**
 * Removes containers that neither run, paused or not, nor wait for their restart; one that
 * somebody starts meanwhile stays.
 * @throws Failure for a filter's value that is none
 */
export async function prune(store: Store, filters: Filters): Promise<PrunedContainers> {
	const facts = new Facts(store);
	const candidates = (await list(store, { all: true }))
		.filter(({ state }) => !upStates.includes(state))
		.filter(({ created }) => isUntil(filters, created))
		.filter((summary) => matchesLabels(filters, facts.labels(summary)));
	const pruned: PrunedContainers = { ids: [], bytes: 0 };
	for (const { id } of candidates) {
		const written = writtenBytes(store, id);
		const [failure] = await remove(store, [id], { force: false, volumes: false });
		if (failure !== undefined) continue;
		pruned.ids.push(id);
		pruned.bytes += written;
	}
	return pruned;
}

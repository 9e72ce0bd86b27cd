/** `image prune`: images that nothing uses (moby, daemon/images/image_prune.go). */

import { Failure } from "../failure.ts";
import { type Filters, isUntil, matchesLabels, truthOf } from "../filters.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { collect } from "./collect.ts";
import { type Removal, removeUnused } from "./remove.ts";

/** What was removed. */
export interface Pruned {
	removals: Removal[];
	/** of the layers' files that are gone */
	bytes: number;
}

/** Of an image, what decides. */
interface Candidate {
	id: string;
	references: string[];
	/** RFC 3339 */
	created: string;
	labels: Readonly<Record<string, string>>;
}

/**
 * @param images all
 * @throws Failure for a filter's value that is none
 */
export function pruneImages(
	store: Store,
	images: readonly Candidate[],
	{ all, filters }: { all: boolean; filters: Filters },
): Pruned {
	const named = isNamedToo(filters, all);
	const candidates = images
		.filter(({ references }) => named || references.length === 0)
		.filter(({ created, labels }) => isUntil(filters, created) && matchesLabels(filters, labels));
	const sizes = layerSizes(store);
	const removals = candidates.map(({ id }) => removeUnused(store, id, { named })).filter((one) => one !== undefined);
	announce(store);
	collect(store);
	const bytes = removals.flatMap(({ deleted }) => deleted).reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
	return { removals, bytes };
}

/** docker's client makes a filter of -a, too: both must not say different things. */
function isNamedToo(filters: Filters, all: boolean): boolean {
	const dangling = truthOf(filters, "dangling");
	if (dangling !== undefined && dangling === all)
		throw new Failure(`invalid filter 'dangling=${dangling}' ${all ? "with" : "without"} --all`);
	return all;
}

function layerSizes(store: Store): Map<string, number> {
	const rows = store.all<{ chain_id: string; size: number }>("SELECT chain_id, size FROM layer");
	return new Map(rows.map(({ chain_id, size }) => [chain_id, size]));
}

/** Containers that `ps --filter` asks for. What filters mean is loaded only when there is one. */

import type { Filters } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { Facts } from "./facts.ts";
import { list, type Summary } from "./list.ts";

/**
 * Containers that filters let through, newest first.
 * @param options.last only so many, the newest of those that fit, whatever their state
 * @throws Failure for a filter's value that is none
 */
export async function select(
	store: Store,
	options: { all: boolean; filters: Filters; last?: number },
): Promise<Summary[]> {
	const { compileFilters } = await import("./filter.ts");
	const fits = compileFilters(store, options.filters, new Facts(store));
	// docker: who asks for a state, or for the last ones, means all.
	const everyState = options.all || options.last !== undefined || options.filters.has("status");
	return (await list(store, { all: everyState })).filter(fits).slice(0, options.last);
}

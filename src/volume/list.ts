/** `volume ls`: volumes, and which of them filters let through (moby, daemon/volume/service). */

import { type Filters, matchesExactly, matchesLabels, matchesPattern, truthOf } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { all, type Volume } from "./table.ts";

/**
 * Volumes, by name.
 * @throws Failure for a filter's value that is none
 */
export function list(store: Store, filters: Filters = new Map()): Volume[] {
	const dangling = truthOf(filters, "dangling");
	const links = dangling === undefined ? undefined : linksOf(store);
	return all(store)
		.filter((volume) => fits(volume, filters))
		.filter(({ name }) => links === undefined || dangling === !links.has(name));
}

function fits({ name, labels = {} }: Volume, filters: Filters): boolean {
	return (
		matchesExactly(filters, "driver", "local") &&
		matchesPattern(filters, "name", name) &&
		matchesLabels(filters, labels)
	);
}

/** How many containers use a volume, running or not; none is left out. */
export function linksOf(store: Store): Map<string, number> {
	const rows = store.all<{ volume: string; links: number }>(
		"SELECT volume, count(*) AS links FROM volume_use GROUP BY volume",
	);
	return new Map(rows.map(({ volume, links }) => [volume, links]));
}

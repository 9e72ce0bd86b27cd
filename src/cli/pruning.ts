/** What the verbs that prune have in common: their filters, and what they print. */

import type { PrunedContainers } from "../container/container.ts";
import type { Filters } from "../filters.ts";
import type { Pruned } from "../image/image.ts";
import { formatSize } from "../text/size.ts";
import type { PrunedVolumes } from "../volume/volume.ts";

/** What all of them know; images know `dangling` besides. */
export const pruneFilters = ["label", "label!", "until"];

/** What `volume prune` knows, and `system prune --volumes`. */
export const volumePruneFilters = ["all", "label", "label!"];

/** `label!=x` is written as the negation that it is: the name of the filter ends in `!`. */
export async function parsePruneFilters(given: readonly string[], allowed: readonly string[]): Promise<Filters> {
	if (given.length === 0) return new Map();
	const { parseFilters } = await import("../flags/filter.ts");
	return parseFilters(given, allowed);
}

export function containerLines({ ids }: PrunedContainers): string {
	return ids.length === 0 ? "" : `Deleted Containers:\n${ids.map((id) => `${id}\n`).join("")}\n`;
}

export function imageLines({ removals }: Pruned): string {
	const lines = removals.flatMap(({ untagged, deleted }) => [
		...untagged.map((name) => `untagged: ${name}\n`),
		...deleted.map((id) => `deleted: ${id}\n`),
	]);
	return lines.length === 0 ? "" : `Deleted Images:\n${lines.join("")}\n`;
}

export const networkLines = (names: readonly string[]): string =>
	names.length === 0 ? "" : `Deleted Networks:\n${names.map((name) => `${name}\n`).join("")}\n`;

export const volumeLines = ({ names }: PrunedVolumes): string =>
	names.length === 0 ? "" : `Deleted Volumes:\n${names.map((name) => `${name}\n`).join("")}\n`;

export const reclaimed = (bytes: number): string => `Total reclaimed space: ${formatSize(bytes, 4)}\n`;

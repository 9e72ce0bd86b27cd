/**
 * Garbage: what no row names. A killed bunker leaves at most directories in
 * tmp/, and what it had renamed to its place without getting to commit. The
 * rows are the truth; what is on disk is compared with them.
 */

import { list } from "../../ffi/directory.ts";
import { rename } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { blobsDirectory, layersDirectory } from "../places.ts";
import { removeAbandoned, Workshop } from "../tar/workshop.ts";
import { hex } from "./digest.ts";

/** Removes layers, blobs and temporary directories that no row names. Cheap where there are none. */
export function collect(store: Store): void {
	removeAbandoned(store.places);
	if (!hasGarbage(store)) return;
	using workshop = Workshop.open(store.places);
	// In a transaction, so that nobody renames to its place what we have just not found a row for; removing is slow and comes after.
	store.transaction(() => {
		store.run(`DELETE FROM layer WHERE ${UNUSED}`);
		for (const path of orphans(store)) rename(path, workshop.next("garbage"));
	});
}

const UNUSED = "chain_id NOT IN (SELECT chain_id FROM image_layer)";

const hasGarbage = (store: Store): boolean =>
	store.first(`SELECT 1 FROM layer WHERE ${UNUSED}`) !== undefined || orphans(store).length > 0;

/** Paths of layers and blobs without a row. */
function orphans(store: Store): string[] {
	const layers = store.all<{ directory: string; diff_id: string }>("SELECT directory, diff_id FROM layer");
	const images = store.all<{ id: string }>("SELECT id FROM image");
	const directories = new Set(layers.map(({ directory }) => directory));
	const blobs = new Set([...layers.map(({ diff_id }) => hex(diff_id)), ...images.map(({ id }) => hex(id))]);
	return [...without(layersDirectory(store.places), directories), ...without(blobsDirectory(store.places), blobs)];
}

const without = (directory: string, known: Set<string>): string[] =>
	list(directory)
		.filter((name) => !known.has(name))
		.map((name) => `${directory}/${name}`);

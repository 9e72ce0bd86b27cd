/** Volumes that go: with their container, by name, or because nobody uses them. */

import { record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { putAway } from "./content.ts";

/**
 * Drops volumes that nobody uses; within a transaction, as the last of it.
 * @returns directories that are to be removed after it
 */
export function dropVolumes(store: Store, names: readonly string[]): string[] {
	return names.map((name) => drop(store, name)).filter((grave) => grave !== undefined);
}

/** Drops a volume that nobody uses; the same. @returns undefined if it is used, or gone */
export function drop(store: Store, name: string): string | undefined {
	const sql = "DELETE FROM volume WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM volume_use WHERE volume = ?1)";
	if (store.run(sql, name) === 0) return undefined;
	record(store, { type: "volume", action: "destroy", actor: name, attributes: { driver: "local" } });
	return putAway(store.places, name);
}

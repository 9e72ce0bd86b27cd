/** Volumes that go with a container: every removal of one comes through here. */

import { record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";

/**
 * Removes the rows of volumes that nobody uses; within a transaction.
 * @returns the names of those that are gone, whose content is to be removed after it
 */
export function dropVolumes(store: Store, names: readonly string[]): string[] {
	return names.filter((name) => drop(store, name));
}

/** Removes the row of a volume that nobody uses; within a transaction. @returns false if it is used, or gone */
export function drop(store: Store, name: string): boolean {
	const sql = "DELETE FROM volume WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM volume_use WHERE volume = ?1)";
	if (store.run(sql, name) === 0) return false;
	record(store, { type: "volume", action: "destroy", actor: name, attributes: { driver: "local" } });
	return true;
}

/** The end of a container's parts in its networks; apart from their beginning, which whoever only looks has no use for. */

import type { Store } from "../kernel/store.ts";
import { recordPart } from "./events.ts";

/** Gives everything back that a container has taken. */
export function leave(store: Store, container: string): void {
	recordPart(store, container, "disconnect");
	store.run("DELETE FROM address WHERE container = ?", container);
	store.run("DELETE FROM port WHERE container = ?", container);
	store.run(
		"UPDATE endpoint SET id = NULL, interface = NULL, mac = NULL WHERE container = ? AND id NOT NULL",
		container,
	);
}

/** Events of networks, with docker's attributes (moby, daemon/events.go). Within the transaction of what has happened; the caller announces them. */

import { now } from "../clock.ts";
import { record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import type { Network } from "./table.ts";

/** Records that a network was made, or removed. */
export function recordNetwork(store: Store, { id, name, driver }: Network, action: "create" | "destroy"): void {
	record(store, { type: "network", action, actor: id, attributes: { name, type: driver } });
}

/**
 * Records that a container has joined the networks that it is on, or leaves them: one statement, for the start of a container.
 * @param network only that one
 */
export function recordPart(
	store: Store,
	container: string,
	action: "connect" | "disconnect",
	network: string | null = null,
): void {
	store.run(
		`INSERT INTO event (time, type, action, actor, attributes)
		 SELECT ?1, 'network', ?2, network.id, json_object('container', container, 'name', name, 'type', driver)
		 FROM endpoint JOIN network ON network.id = endpoint.network
		 WHERE container = ?3 AND endpoint.id NOT NULL AND (?4 IS NULL OR endpoint.network = ?4) ORDER BY position`,
		now(),
		action,
		container,
		network,
	);
}

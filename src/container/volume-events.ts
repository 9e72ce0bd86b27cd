/** Events of volumes that come with the start and the end of a container (moby, daemon/volumes_unix.go, container_unix.go). */

import { now } from "../clock.ts";
import type { Store } from "../kernel/store.ts";

/**
 * Records that a container has got its volumes, or gives them back: one
 * statement, for each place where one is mounted. Within the transaction of what
 * has happened; the caller announces it.
 */
export function recordVolumes(store: Store, container: string, action: "mount" | "unmount", time = now()): void {
	store.run(
		`INSERT INTO event (time, type, action, actor, attributes)
		 SELECT ?1, 'volume', ?2, value ->> 'source', json_patch(json_object('container', container.id, 'driver', 'local'),
			CASE ?2 WHEN 'mount' THEN json_object('destination', value ->> 'target', 'propagation', '',
				'read/write', iif(value ->> 'readOnly', 'false', 'true')) ELSE '{}' END)
		 FROM container, json_each(options, '$.points') WHERE container.id = ?3 AND value ->> 'type' = 'volume'`,
		time,
		action,
		container,
	);
}

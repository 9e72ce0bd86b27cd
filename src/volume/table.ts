/** Rows of volumes, and who uses them. */

import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import { record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { checkVolume } from "./rules.ts";

/** A volume. Its content is in `volumeDirectory(places, name)/_data`, made when it is first needed. */
export interface Volume {
	name: string;
	/** RFC 3339 */
	created: string;
	labels?: Record<string, string>;
	/** of the driver `local`: `type`, `device`, `o`, `size` */
	options?: Record<string, string>;
}

interface Row {
	name: string;
	created: string;
	labels: string | null;
	options: string | null;
}

/** docker's mark of volumes without a name of the user's. */
export const ANONYMOUS_LABEL = "com.docker.volume.anonymous";

const decode = ({ name, created, labels, options }: Row): Volume => ({
	name,
	created,
	...(labels !== null && { labels: JSON.parse(labels) }),
	...(options !== null && { options: JSON.parse(options) }),
});

/** A volume; undefined where there is none of that name. */
export function find(store: Store, name: string): Volume | undefined {
	const row = store.first<Row>("SELECT * FROM volume WHERE name = ?", name);
	return row && decode(row);
}

/** A volume that must be there. @throws Failure */
export function get(store: Store, name: string): Volume {
	const volume = find(store, name);
	if (volume) return volume;
	throw new Failure(`get ${name}: no such volume`, { kind: "no such volume" });
}

/** All volumes, by name. */
export function all(store: Store): Volume[] {
	return store.all<Row>("SELECT * FROM volume ORDER BY name").map(decode);
}

/** What a volume is made with. */
export type NewVolume = Omit<Volume, "created">;

/**
 * Adds a volume, unless there is one of that name; within a transaction.
 * @returns the one that is there now
 * @throws Failure for a name or an option that is none
 */
export function ensure(store: Store, asked: NewVolume): Volume {
	const known = find(store, asked.name);
	if (known) return known;
	checkVolume(asked);
	const volume = { ...asked, created: now() };
	store.run(
		"INSERT INTO volume (name, created, labels, options) VALUES (?, ?, ?, ?)",
		volume.name,
		volume.created,
		volume.labels ? JSON.stringify(volume.labels) : null,
		volume.options ? JSON.stringify(volume.options) : null,
	);
	record(store, { type: "volume", action: "create", actor: volume.name, attributes: { driver: "local" } });
	return volume;
}

/** Notes that a container uses a volume, as long as it is there; within the transaction that makes it. */
export function use(store: Store, container: string, volume: string): void {
	store.run("INSERT OR IGNORE INTO volume_use (container, volume) VALUES (?, ?)", container, volume);
}

/** Ids of the containers that use a volume, running or not. */
export function usersOf(store: Store, name: string): string[] {
	return store
		.all<{ container: string }>("SELECT container FROM volume_use WHERE volume = ? ORDER BY container", name)
		.map(({ container }) => container);
}

/** Names of the volumes that a container uses. */
export function usedBy(store: Store, container: string): string[] {
	return store
		.all<{ volume: string }>("SELECT volume FROM volume_use WHERE container = ? ORDER BY volume", container)
		.map(({ volume }) => volume);
}

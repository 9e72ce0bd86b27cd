/** `volume rm` and `volume prune`. */

import { removeGrave } from "../../ffi/directory.ts";
import { Failure } from "../failure.ts";
import { type Filters, matchesLabels } from "../filters.ts";
import { announce, record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { putAway } from "./content.ts";
import { drop } from "./dropping.ts";
import { ANONYMOUS_LABEL, find, get, usersOf } from "./table.ts";
import { contentBytes, local } from "./usage.ts";

/**
 * Removes a volume: its row, and in the same transaction its directory out of
 * the way. Who is killed leaves it whole, empty, or gone.
 * @param nameOf the name of a container, by its id
 * @throws Failure where there is none of that name (kind "no such volume"), and where containers use it
 */
export function remove(store: Store, name: string, nameOf: (container: string) => string): void {
	const grave = attempt(store, () => {
		const users = usersOf(store, get(store, name).name);
		if (users.length > 0) throw inUse(name, users, nameOf);
		return drop(store, name);
	});
	announce(store);
	if (grave !== undefined) removeGrave(grave);
}

function inUse(name: string, users: readonly string[], nameOf: (container: string) => string): Failure {
	return new Failure(`remove ${name}: volume is in use - [${users.join(", ")}]`, {
		hint: `remove these containers first: ${users.map(nameOf).join(", ")}`,
	});
}

/** On a full disk the row can go only when the content has made room: it is out of the way by then, for nobody but us. */
function attempt(store: Store, work: () => string | undefined): string | undefined {
	let grave: string | undefined;
	const transaction = () =>
		store.transaction(() => {
			const found = work();
			grave = found ?? grave;
			return found;
		});
	try {
		return transaction();
	} catch (error) {
		if (grave === undefined) throw error;
		removeGrave(grave);
		return transaction();
	}
}

/** What was removed. */
export interface PrunedVolumes {
	names: string[];
	/** of their files */
	bytes: number;
}

/**
 * Removes volumes that no container uses, and directories that have no row.
 * Those with options stay, as docker's do, those of a size, too.
 * @param options.all also those with a name of the user's
 */
export function prune(store: Store, { all, filters }: { all: boolean; filters: Filters }): PrunedVolumes {
	const pruned: PrunedVolumes = { names: [], bytes: 0 };
	for (const { name, labels = {} } of local(store)) {
		if (!(all || Object.hasOwn(labels, ANONYMOUS_LABEL)) || !matchesLabels(filters, labels)) continue;
		if (usersOf(store, name).length > 0) continue;
		const bytes = contentBytes(store, name);
		const grave = attempt(store, () => (find(store, name) ? drop(store, name) : putAway(store.places, name)));
		if (grave === undefined) continue;
		removeGrave(grave);
		pruned.names.push(name);
		pruned.bytes += bytes;
	}
	const attributes = { reclaimed: String(pruned.bytes) };
	store.transaction(() => record(store, { type: "volume", action: "prune", actor: "", attributes }));
	announce(store);
	return pruned;
}

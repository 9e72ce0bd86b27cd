/** What a removal has put out of the way by one rename: it is removed then, or after a kill by whoever comes next. */

import { list, removeGrave } from "../../ffi/directory.ts";
import { dropProject } from "../../ffi/project.ts";
import type { Store } from "../kernel/store.ts";
import { GRAVE, temporaryDirectory } from "../places.ts";

/** Removes what a removal has put out of the way and, killed, not removed. */
export function clearGraves(store: Store): void {
	const graves = temporaryDirectory(store.places);
	for (const name of list(graves)) {
		if (!name.startsWith(GRAVE)) continue;
		dropLimit(`${graves}/${name}`);
		removeGrave(`${graves}/${name}`);
	}
}

/** The limit on what it could write (storage.ts) goes before what it limits, so a grave that is still there has both. */
export function dropLimit(grave: string): void {
	dropProject(`${grave}/upper`, grave);
}

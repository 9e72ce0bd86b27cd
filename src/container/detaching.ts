/** What a start has added to the host's firewall goes by its undo list: the monitor plays it, or whoever comes after a killed one. */

import { readFileIfThere, unlink } from "../../ffi/file.ts";
import { DETACH } from "../../ffi/tape.ts";
import type { Store } from "../kernel/store.ts";
import { noteFlows, playUndo } from "../network/network.ts";
import { runDirectory } from "../places.ts";

/** Where the undo list of a container that runs is. */
export const undoPath = (store: Store, id: string): string => `${runDirectory(store.places, id)}/${DETACH}`;

/**
 * Plays what is left to undo of a run that is over: before its rows go, which
 * keep its ports and addresses from being another's meanwhile.
 */
export function detach(store: Store, id: string): void {
	const path = undoPath(store, id);
	const batch = readFileIfThere(path);
	if (!batch) return;
	playUndo(batch);
	noteFlows(store, id);
	unlink(path);
}

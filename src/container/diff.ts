/** `diff`: what a container has changed of its image. */

import { type Change, changes } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { checkStill, layersOf } from "./layers.ts";
import { find } from "./table.ts";

/**
 * Compares a container's root with its image, whether it runs or not.
 * @throws Failure
 */
export async function diff(store: Store, name: string): Promise<Change[]> {
	const container = find(store, name);
	const { upper, below } = layersOf(store, container, "diff");
	const found = upper === undefined ? [] : await changes(upper, below);
	checkStill(store, container, "diff");
	return found;
}

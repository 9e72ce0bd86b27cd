/** `export`: a container's whole root as it shows, as an archive. What is mounted in it is not of it. */

import { exportTree, type Target } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { note } from "./events.ts";
import { checkStill, layersOf } from "./layers.ts";
import { type Container, find } from "./table.ts";

/**
 * Writes the root of a container to an archive, whether it runs or not.
 * @param target where it goes; asked for once the container is found
 * @throws Failure
 */
export async function exportContainer(store: Store, name: string, target: () => Target): Promise<void> {
	const container = find(store, name);
	await exportTree(directoriesOf(store, container), target());
	checkStill(store, container, "export");
	note(store, container, "export");
}

/** The topmost first. */
function directoriesOf(store: Store, container: Container): string[] {
	if (container.options.rootfs !== undefined) return [container.options.rootfs];
	const { upper, below } = layersOf(store, container, "export");
	return upper === undefined ? below : [upper, ...below];
}

/** The verb of volumes that needs to know of containers: their names. */

import type { Store } from "../kernel/store.ts";
import * as volume from "../volume/volume.ts";
import { byId } from "./table.ts";

/**
 * Removes a volume.
 * @throws Failure where there is none of that name, and where containers use it, running or not
 */
export async function removeVolume(store: Store, name: string): Promise<void> {
	await volume.removeVolume(store, name, (container) => byId(store, container)?.name ?? container);
}

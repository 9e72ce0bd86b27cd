/** What the verbs of volumes need, loaded when it is called: each kilobyte that every start loads costs it some 40 us. */

import type { Filters } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import type { PrunedVolumes } from "./remove.ts";
import type { NewVolume, Volume } from "./table.ts";
import type { VolumeUsage } from "./usage.ts";

export const createVolume = async (store: Store, asked: NewVolume): Promise<Volume> =>
	(await import("./create.ts")).create(store, asked);
export const listVolumes = async (store: Store, filters?: Filters): Promise<Volume[]> =>
	(await import("./list.ts")).list(store, filters);
export const pruneVolumes = async (store: Store, which: { all: boolean; filters: Filters }): Promise<PrunedVolumes> =>
	(await import("./remove.ts")).prune(store, which);
export const removeVolume = async (store: Store, name: string, nameOf: (container: string) => string): Promise<void> =>
	(await import("./remove.ts")).remove(store, name, nameOf);
export const volumeUsage = async (store: Store): Promise<VolumeUsage[]> => (await import("./usage.ts")).usageOf(store);

/** What the verbs of volumes need, loaded when it is called: each kilobyte that every start loads costs it some 40 us. */

import type { Filters } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { makeContent } from "./content.ts";
import type { PrunedVolumes } from "./remove.ts";
import { find, type NewVolume, type Volume } from "./table.ts";
import type { VolumeUsage } from "./usage.ts";

export const createVolume = async (store: Store, asked: NewVolume): Promise<Volume> =>
	(await import("./create.ts")).create(store, asked);
export const listVolumes = async (store: Store, filters?: Filters): Promise<Volume[]> =>
	(await import("./list.ts")).list(store, filters);
export const pruneVolumes = async (store: Store, which: { all: boolean; filters: Filters }): Promise<PrunedVolumes> =>
	(await import("./remove.ts")).prune(store, which);
/** Makes the directory of a volume's content where it is missing, and of its size. @returns the volume; undefined if it is gone */
export async function provide(store: Store, name: string): Promise<Volume | undefined> {
	makeContent(store.places, name);
	const volume = find(store, name);
	if (volume?.options?.size) (await import("./limit.ts")).limitContent(store.places, volume);
	return volume;
}
export const removeVolume = async (store: Store, name: string, nameOf: (container: string) => string): Promise<void> =>
	(await import("./remove.ts")).remove(store, name, nameOf);
export const volumeUsage = async (store: Store): Promise<VolumeUsage[]> => (await import("./usage.ts")).usageOf(store);

/** What the volumes of a container are mounted from, for who starts it or reads its root. */

import type { Store } from "../kernel/store.ts";
import { volumeContent } from "../places.ts";
import { find, provide, type Source, sourceOf } from "../volume/volume.ts";
import type { RunOptions } from "./options.ts";
import { pointsOf } from "./points.ts";

/** By the volume's name. One that is not there yet (--explain) has no options. */
export function sourcesOf(store: Store, options: RunOptions): (volume: string) => Source {
	const sources = new Map<string, Source>();
	for (const { type, source } of pointsOf(options))
		if (type === "volume") sources.set(source, sourceOf(store.places, find(store, source) ?? { name: source }));
	return (volume) => sources.get(volume) ?? { path: volumeContent(store.places, volume) };
}

/** Makes directories that a kill has kept from being made, or somebody has removed: a volume in use has one. */
export async function makeMissing(store: Store, options: RunOptions): Promise<void> {
	for (const { type, source } of pointsOf(options)) if (type === "volume") await provide(store, source);
}

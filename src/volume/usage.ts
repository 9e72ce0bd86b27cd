/** What volumes take on the disk, and what is left of some that nobody knows of any more. */

import { bytesBelow } from "../../ffi/bytes.ts";
import { list as listDirectory } from "../../ffi/directory.ts";
import type { Store } from "../kernel/store.ts";
import { volumeContent, volumesDirectory } from "../places.ts";
import { linksOf } from "./list.ts";
import { isName } from "./rules.ts";
import { ANONYMOUS_LABEL, all, type Volume } from "./table.ts";

/** Of one volume. */
export interface VolumeUsage {
	volume: Pick<Volume, "name" | "labels">;
	/** containers that use it */
	links: number;
	/** of its files */
	bytes: number;
}

/** Of all without options: docker leaves the others out (moby, daemon/volume/service: LocalVolumesSize). */
export function usageOf(store: Store): VolumeUsage[] {
	const links = linksOf(store);
	return local(store).map((volume) => ({
		volume,
		links: links.get(volume.name) ?? 0,
		bytes: contentBytes(store, volume.name),
	}));
}

/** Volumes without options, then directories without a row. */
export function local(store: Store): Pick<Volume, "name" | "labels">[] {
	const volumes = all(store);
	const known = new Set(volumes.map(({ name }) => name));
	const plain = volumes.filter(({ options }) => options === undefined);
	return [...plain, ...orphans(store).filter(({ name }) => !known.has(name))];
}

/**
 * A `volume create` that was killed leaves a directory without a row, and so
 * does a power cut that took the last transactions with it: who makes a volume
 * of that name gets it back. With a name of ours nobody would.
 */
function orphans(store: Store): Pick<Volume, "name" | "labels">[] {
	const names = listDirectory(volumesDirectory(store.places)).filter(isName);
	return names.map((name) => ({
		name,
		...(/^[0-9a-f]{64}$/.test(name) && { labels: { [ANONYMOUS_LABEL]: "" } }),
	}));
}

/** Bytes of the files of a volume. */
export const contentBytes = (store: Store, name: string): number => bytesBelow(volumeContent(store.places, name));

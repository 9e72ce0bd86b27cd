/** `history`: what an image's config says of how it came to be, with the sizes of the layers that it speaks of. */

import { readFile } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { blobsDirectory } from "../places.ts";
import { rowOf, unknown } from "./catalog.ts";
import { type HistoryEntry, type ImageConfig, storedConfig } from "./config.ts";
import { chainIds, hex } from "./digest.ts";
import { type Platform, requireFit } from "./platform.ts";

/** A step in the making of an image. */
export interface HistoryLine {
	/** of the image as it was after this step; undefined where it is not here */
	id?: string;
	/** RFC 3339 */
	created?: string;
	createdBy: string;
	/** bytes of the layer that it added */
	size: number;
	comment: string;
}

/** The steps, the last one first. @throws Failure where there is no such image, or it is of another platform */
export function historyOf(store: Store, name: string, platform?: Platform): HistoryLine[] {
	const row = rowOf(store, name);
	if (!row) throw unknown(name);
	const config = configOf(store, row.id);
	if (platform) requireFit(name, config, platform);
	const sizes = layerSizes(store, config);
	const entries = entriesOf(config);
	if (entries.filter(addsLayer).length > sizes.length)
		throw new Failure(`history ${name}: the image's history speaks of more layers than it has`);
	let layer = 0;
	const lines = entries.map((entry) => ({
		...(entry.created && { created: entry.created }),
		createdBy: entry.created_by ?? "",
		size: addsLayer(entry) ? (sizes[layer++] as number) : 0,
		comment: entry.comment ?? "",
	}));
	return withIds(store, row.id, config, lines).reverse();
}

const addsLayer = (entry: HistoryEntry): boolean => !entry.empty_layer;
const entriesOf = ({ history = [] }: ImageConfig): HistoryEntry[] => history as HistoryEntry[];

function layerSizes(store: Store, { rootfs }: ImageConfig): number[] {
	return chainIds(rootfs.diff_ids).map(
		(chainId) => store.first<{ size: number }>("SELECT size FROM layer WHERE chain_id = ?", chainId)?.size ?? 0,
	);
}

/**
 * Gives the last line the image's id, and those before it the ids of the images
 * it was made from, as far as they are here without a gap: images whose own
 * history is the beginning of this one's.
 */
function withIds(store: Store, id: string, config: ImageConfig, lines: HistoryLine[]): HistoryLine[] {
	const ids = new Map<string, string>();
	for (const row of store.all<{ id: string }>("SELECT id FROM image"))
		ids.set(signature(configOf(store, row.id)), row.id);
	const entries = entriesOf(config);
	for (let count = lines.length; count > 0; count--) {
		const known = count === lines.length ? id : ids.get(signature(cut(config, entries.slice(0, count))));
		if (known === undefined) break;
		(lines[count - 1] as HistoryLine).id = known;
	}
	return lines;
}

/** The config of the image as it was after so many steps, as far as a signature needs it. */
function cut(config: ImageConfig, history: HistoryEntry[]): Pick<ImageConfig, "history" | "rootfs"> {
	const layers = history.filter(addsLayer).length;
	return { history, rootfs: { type: "layers", diff_ids: config.rootfs.diff_ids.slice(0, layers) } };
}

const signature = ({ history = [], rootfs }: Pick<ImageConfig, "history" | "rootfs">): string =>
	JSON.stringify([history, rootfs.diff_ids]);

const configOf = (store: Store, id: string): ImageConfig =>
	storedConfig(readFile(`${blobsDirectory(store.places)}/${hex(id)}`));

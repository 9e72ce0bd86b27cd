/**
 * The moment at which an image is there: its layers and blobs are renamed to
 * their places, and its rows inserted, in one transaction. Before it there is
 * only a workshop, which `collect` removes; what was renamed by a process that
 * was killed before the commit has no row, and is removed too.
 *
 * Nothing is synced to the disk, as with docker and podman: an fsync per file
 * would take many times as long as the rest, a syncfs waits for everybody
 * else's writes. After a power cut within the kernel's write-back time (30 s)
 * an image may have to be removed and loaded again.
 */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { rename, statusIfThere, writeFile } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { blobsDirectory, layersDirectory } from "../places.ts";
import type { Workshop } from "../tar/workshop.ts";
import { setReference } from "./catalog.ts";
import { collect } from "./collect.ts";
import { chainIds, type Digest, hex } from "./digest.ts";
import { recordOf } from "./events.ts";
import type { MadeLayer } from "./layer.ts";

/** An image on its way in. */
export interface Arrival {
	/** the digest of the config */
	id: Digest;
	config: Uint8Array;
	diffIds: Digest[];
	/** by chain id; what was there already is missing here */
	made: Map<Digest, MadeLayer>;
	references: string[];
	/** id of the image that it was made of */
	parent?: string;
	/** how it comes, for its event */
	action?: "import" | "load";
}

/** Names that were taken from other images: name → id. */
export type Taken = Map<string, string>;

/** Chain ids of layers that the store does not have. */
export function missing(store: Store, diffIds: readonly Digest[]): Digest[] {
	return chainIds(diffIds).filter((id) => store.first("SELECT 1 FROM layer WHERE chain_id = ?", id) === undefined);
}

/**
 * Puts images into the store, all or none.
 * @returns names that other images have lost, with their ids; undefined, and nothing is changed, where a layer that
 *  was there when it was looked for has been removed since
 * @throws Failure
 */
export function publish(store: Store, workshop: Workshop, arrivals: readonly Arrival[]): Taken | undefined {
	makeDirectories(blobsDirectory(store.places), 0o700);
	makeDirectories(layersDirectory(store.places), 0o700);
	try {
		const done = store.transaction(() => {
			const isGone = ({ diffIds, made }: Arrival) => missing(store, diffIds).some((id) => !made.has(id));
			if (arrivals.some(isGone)) return undefined;
			const taken: Taken = new Map();
			for (const arrival of arrivals) insert(store, workshop, arrival, taken);
			// Once all are there: a child may stand before its parent.
			for (const { id, parent } of arrivals)
				if (parent !== undefined) store.run("UPDATE image SET parent = ? WHERE id = ?", parent, id);
			return taken;
		});
		announce(store);
		return done;
	} catch (error) {
		// The rows are rolled back; what was renamed for them goes too.
		collect(store);
		throw error;
	}
}

function insert(store: Store, workshop: Workshop, arrival: Arrival, taken: Taken): void {
	for (const chainId of missing(store, arrival.diffIds)) {
		insertLayer(store, workshop, chainId, arrival.made.get(chainId) as MadeLayer);
	}
	const blob = workshop.next("config");
	writeFile(blob, arrival.config, 0o644);
	rename(blob, `${blobsDirectory(store.places)}/${hex(arrival.id)}`);
	insertImage(store, arrival);
	for (const reference of arrival.references) {
		const other = setReference(store, arrival.id, reference);
		if (other !== undefined) taken.set(reference, other);
	}
	// docker tags what it imports, and says so; what it loads has its names from the archive.
	if (arrival.action === "import")
		for (const reference of arrival.references) recordOf(store, arrival.id, "tag", reference);
	if (arrival.action) recordOf(store, arrival.id, arrival.action);
}

function insertLayer(store: Store, workshop: Workshop, chainId: Digest, layer: MadeLayer): void {
	const directory = hex(chainId).slice(0, 24);
	const other = store.first<{ chain_id: string }>("SELECT chain_id FROM layer WHERE directory = ?", directory);
	if (other) throw new Failure(`the layers ${chainId} and ${other.chain_id} would share the directory ${directory}`);
	store.run(
		"INSERT INTO layer (chain_id, directory, diff_id, size) VALUES (?, ?, ?, ?)",
		chainId,
		directory,
		layer.diffId,
		layer.size,
	);
	replace(layer.directory, `${layersDirectory(store.places)}/${directory}`, workshop);
	const blob = `${blobsDirectory(store.places)}/${hex(layer.diffId)}`;
	// The same layer on top of others has another chain id and the same blob; also twice in one image.
	if (statusIfThere(layer.blob)) rename(layer.blob, blob);
}

/** Renames a directory to its place; what an earlier, killed process left there goes into the workshop. */
function replace(from: string, to: string, workshop: Workshop): void {
	const result = attempt("renameat2", AT_FDCWD, from, AT_FDCWD, to, 0);
	if (result === 0) return;
	if (result !== -(errno.ENOTEMPTY as number)) throw new SystemError(`rename ${from} to ${to}`, -result);
	rename(to, workshop.next("leftover"));
	rename(from, to);
}

function insertImage(store: Store, { id, diffIds }: Arrival): void {
	const layers = chainIds(diffIds);
	const sizes = layers.map((chainId) =>
		store.first<{ size: number }>("SELECT size FROM layer WHERE chain_id = ?", chainId),
	);
	const size = sizes.reduce((sum, row) => sum + (row?.size ?? 0), 0);
	const isNew = store.run(
		"INSERT INTO image (id, size, arrived) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		id,
		size,
		now(),
	);
	if (isNew === 0) return;
	layers.forEach((chainId, position) => {
		store.run("INSERT INTO image_layer (image, position, chain_id) VALUES (?, ?, ?)", id, position, chainId);
	});
}

/** `load`: the images of an archive, with the layers that are not there yet. */

import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { type Source, settle, uncompressed } from "../tar/source.ts";
import { Workshop } from "../tar/workshop.ts";
import type { ArchivedImage, ArchivedLayer } from "./archive.ts";
import { BlobWriter } from "./blob.ts";
import { collect } from "./collect.ts";
import { Contents } from "./contents.ts";
import { chainIds, type Digest, digestOfSlice } from "./digest.ts";
import { dockerImages, isDockerArchive } from "./docker-archive.ts";
import { type MadeLayer, makeLayer } from "./layer.ts";
import { isOciArchive, ociImages } from "./oci-archive.ts";
import { fits, formatPlatform, type Platform, platformOf } from "./platform.ts";
import { type Arrival, missing, publish, type Taken } from "./publish.ts";

/** What has come. */
export interface Loaded {
	references: string[];
	/** of images without a name */
	ids: string[];
	/** names that were other images': name → id */
	taken: ReadonlyMap<string, string>;
}

/**
 * @param platform images of others are left where they are
 * @returns names of the images, ids of those that have none, and the names that other images have lost by it
 * @throws Failure, and nothing is left behind
 */
export async function loadArchive(store: Store, source: Source, platform?: Platform): Promise<Loaded> {
	collect(store);
	using workshop = Workshop.open(store.places);
	await using writer = new BlobWriter();
	const contents = new Contents(await uncompressed(settle(source, workshop), workshop));
	const images = imagesIn(contents).filter(({ parsed }) => !platform || fits(platformOf(parsed), platform));
	if (platform && images.length === 0)
		throw new Failure(`${contents.name}: no image in it is for the platform ${formatPlatform(platform)}`);
	const made = new Map<Digest, MadeLayer>();
	let taken: Taken | undefined;
	do {
		await makeMissing(store, workshop, writer, images, made);
		// Again where `rmi` has just taken a layer away that we found there.
		taken = publish(store, workshop, arrivals(images, made));
	} while (!taken);
	return {
		taken,
		references: images.flatMap(({ references }) => references),
		ids: images.filter(({ references }) => references.length === 0).map(({ id }) => id),
	};
}

function imagesIn(contents: Contents): ArchivedImage[] {
	// docker's archives are both since version 25; its own form has the names as docker means them.
	if (isDockerArchive(contents)) return dockerImages(contents);
	if (isOciArchive(contents)) return ociImages(contents);
	throw new Failure(`${contents.name}: neither manifest.json nor index.json in it: not an archive of images`, {
		hint: "a root file system is taken in with: bunker import FILE NAME",
	});
}

async function makeMissing(
	store: Store,
	workshop: Workshop,
	writer: BlobWriter,
	images: readonly ArchivedImage[],
	made: Map<Digest, MadeLayer>,
): Promise<void> {
	const making = new Map<Digest, () => Promise<MadeLayer>>();
	for (const { parsed, layers } of images) {
		const diffIds = parsed.rootfs.diff_ids;
		const wanted = new Set(missing(store, diffIds));
		for (const [index, chainId] of chainIds(diffIds).entries()) {
			if (!wanted.has(chainId) || made.has(chainId) || making.has(chainId)) continue;
			const layer = layers[index] as ArchivedLayer;
			const diffId = diffIds[index] as Digest;
			checkDigest(layer, diffId);
			making.set(chainId, await makeLayer(layer.slice, workshop, writer, { diffId, lowest: index === 0 }));
		}
	}
	for (const [chainId, finished] of making) made.set(chainId, await finished());
}

/** What is not compressed is its own diff id, and compared with that when it is made. */
function checkDigest({ slice, digest }: ArchivedLayer, diffId: Digest): void {
	if (digest === undefined || digest === diffId) return;
	if (digestOfSlice(slice) !== digest) throw new Failure(`${slice.name}: is not what its name says`);
}

const arrivals = (images: readonly ArchivedImage[], made: Map<Digest, MadeLayer>): Arrival[] =>
	images.map(({ id, config, parsed, references, parent }) => ({
		id,
		config,
		diffIds: parsed.rootfs.diff_ids,
		made,
		references,
		parent,
		action: "load",
	}));

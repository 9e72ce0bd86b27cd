/**
 * `save`: an archive as docker 28 writes it, an OCI image layout with
 * manifest.json and `repositories` beside it (moby, daemon/internal/image/
 * tarexport/save.go), so that old and new readers, podman's and skopeo's find
 * their own. The same images make the same bytes: all times are 0, names sorted.
 */

import { O_RDONLY } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { closing, open, readFile, statusIfThere } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { blobsDirectory } from "../places.ts";
import { encodeHeading, plainFile } from "../tar/heading.ts";
import { Sink, type Target } from "../tar/sink.ts";
import { referencesOf, rowOf } from "./catalog.ts";
import { storedConfig } from "./config.ts";
import { type Digest, digestOf, hex } from "./digest.ts";
import { recordOf } from "./events.ts";
import { fits, formatPlatform, type Platform, platformOf } from "./platform.ts";
import { familiar, parse, type Reference } from "./reference.ts";

const MEDIA = {
	index: "application/vnd.oci.image.index.v1+json",
	manifest: "application/vnd.oci.image.manifest.v1+json",
	config: "application/vnd.oci.image.config.v1+json",
	layer: "application/vnd.oci.image.layer.v1.tar",
};

interface Descriptor {
	mediaType: string;
	digest: Digest;
	/** bytes */
	size: number;
}

/** An image on its way out. */
interface Departure {
	config: Descriptor;
	layers: Descriptor[];
	manifest: Uint8Array;
	/** familiar, as they were asked for */
	references: string[];
	/** id of the image that it was made of */
	parent: string | null;
}

/**
 * Writes images to an archive.
 * @param names an image by its name and tag, all of a repository by its name alone, or an id
 * @param target where it goes; asked for once it is known what is to be written
 * @param platform what all of them must be for
 * @throws Failure where one is not there
 */
export function saveArchive(store: Store, names: readonly string[], target: () => Target, platform?: Platform): void {
	const images = chosen(store, names);
	try {
		const departures = [...images].map(([id, references]) => departure(store, id, references, platform));
		writeArchive(store, departures, target);
	} catch (error) {
		const gone = [...images].find(([id]) => rowOf(store, id) === undefined);
		// Where the images are, it is the target that is not, or the store is damaged.
		if (!gone || !(error instanceof SystemError && error.errno === errno.ENOENT)) throw error;
		throw new Failure(`save ${gone[1][0] ?? gone[0]}: the image was removed meanwhile`);
	}
	for (const id of images.keys()) recordOf(store, id, "save");
	announce(store);
}

function writeArchive(store: Store, departures: readonly Departure[], target: () => Target): void {
	const sink = new Sink(target());
	const files = new Map(departures.flatMap(({ manifest }) => [[blobPath(digestOf(manifest)), manifest] as const]));
	const blobs = new Map(
		departures.flatMap(({ config, layers }) => [config, ...layers]).map((one) => [blobPath(one.digest), one]),
	);
	putDirectory(sink, "blobs/");
	putDirectory(sink, "blobs/sha256/");
	for (const path of [...files.keys(), ...blobs.keys()].sort()) {
		const blob = blobs.get(path);
		if (blob) putBlob(store, sink, path, blob);
		else putFile(sink, path, files.get(path) as Uint8Array);
	}
	putFile(sink, "index.json", json(index(departures)));
	putFile(sink, "manifest.json", json(departures.map((one) => manifestItem(one, departures))));
	putFile(sink, "oci-layout", json({ imageLayoutVersion: "1.0.0" }));
	const repositories = legacyRepositories(departures);
	if (Object.keys(repositories).length > 0) putFile(sink, "repositories", json(repositories));
	sink.write(new Uint8Array(1024));
	sink.finish();
}

/** Ids of the images that are meant, in order, each with the references that name it. */
function chosen(store: Store, names: readonly string[]): Map<Digest, string[]> {
	const found = new Map<Digest, string[]>();
	for (const { id, references } of names.flatMap((name) => meant(store, name)))
		found.set(id, [...new Set([...(found.get(id) ?? []), ...references])]);
	return found;
}

function meant(store: Store, name: string): { id: Digest; references: string[] }[] {
	const reference = referenceOrNothing(name);
	if (reference && reference.tag === undefined && reference.digest === undefined) {
		const all = ofRepository(store, repositoryOf(reference));
		if (all.length > 0) return all;
	}
	const row = rowOf(store, name);
	if (!row) throw new Failure(`No such image: ${name}`);
	const typed = reference && familiar(reference);
	return [{ id: row.id, references: referencesOf(store, row.id).filter((one) => one === typed) }];
}

/** All images of a repository, each with one of its names. */
function ofRepository(store: Store, repository: string): { id: Digest; references: string[] }[] {
	return store
		.all<{ reference: string; image: Digest }>(
			"SELECT reference, image FROM tag WHERE reference > ?1 || ':' AND reference < ?1 || ';' ORDER BY reference",
			repository,
		)
		.map(({ reference, image }) => ({ id: image, references: [reference] }));
}

function referenceOrNothing(name: string): Reference | undefined {
	try {
		return parse(name);
	} catch {
		return undefined;
	}
}

/** The familiar form without its tag. */
const repositoryOf = (reference: Reference): string => familiar({ ...reference, tag: "x" }).slice(0, -":x".length);

function departure(store: Store, id: Digest, references: string[], platform: Platform | undefined): Departure {
	const bytes = readFile(blobFile(store, id));
	const parsed = storedConfig(bytes);
	if (platform && !fits(platformOf(parsed), platform))
		throw new Failure(`save ${references[0] ?? id}: it is not for the platform ${formatPlatform(platform)}`);
	const config = { mediaType: MEDIA.config, digest: id, size: bytes.length };
	const layers = parsed.rootfs.diff_ids.map((digest) => ({
		mediaType: MEDIA.layer,
		digest,
		size: sizeOf(store, digest),
	}));
	const manifest = json({ schemaVersion: 2, mediaType: MEDIA.manifest, config, layers });
	return { config, layers, manifest, references, parent: rowOf(store, id)?.parent ?? null };
}

function sizeOf(store: Store, digest: Digest): number {
	const path = blobFile(store, digest);
	const status = statusIfThere(path);
	if (!status) throw new SystemError(`open ${path}`, errno.ENOENT as number);
	return status.size;
}

function index(departures: readonly Departure[]): object {
	const manifests = departures.flatMap(({ manifest, references }) => {
		const descriptor = { mediaType: MEDIA.manifest, digest: digestOf(manifest), size: manifest.length };
		const named = references.map((reference) => ({ ...descriptor, annotations: annotations(reference) }));
		return named.length > 0 ? named : [descriptor];
	});
	return { schemaVersion: 2, mediaType: MEDIA.index, manifests };
}

/** containerd's annotation has the whole name, the OCI's the tag alone, as docker has it. */
function annotations(reference: string): Record<string, string> {
	const { domain, path, tag = "latest" } = parse(reference);
	return {
		"io.containerd.image.name": `${domain}/${path}:${tag}`,
		"org.opencontainers.image.ref.name": tag,
	};
}

/** @param all what is in the archive: of a parent that is not, nothing is said */
const manifestItem = ({ config, layers, references, parent }: Departure, all: readonly Departure[]): object => ({
	Config: blobPath(config.digest),
	RepoTags: references.length > 0 ? references : null,
	Layers: layers.map(({ digest }) => blobPath(digest)),
	...(all.some(({ config }) => config.digest === parent) && { Parent: parent }),
	LayerSources: Object.fromEntries(layers.map((layer) => [layer.digest, layer])),
});

/** repository → tag → its highest layer, for docker before 1.10 */
function legacyRepositories(departures: readonly Departure[]): Record<string, Record<string, string>> {
	const repositories: Record<string, Record<string, string>> = {};
	for (const { layers, references } of departures) {
		const highest = layers.at(-1);
		for (const reference of highest ? references : []) {
			const colon = reference.lastIndexOf(":");
			const repository = reference.slice(0, colon);
			repositories[repository] = {
				...repositories[repository],
				[reference.slice(colon + 1)]: hex(highest?.digest ?? ""),
			};
		}
	}
	return repositories;
}

const blobPath = (digest: Digest): string => `blobs/sha256/${hex(digest)}`;
const blobFile = (store: Store, digest: Digest): string => `${blobsDirectory(store.places)}/${hex(digest)}`;
const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function putDirectory(sink: Sink, path: string): void {
	sink.write(encodeHeading({ ...plainFile, path, kind: "directory", mode: 0o755 }));
}

function putFile(sink: Sink, path: string, bytes: Uint8Array): void {
	sink.write(encodeHeading({ ...plainFile, path, size: bytes.length }));
	sink.write(bytes);
	sink.pad();
}

function putBlob(store: Store, sink: Sink, path: string, { digest, size }: Descriptor): void {
	using file = closing(open(blobFile(store, digest), O_RDONLY));
	sink.write(encodeHeading({ ...plainFile, path, size }));
	sink.copy(file.fd, size, { sparse: true });
	sink.pad();
}

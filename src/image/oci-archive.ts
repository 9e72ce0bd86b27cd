/**
 * Archives of an OCI image layout (image-spec, image-layout.md): index.json
 * leads through indexes and manifests to configs and layers, each by digest.
 */

import { Failure } from "../failure.ts";
import { type ArchivedImage, archivedImage } from "./archive.ts";
import { architecture } from "./config.ts";
import type { Contents } from "./contents.ts";
import { type Digest, digestOf, hex, isDigest } from "./digest.ts";
import { array, type Fields, fields, optional, parseJson, string } from "./foreign.ts";
import { parseTag } from "./reference.ts";

const INDEX = "index.json";

/** Indexes may lie in indexes; nobody needs more than two. */
const DEEPEST = 4;

export const isOciArchive = (contents: Contents): boolean => contents.has(INDEX);

/** A manifest that an index names. */
interface Found {
	path: string;
	digest: Digest;
	references: string[];
}

/** The images of the archive that are for this machine. @throws Failure where there is none */
export function ociImages(contents: Contents): ArchivedImage[] {
	const found = manifests(contents, INDEX, undefined, [], 0);
	if (found.length === 0) throw new Failure(`${contents.name}: holds no image for linux/${architecture()}`);
	return found.map((manifest) => image(contents, manifest));
}

function manifests(
	contents: Contents,
	path: string,
	digest: Digest | undefined,
	inherited: string[],
	depth: number,
): Found[] {
	const what = `${path} in ${contents.name}`;
	if (depth > DEEPEST) throw new Failure(`${what}: an index in an index in an index`);
	const index = fields(checkedJson(contents, path, digest), what);
	const descriptors = array(index.manifests, `manifests of ${what}`).map((item) =>
		fields(item, `a manifest of ${what}`),
	);
	const fitting = descriptors.filter((descriptor) => fits(descriptor, what));
	return fitting.flatMap((descriptor) => {
		const own = names(descriptor, what);
		const references = own.length > 0 ? own : inherited;
		const blob = blobOf(descriptor, what);
		if (isIndex(descriptor.mediaType)) return manifests(contents, blob.path, blob.digest, references, depth + 1);
		return [{ ...blob, references }];
	});
}

const isIndex = (mediaType: unknown): boolean =>
	mediaType === "application/vnd.oci.image.index.v1+json" ||
	mediaType === "application/vnd.docker.distribution.manifest.list.v2+json";

/** What says for which machine it is must be for this one; attestations of docker's say "unknown". */
function fits(descriptor: Fields, what: string): boolean {
	const platform = optional(fields, descriptor.platform, `platform in ${what}`);
	return platform === undefined || (platform.os === "linux" && platform.architecture === architecture());
}

/**
 * docker's and containerd's annotation is a whole name; the OCI's is one if
 * podman and skopeo wrote it, or else only a tag, of what is not said.
 */
function names(descriptor: Fields, what: string): string[] {
	const annotations = optional(fields, descriptor.annotations, `annotations in ${what}`) ?? {};
	const whole = annotations["io.containerd.image.name"];
	if (typeof whole === "string") return [parseTag(whole)];
	const name = annotations["org.opencontainers.image.ref.name"];
	return typeof name === "string" && /[:/]/.test(name) ? [parseTag(name)] : [];
}

function blobOf(descriptor: Fields, what: string): { path: string; digest: Digest } {
	const digest = string(descriptor.digest, `digest in ${what}`);
	if (!isDigest(digest)) throw new Failure(`${what}: ${JSON.stringify(digest)} is no sha256 digest`);
	return { path: `blobs/sha256/${hex(digest)}`, digest };
}

function image(contents: Contents, { path, digest, references }: Found): ArchivedImage {
	const what = `${path} in ${contents.name}`;
	const manifest = fields(checkedJson(contents, path, digest), what);
	const config = blobOf(fields(manifest.config, `config of ${what}`), what);
	const layers = array(manifest.layers, `layers of ${what}`).map((item) => {
		const descriptor = fields(item, `a layer of ${what}`);
		const blob = blobOf(descriptor, what);
		const slice = contents.slice(blob.path);
		if (descriptor.size !== slice.size)
			throw new Failure(`${slice.name}: has ${slice.size} bytes, ${what} says ${descriptor.size}`);
		return { slice, digest: blob.digest };
	});
	return archivedImage(contents, config.path, config.digest, layers, references);
}

function checkedJson(contents: Contents, path: string, digest: Digest | undefined): unknown {
	const bytes = contents.json(path);
	const what = `${path} in ${contents.name}`;
	if (digest !== undefined && digestOf(bytes) !== digest) throw new Failure(`${what}: is not what its name says`);
	return parseJson(bytes, what);
}

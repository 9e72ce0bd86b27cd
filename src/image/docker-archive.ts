/**
 * Archives of `docker save` and of podman and skopeo as docker-archive:
 * manifest.json lists configs, layers and names (moby, image/tarexport; docker
 * image spec v1.2). Since docker 25 they are OCI layouts besides.
 */

import { Failure } from "../failure.ts";
import { type ArchivedImage, archivedImage } from "./archive.ts";
import type { ImageConfig } from "./config.ts";
import type { Contents } from "./contents.ts";
import { array, fields, optional, parseJson, string, strings } from "./foreign.ts";
import { parseTag } from "./reference.ts";

const MANIFEST = "manifest.json";

export const isDockerArchive = (contents: Contents): boolean => contents.has(MANIFEST);

/** The images of the archive, in order. @throws Failure */
export function dockerImages(contents: Contents): ArchivedImage[] {
	const what = `${MANIFEST} in ${contents.name}`;
	const manifest = array(parseJson(contents.json(MANIFEST), what), what);
	if (manifest.length === 0) throw new Failure(`${contents.name}: holds no image`);
	return withParents(manifest.map((item) => image(contents, item, what)));
}

/** What is said of parents that are in the archive (moby, image/tarexport/load.go: validatedParentLinks). */
function withParents(images: ArchivedImage[]): ArchivedImage[] {
	const known = new Map(images.map((image) => [image.id as string, image]));
	return images.map(({ parent = "", ...image }) => {
		const found = known.get(parent);
		if (!found || found.id === image.id) return image;
		if (!isParent(found.parsed, image.parsed))
			throw new Failure(`image ${parent} is not a valid parent for ${image.id}`);
		return { ...image, parent };
	});
}

/** The history of a child is its parent's, and one step more: so nobody is their own ancestor. */
function isParent({ history: before = [] }: ImageConfig, { history: after = [] }: ImageConfig): boolean {
	return after.length === before.length + 1 && Bun.deepEquals(after.slice(0, -1), before);
}

function image(contents: Contents, item: unknown, what: string): ArchivedImage {
	const { Config, Layers, RepoTags, Parent } = fields(item, `an image of ${what}`);
	const config = string(Config, `Config of ${what}`);
	const layers = optional(strings, Layers, `Layers of ${what}`) ?? [];
	const names = optional(strings, RepoTags, `RepoTags of ${what}`) ?? [];
	const parent = optional(string, Parent, `Parent of ${what}`);
	const image = archivedImage(
		contents,
		config,
		digestInName(config),
		layers.map((path) => ({ slice: contents.slice(path), digest: digestInName(path) })),
		names.map(parseTag),
	);
	return parent ? { ...image, parent } : image;
}

/** `blobs/sha256/HEX` and `HEX.json` name what they hold; `HEX/layer.tar` does not: that is an id of docker's of old. */
function digestInName(path: string): string | undefined {
	const found = /^blobs\/sha256\/([0-9a-f]{64})$|^([0-9a-f]{64})\.json$/.exec(path);
	const digits = found?.[1] ?? found?.[2];
	return digits && `sha256:${digits}`;
}

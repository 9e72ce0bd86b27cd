/** What both forms of archive come down to. */

import { Failure } from "../failure.ts";
import type { Slice } from "../tar/slice.ts";
import { type ImageConfig, parseConfig } from "./config.ts";
import type { Contents } from "./contents.ts";
import { type Digest, digestOf } from "./digest.ts";

/** An image in an archive. */
export interface ArchivedImage {
	/** the digest of the config */
	id: Digest;
	config: Uint8Array;
	parsed: ImageConfig;
	/** as they are in the archive, perhaps compressed, lowest first */
	layers: ArchivedLayer[];
	/** familiar */
	references: string[];
	/** id of the image that it was made of, where that is in the archive, too */
	parent?: string;
}

export interface ArchivedLayer {
	slice: Slice;
	/** what these bytes must be; undefined where the archive does not say */
	digest?: Digest;
}

/**
 * Puts the parts together and compares them with each other.
 * @param expected the config's digest, where the archive names it
 * @throws Failure where they do not fit
 */
export function archivedImage(
	contents: Contents,
	path: string,
	expected: Digest | undefined,
	layers: ArchivedLayer[],
	references: string[],
): ArchivedImage {
	const config = contents.json(path);
	const id = digestOf(config);
	const what = `${path} in ${contents.name}`;
	if (expected !== undefined && id !== expected) throw new Failure(`${what}: is ${id}, not what its name says`);
	const parsed = parseConfig(config, what);
	const count = parsed.rootfs.diff_ids.length;
	if (count !== layers.length) throw new Failure(`${what}: names ${count} layers, the archive has ${layers.length}`);
	return { id, config, parsed, layers, references };
}

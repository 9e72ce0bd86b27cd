/**
 * `commit`: an image, and what a container has written on top of it, become
 * another image. The upper directory is read once, into the layer's tar; the
 * layer's own directory is then unpacked from that, so that the two are the same
 * whatever the container does meanwhile, and while it is, another thread digests
 * the tar.
 */

import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { layersDirectory } from "../places.ts";
import type { Found } from "../tar/found.ts";
import { Sink } from "../tar/sink.ts";
import { workFile } from "../tar/source.ts";
import { Workshop } from "../tar/workshop.ts";
import { BlobWriter } from "./blob.ts";
import { collect } from "./collect.ts";
import { childConfig, type ImageConfig, MOST_LAYERS } from "./config.ts";
import { chainIds, type Digest } from "./digest.ts";
import { applyChanges, parseChanges, type RunConfig } from "./instructions.ts";
import { type MadeLayer, makeLayer } from "./layer.ts";
import { packLayer } from "./pack.ts";
import { publish } from "./publish.ts";
import { parseTag } from "./reference.ts";
import { Root } from "./root.ts";

/** Of an image, what its child needs. */
interface Parent {
	id: string;
	config: ImageConfig;
	/** names of its layers' directories, lowest first */
	layers: string[];
}

/** What is to become an image. */
export interface Commitment {
	/** for errors: the container as typed */
	name: string;
	/** what the container was made of */
	parent: Parent;
	/** the directory that holds what it has written; undefined: nothing */
	upper: string | undefined;
	/** how the container is run: the image's own with what its flags say */
	config: RunConfig;
	/** the container's command, for the history */
	createdBy: string;
	author?: string;
	message?: string;
	/** instructions of a Dockerfile */
	changes: readonly string[];
	reference?: string;
}

/**
 * @returns the new image's id
 * @throws Failure, and nothing is left behind
 */
export async function commitLayer(store: Store, commitment: Commitment): Promise<string> {
	const { parent, name, author, message, createdBy } = commitment;
	const reference = commitment.reference === undefined ? undefined : parseTag(commitment.reference);
	const config = applyChanges(commitment.config, parseChanges(commitment.changes));
	collect(store);
	using workshop = Workshop.open(store.places);
	await using writer = new BlobWriter();
	const layer = await makeUpperLayer(store, commitment, workshop, writer);
	const child = { created: now(), author, config, diffId: layer?.diffId, createdBy, message };
	const { id, bytes, diffIds } = childConfig(parent.config, child);
	const made = new Map(layer ? [[chainIds(diffIds).at(-1) as Digest, layer]] : []);
	const references = reference === undefined ? [] : [reference];
	if (!publish(store, workshop, [{ id, config: bytes, diffIds, made, references, parent: parent.id }]))
		throw new Failure(`commit ${name}: its image was removed meanwhile`);
	return id;
}

/** @returns undefined where nothing was written */
async function makeUpperLayer(
	store: Store,
	{ name, parent, upper }: Commitment,
	workshop: Workshop,
	writer: BlobWriter,
): Promise<MadeLayer | undefined> {
	if (upper === undefined) return undefined;
	const file = workFile(workshop, `layer of ${name}`);
	const sink = new Sink({ fd: file.fd, name: file.name, isFile: true });
	if (packLayer(upper, sink, { root: rootSays(store, parent, upper) }) === 0) return undefined;
	if (parent.layers.length === MOST_LAYERS)
		throw new Failure(`commit ${name}: its image has ${MOST_LAYERS} layers, and none may have more`, {
			hint: `one layer for all of it: bunker export ${name} | bunker import - NAME`,
		});
	const lowest = parent.layers.length === 0;
	const finished = await makeLayer({ ...file, size: sink.position }, workshop, writer, { lowest });
	return finished();
}

/** Whether owner, mode or attributes of `/` are others than those that a layer has that does not say them. */
function rootSays(store: Store, parent: Parent, upper: string): boolean {
	using directory = new Root(upper);
	using own = directory.find("");
	if (!own) return false;
	const below = parent.layers.at(-1);
	using lower = below === undefined ? undefined : new Root(`${layersDirectory(store.places)}/${below}`);
	using its = lower?.find("");
	return signature(own) !== UNSAID || (its !== undefined && signature(its) !== UNSAID);
}

const signature = (found: Found): string => {
	const { mode, uid, gid } = found.status;
	const attributes = [...found.attributes()].map(([name, value]) => `${name}=${value.toHex()}`);
	return [(mode & 0o7777).toString(8), uid, gid, ...attributes].join(" ");
};

const UNSAID = "755 0 0";

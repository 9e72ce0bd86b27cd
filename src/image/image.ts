/**
 * Images: named, listed, taken in, removed. What an image is: a config blob
 * whose digest is its id, and a list of layers, each an unpacked directory that
 * any number of images share.
 *
 * This file is the folder's face. What only `load` and `import` need is
 * imported when they are called: `run` comes through here, too.
 */

import { readFile, readFileIfThere } from "../../ffi/file.ts";
import type { Filters } from "../filters.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { blobsDirectory } from "../places.ts";
import type { Target } from "../tar/sink.ts";
import type { Source } from "../tar/source.ts";
import { allRows, type Row, referencesOf, rowOf, setReference, unknown } from "./catalog.ts";
import type { Change } from "./changes.ts";
import type { Commitment } from "./commit.ts";
import { type ImageConfig, storedConfig } from "./config.ts";
import { hex } from "./digest.ts";
import { recordOf } from "./events.ts";
import type { HistoryLine } from "./history.ts";
import type { Loaded } from "./load.ts";
import type { Platform } from "./platform.ts";
import type { Pruned } from "./prune.ts";
import { parseTag } from "./reference.ts";
import type { Usage } from "./usage.ts";

export type { Target } from "../tar/sink.ts";
export type { Source } from "../tar/source.ts";
export type { Change } from "./changes.ts";
export { collect } from "./collect.ts";
export type { Commitment } from "./commit.ts";
export type { ImageConfig } from "./config.ts";
export type { HistoryLine } from "./history.ts";
export type { Loaded } from "./load.ts";
export type { Platform } from "./platform.ts";
export type { Pruned } from "./prune.ts";
export { parseTag } from "./reference.ts";
export { remove } from "./remove.ts";
export type { ImageUsage, Usage } from "./usage.ts";

/** An image with everything that a container needs of it. */
export interface Image {
	/** `sha256:HEX`, the digest of the config blob */
	id: string;
	/** familiar names: `busybox:latest` */
	references: string[];
	/** bytes of all its layers' files */
	size: number;
	/** RFC 3339 */
	created: string;
	/** id of the image that it was committed on top of, as long as that is here */
	parent?: string;
	config: ImageConfig;
	/** names of directories in layersDirectory(places), lowest first */
	layers: string[];
}

/** A line of `images`. */
export type ImageSummary = Pick<Image, "id" | "references" | "size" | "created"> & {
	labels: Readonly<Record<string, string>>;
	/** others were committed on top of it */
	isParent: boolean;
};

/**
 * Finds an image by name, by id with or without `sha256:`, or by the beginning of an id.
 * @returns undefined where there is none
 * @throws Failure where the beginning of an id is that of several
 */
export function find(store: Store, name: string): Image | undefined {
	const row = rowOf(store, name);
	if (!row) return undefined;
	const layers = store.all<{ directory: string }>(
		`SELECT directory FROM image_layer JOIN layer USING (chain_id) WHERE image = ? ORDER BY position`,
		row.id,
	);
	const config = configOf(store, row.id);
	if (!config) return undefined;
	return {
		...basics(row, config, referencesOf(store, row.id)),
		...(row.parent !== null && { parent: row.parent }),
		config,
		layers: layers.map(({ directory }) => directory),
	};
}

/** Finds an image that must be there. @throws Failure `No such image: nosuch:latest` */
export function get(store: Store, name: string): Image {
	const image = find(store, name);
	if (image) return image;
	throw unknown(name);
}

/**
 * Images, the newest first.
 * @param options.all also those without a name that others were committed on top of, as docker's `images -a`
 */
export function list(store: Store, options: { all: boolean }): ImageSummary[] {
	const shown = everyImage(store);
	return options.all ? shown : shown.filter((image) => !isIntermediate(image));
}

const isIntermediate = ({ references, isParent }: ImageSummary): boolean => isParent && references.length === 0;

function everyImage(store: Store): ImageSummary[] {
	const names = Map.groupBy(
		store.all<{ reference: string; image: string }>("SELECT reference, image FROM tag ORDER BY reference"),
		({ image }) => image,
	);
	const rows = allRows(store);
	const parents = new Set(rows.map(({ parent }) => parent));
	return rows
		.flatMap((row) => {
			const config = configOf(store, row.id);
			const references = names.get(row.id)?.map(({ reference }) => reference) ?? [];
			return config ? [{ ...basics(row, config, references), isParent: parents.has(row.id) }] : [];
		})
		.sort((a, b) => Date.parse(b.created) - Date.parse(a.created) || (a.id < b.id ? -1 : 1));
}

/** All names that images have. */
export function references(store: Store): string[] {
	return store.all<{ reference: string }>("SELECT reference FROM tag ORDER BY reference").map((row) => row.reference);
}

/** When an image was last given a name it still has; undefined where it has none. */
export function lastTagged(store: Store, id: string): string | undefined {
	const row = store.first<{ updated: string | null }>("SELECT max(updated) AS updated FROM tag WHERE image = ?", id);
	return row?.updated ?? undefined;
}

/**
 * The images that filters let through.
 * @param options.all as `list` has it
 * @throws Failure for a filter's value that is none
 */
export async function select(store: Store, filters: Filters, options: { all: boolean }): Promise<ImageSummary[]> {
	const { selectImages } = await import("./filter.ts");
	const selected = selectImages(store, everyImage(store), filters);
	return options.all ? selected : selected.filter((image) => !isIntermediate(image));
}

/** Gives an image one more name; the name is taken from whatever had it. @throws Failure */
export function tag(store: Store, source: string, target: string): void {
	const reference = parseTag(target);
	const row = rowOf(store, source);
	if (!row) throw unknown(source);
	store.transaction(() => {
		setReference(store, row.id, reference);
		recordOf(store, row.id, "tag", reference);
	});
	announce(store);
}

/**
 * Makes an image of one layer from the tar archive of a root file system,
 * plain or compressed.
 * @param reference the name it gets; none if undefined
 * @param options.message docker's: the comment in the image's history
 * @param options.changes instructions of a Dockerfile that say how it is run
 * @param options.platform what it says that it is for
 * @returns its id
 * @throws Failure, and nothing is left behind
 */
export async function importTar(
	store: Store,
	source: Source,
	reference?: string,
	options: { message?: string; changes?: string[]; platform?: Platform } = {},
): Promise<string> {
	const target = reference === undefined ? undefined : parseTag(reference);
	const { importArchive } = await import("./import.ts");
	const { message = "Imported from -", changes = [], platform } = options;
	return importArchive(store, source, target, { message, changes, platform });
}

/**
 * Takes in the images of an archive: docker-save or OCI layout, plain or
 * compressed.
 * @throws Failure, and nothing is left behind
 */
export async function load(store: Store, source: Source, platform?: Platform): Promise<Loaded> {
	const { loadArchive } = await import("./load.ts");
	return loadArchive(store, source, platform);
}

/**
 * Writes images to an archive that docker, podman and bunker load.
 * @param names an image by name and tag, all of a repository by its name alone, or an id
 * @param target where it goes; asked for once it is known that all are there
 * @throws Failure
 */
export async function save(
	store: Store,
	names: readonly string[],
	target: () => Target,
	platform?: Platform,
): Promise<void> {
	const { saveArchive } = await import("./save.ts");
	saveArchive(store, names, target, platform);
}

/**
 * Removes images that no container uses.
 * @param options.all also those that have a name
 * @throws Failure for a filter's value that is none
 */
export async function prune(store: Store, options: { all: boolean; filters: Filters }): Promise<Pruned> {
	const { pruneImages } = await import("./prune.ts");
	return pruneImages(store, everyImage(store), options);
}

/** Reads `os[/arch[/variant]]`; nothing of nothing. @throws Failure for what is no platform */
export async function platformFrom(text: string | undefined): Promise<Platform | undefined> {
	return text ? (await import("./platform.ts")).parsePlatform(text) : undefined;
}

/** Says so where an image is of another platform than was asked for. @throws Failure where it is, or there is none */
export async function requirePlatform(store: Store, name: string, platform: Platform | undefined): Promise<void> {
	if (platform) (await import("./platform.ts")).requireFit(name, get(store, name).config, platform);
}

/** What images take on the disk. */
export async function usage(store: Store): Promise<Usage> {
	const { usageOf } = await import("./usage.ts");
	return usageOf(store);
}

/** How an image came to be, the last step first. @throws Failure where there is none of that name */
export async function history(store: Store, name: string, platform?: Platform): Promise<HistoryLine[]> {
	const { historyOf } = await import("./history.ts");
	return historyOf(store, name, platform);
}

/**
 * Makes an image of another one and what a container has written on top of it.
 * @returns its id
 * @throws Failure, and nothing is left behind
 */
export async function commit(store: Store, commitment: Commitment): Promise<string> {
	const { commitLayer } = await import("./commit.ts");
	return commitLayer(store, commitment);
}

/**
 * Writes what shows of directories on top of each other to an archive.
 * @param directories the topmost first
 */
export async function exportTree(directories: readonly string[], target: Target): Promise<void> {
	const [{ packTree }, { Sink }] = await Promise.all([import("./pack.ts"), import("../tar/sink.ts")]);
	packTree(directories, new Sink(target));
}

/**
 * Where a path leads in directories on top of each other, its links followed; undefined where there are too many.
 * @param directories the topmost first
 * @param covered where something else is mounted
 */
export async function followLinks(
	directories: readonly string[],
	path: string,
	covered: ReadonlySet<string>,
): Promise<string | undefined> {
	const links = await import("./links.ts");
	return links.followLinks(directories, path, covered);
}

/**
 * The mode of what a path leads to, links followed, in directories on top of each other; undefined where there is nothing.
 * @param directories the topmost first
 */
export async function modeIn(directories: readonly string[], path: string): Promise<number | undefined> {
	const links = await import("./links.ts");
	const target = links.followLinks(directories, path, new Set());
	return target === undefined ? undefined : links.modeIn(directories, target);
}

/** Notes that a container has an image mounted, as long as it is there; within the transaction that makes it. */
export function use(store: Store, container: string, image: string): void {
	store.run("INSERT OR IGNORE INTO image_use (container, image) VALUES (?, ?)", container, image);
}

/**
 * What an upper layer changes of the layers below it, as docker's `diff` has it.
 * @param below directories, the topmost first
 */
export async function changes(upper: string, below: readonly string[]): Promise<Change[]> {
	const { changesOf } = await import("./changes.ts");
	return changesOf(upper, below);
}

/** Undefined where somebody has removed the image since its row was read: first the row goes, then the file. */
function configOf(store: Store, id: string): ImageConfig | undefined {
	const path = `${blobsDirectory(store.places)}/${hex(id)}`;
	const isThere = () => store.first("SELECT 1 FROM image WHERE id = ?", id) !== undefined;
	const bytes = readFileIfThere(path) ?? (isThere() ? readFile(path) : undefined);
	return bytes && storedConfig(bytes);
}

function basics(row: Row, config: ImageConfig, references: string[]): Omit<ImageSummary, "isParent"> {
	const labels = config.config.Labels ?? {};
	return { id: row.id, references, size: row.size, created: config.created ?? row.arrived, labels };
}

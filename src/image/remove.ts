/** `rmi`: takes names from images, and images without a name away. The rules are docker's (moby, daemon/images/image_delete.go). */

import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { type Row, referencesOf, rowOf, unknown } from "./catalog.ts";
import { collect } from "./collect.ts";
import { recordOf } from "./events.ts";
import { familiar, parse } from "./reference.ts";

/** What was done, as `rmi` prints it. */
export interface Removal {
	/** references */
	untagged: string[];
	/** ids of the image and of the layers that nothing uses any more, the highest first */
	deleted: string[];
}

interface Options {
	/** removes names although a container uses the image (which then stays without a name), and several */
	force: boolean;
	/** removes what it was committed on top of, too, if that has no name and nobody uses it */
	prune: boolean;
}

/**
 * Removes a name, and with the last one the image. By id, all names of one
 * repository at once.
 * @throws Failure where there is no such image, a container uses it, or it has names in several repositories
 */
export function remove(store: Store, name: string, options: Options): Removal {
	const removal = store.transaction(() => {
		const row = rowOf(store, name);
		if (!row) throw unknown(name);
		const references = referencesOf(store, row.id);
		const byName = nameAmong(references, name);
		return byName === undefined
			? removeById(store, row, references, options)
			: removeByName(store, row, references, byName, name, options);
	});
	announce(store);
	collect(store);
	return removal;
}

/**
 * Removes an image that nobody uses, with all its names.
 * @param options.named also one that has a name
 * @returns undefined where a container uses it, another was committed on top of it, or somebody has just named or removed it: nothing is done
 */
export function removeUnused(store: Store, id: string, options: { named: boolean }): Removal | undefined {
	return store.transaction(() => {
		const references = referencesOf(store, id);
		const isThere = store.first("SELECT 1 FROM image WHERE id = ?", id) !== undefined;
		if (!isThere || userOf(store, id) || (references.length > 0 && !options.named)) return undefined;
		const needed = hasChildren(store, id);
		if (needed && references.length === 0) return undefined;
		store.run("DELETE FROM tag WHERE image = ?", id);
		for (const _ of references) recordOf(store, id, "untag");
		return { untagged: references, deleted: needed ? [] : erase(store, id, { prune: true }) };
	});
}

function nameAmong(references: readonly string[], name: string): string | undefined {
	try {
		const reference = familiar(parse(name));
		return references.includes(reference) ? reference : undefined;
	} catch {
		return undefined;
	}
}

function removeByName(
	store: Store,
	row: Row,
	references: readonly string[],
	reference: string,
	typed: string,
	options: Options,
): Removal {
	const user = userOf(store, row.id);
	if (references.length === 1 && user && !options.force) {
		const what = `unable to remove repository reference ${JSON.stringify(typed)} (must force)`;
		throw new Failure(`conflict: ${what} - container ${short(user)} is using its referenced image ${shortId(row.id)}`);
	}
	store.run("DELETE FROM tag WHERE reference = ?", reference);
	recordOf(store, row.id, "untag");
	const needed = references.length > 1 || user || hasChildren(store, row.id);
	const deleted = needed ? [] : erase(store, row.id, options);
	return { untagged: [reference], deleted };
}

function removeById(store: Store, row: Row, references: readonly string[], options: Options): Removal {
	const conflict = (why: string, forced = "must be forced") =>
		new Failure(`conflict: unable to delete ${shortId(row.id)} (${forced}) - ${why}`);
	if (hasChildren(store, row.id)) throw conflict("image has dependent child images", "cannot be forced");
	const repositories = new Set(references.map((reference) => reference.slice(0, reference.lastIndexOf(":"))));
	if (repositories.size > 1 && !options.force) throw conflict("image is referenced in multiple repositories");
	const user = userOf(store, row.id);
	if (user && !options.force) throw conflict(`image is being used by container ${short(user)}`);
	store.run("DELETE FROM tag WHERE image = ?", row.id);
	for (const _ of references) recordOf(store, row.id, "untag");
	return { untagged: [...references], deleted: user ? [] : erase(store, row.id, options) };
}

/**
 * Deletes the rows of an image and of the layers that only it used; with
 * `prune` then what it was made of, if nothing keeps that. @returns their ids
 */
function erase(store: Store, id: string, options: { prune: boolean }): string[] {
	const parent = store.first<{ parent: string | null }>("SELECT parent FROM image WHERE id = ?", id)?.parent;
	const deleted = eraseRows(store, id);
	if (!options.prune || !parent) return deleted;
	const isKept = referencesOf(store, parent).length > 0 || hasChildren(store, parent) || userOf(store, parent);
	return isKept ? deleted : [...deleted, ...erase(store, parent, options)];
}

function eraseRows(store: Store, id: string): string[] {
	store.run("DELETE FROM image WHERE id = ?1", id);
	recordOf(store, id, "delete");
	const layers = store.all<{ chain_id: string }>(
		"DELETE FROM layer WHERE chain_id NOT IN (SELECT chain_id FROM image_layer) RETURNING chain_id",
	);
	return [id, ...layers.map(({ chain_id }) => chain_id).reverse()];
}

/** docker: of an image that others were committed on top of, only the names can go. */
const hasChildren = (store: Store, id: string): boolean =>
	store.first("SELECT 1 FROM image WHERE parent = ?", id) !== undefined;

/** The id of a container that was made from the image, or has it mounted. */
const userOf = (store: Store, image: string): string | undefined =>
	store.first<{ id: string }>(
		`SELECT id FROM container WHERE image = ?1 OR id IN (SELECT container FROM image_use WHERE image = ?1)
		 ORDER BY created LIMIT 1`,
		image,
	)?.id;

const short = (id: string): string => id.slice(0, 12);
const shortId = (id: string): string => short(id.slice("sha256:".length));

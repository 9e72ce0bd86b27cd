/** The rows of images and their names. */

import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { familiar, parse } from "./reference.ts";

export interface Row {
	/** `sha256:HEX` */
	id: string;
	/** bytes of all layers' files */
	size: number;
	/** RFC 3339 */
	arrived: string;
	/** id of what it was committed on top of, as long as that is here */
	parent: string | null;
}

const COLUMNS = "id, size, arrived, parent";

/**
 * The row of an image by name, by id with or without `sha256:`, or by the beginning of an id.
 * @throws Failure where the beginning of an id is that of several
 */
export function rowOf(store: Store, name: string): Row | undefined {
	const digits = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(name)?.[1];
	if (digits?.length === 64) return store.first<Row>(`SELECT ${COLUMNS} FROM image WHERE id = ?`, `sha256:${digits}`);
	// A name goes before the beginning of an id: an image may be called "cafe".
	return byReference(store, name) ?? (digits === undefined ? undefined : byPrefix(store, digits));
}

function byReference(store: Store, text: string): Row | undefined {
	const reference = referenceOrNothing(text);
	if (reference === undefined) return undefined;
	return store.first<Row>(
		`SELECT ${COLUMNS} FROM tag JOIN image ON image.id = tag.image WHERE reference = ?`,
		reference,
	);
}

function referenceOrNothing(text: string): string | undefined {
	try {
		const reference = parse(text);
		return reference.digest === undefined ? familiar(reference) : undefined;
	} catch {
		return undefined;
	}
}

function byPrefix(store: Store, digits: string): Row | undefined {
	const rows = store.all<Row>(
		`SELECT ${COLUMNS} FROM image WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2`,
		`sha256:${digits}`,
	);
	if (rows.length > 1) throw new Failure(`the id ${digits} is the beginning of several images' ids`);
	return rows[0];
}

/** The rows of all images. */
export const allRows = (store: Store): Row[] => store.all<Row>(`SELECT ${COLUMNS} FROM image`);

/** The names of an image. */
export function referencesOf(store: Store, id: string): string[] {
	return store
		.all<{ reference: string }>("SELECT reference FROM tag WHERE image = ? ORDER BY reference", id)
		.map(({ reference }) => reference);
}

/** Gives an image a name, and takes it from whatever had it. @returns the id of another that had it */
export function setReference(store: Store, id: string, reference: string): string | undefined {
	const before = store.first<{ image: string }>("SELECT image FROM tag WHERE reference = ?", reference)?.image;
	store.run(
		`INSERT INTO tag (reference, image, updated) VALUES (?1, ?2, ?3)
		 ON CONFLICT (reference) DO UPDATE SET image = ?2, updated = ?3`,
		reference,
		id,
		now(),
	);
	return before === id ? undefined : before;
}

/** The error for a name that names nothing, or is none: `No such image: nosuch:latest`. */
export function unknown(name: string): Failure {
	if (/^sha256:|^[0-9a-f]{64}$/.test(name)) return new Failure(`No such image: ${name}`);
	try {
		return new Failure(`No such image: ${familiar(parse(name))}`);
	} catch (error) {
		return error as Failure;
	}
}

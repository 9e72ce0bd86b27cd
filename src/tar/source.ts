/** Where an archive comes from, and how it becomes something that can be read by position. */

import { AT_FDCWD, O_CREAT, O_EXCL, O_RDWR, S_IFREG } from "../../ffi/constants.ts";
import { isType, openAt, statusOf, writeAll } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { compressionOf, expand } from "./compression.ts";
import { readPatiently, type Slice } from "./slice.ts";
import type { Workshop } from "./workshop.ts";

/** An open descriptor, a file's or a pipe's, read from where it stands. */
export interface Source {
	fd: number;
	/** for errors: the path as typed, or `-` */
	name: string;
}

/** A whole file in our workshop, which may be renamed to its place. */
export interface Work extends Slice {
	path: string;
}

/** What a source holds: a regular file as it is, anything else written down first. */
export function settle(source: Source, workshop: Workshop): Slice | Work {
	const status = statusOf(source.fd);
	if (isType(status, S_IFREG)) {
		const offset = call(`find the position in ${source.name}`, "lseek", source.fd, 0, 1);
		return { ...source, offset, size: Math.max(0, status.size - offset) };
	}
	const file = workFile(workshop, source.name);
	const buffer = new Uint8Array(1 << 20);
	for (;;) {
		const n = readPatiently(source.fd, buffer, `read ${source.name}`);
		if (n === 0) return measured(file);
		writeAll(file.fd, buffer.subarray(0, n), `write what ${source.name} gives`);
	}
}

/** A slice without its compression; the slice itself if it has none. */
export async function uncompressed(slice: Slice, workshop: Workshop): Promise<Slice | Work> {
	const compression = compressionOf(slice);
	if (compression === undefined) return slice;
	const file = workFile(workshop, slice.name);
	await expand(slice, compression, file.fd);
	return measured(file);
}

/** True for a file that is ours to rename. */
export const isWork = (slice: Slice | Work): slice is Work => "path" in slice;

/** A new, empty file in the workshop, open until that is disposed of. */
export function workFile(workshop: Workshop, name: string): Work {
	const path = workshop.next("file");
	const fd = workshop.keep(openAt(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, 0o644));
	return { fd, path, offset: 0, size: 0, name };
}

const measured = (file: Work): Work => ({ ...file, size: statusOf(file.fd).size });

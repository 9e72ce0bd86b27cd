/** A layer in the making: a blob, the plain tar under its diff id, and beside it the directory that it unpacks to. */

import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { makeDirectory } from "../../ffi/directory.ts";
import { closing, openAt } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import type { Slice } from "../tar/slice.ts";
import { isWork, uncompressed, type Work, workFile } from "../tar/source.ts";
import type { Workshop } from "../tar/workshop.ts";
import type { BlobWriter } from "./blob.ts";
import type { Digest } from "./digest.ts";
import { unpack } from "./unpack.ts";

/** A layer that is ready to be renamed to its place. */
export interface MadeLayer {
	diffId: Digest;
	/** bytes of its files */
	size: number;
	/** path of the unpacked directory */
	directory: string;
	/** path of the plain tar */
	blob: string;
}

/**
 * Makes a layer from its archive. Returns when it is unpacked; its digest may
 * take longer, on the other thread.
 * @param options.diffId what it must be; undefined: whatever it is
 * @param options.lowest nothing is below it
 * @returns a function to wait with, which throws a Failure where the layer is another than expected
 * @throws Failure where it is malformed
 */
export async function makeLayer(
	archive: Slice,
	workshop: Workshop,
	writer: BlobWriter,
	options: { diffId?: Digest; lowest: boolean },
): Promise<() => Promise<MadeLayer>> {
	const plain = await uncompressed(archive, workshop);
	const blob = isWork(plain) ? plain : workFile(workshop, archive.name);
	const digest = writer.write(plain, blob === plain ? undefined : blob.fd);
	const directory = workshop.next("layer");
	const size = unpackInto(directory, plain, options);
	return async () => finish({ diffId: await digest, size, directory, blob: blob.path }, archive, options.diffId);
}

function unpackInto(directory: string, plain: Slice | Work, options: { lowest: boolean }): number {
	makeDirectory(directory, 0o755);
	using root = closing(openAt(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
	// The archive need not say anything about its root, and the umask must not.
	call(`change the mode of ${directory}`, "fchmod", root.fd, 0o755);
	return unpack(plain, root.fd, options);
}

function finish(layer: MadeLayer, archive: Slice, expected: Digest | undefined): MadeLayer {
	if (expected === undefined || layer.diffId === expected) return layer;
	throw new Failure(`${archive.name}: is ${layer.diffId}, but its image says ${expected}`);
}

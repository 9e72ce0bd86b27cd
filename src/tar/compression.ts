/**
 * Compressed archives, known by their first bytes. gzip and zstd are Bun's own
 * (DecompressionStream: native, takes concatenated members, refuses what is cut
 * off or followed by something else). xz is xz-decompress: the reference
 * decoder for embedded use as WebAssembly inside its JavaScript, without
 * dependencies, so that it also works in the executable.
 */

import { SystemError } from "../../ffi/errno.ts";
import { writeAll } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import { pieces, type Slice, Window } from "./slice.ts";

export type Compression = "gzip" | "zstd" | "xz";

/** RFC 1952; RFC 8878; the .xz file format, 2.1.1.1 */
const MAGIC: [Compression | "bzip2", number[]][] = [
	["gzip", [0x1f, 0x8b]],
	["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
	["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
	["bzip2", [0x42, 0x5a, 0x68]],
];

/** POSIX, ustar Interchange Format: its magic, at byte 257 */
const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72];

/** How a slice is compressed; undefined: not. @throws Failure where it is in a way that we do not know */
export function compressionOf(slice: Slice): Compression | undefined {
	const head = new Window(slice).view(0, Math.min(slice.size, 512));
	// A tar begins with a name, and a file may be called "BZh".
	if (USTAR.every((byte, at) => head[257 + at] === byte)) return undefined;
	const found = MAGIC.find(([, magic]) => magic.every((byte, at) => head[at] === byte))?.[0];
	if (found === "bzip2") throw new Failure(`${slice.name}: compressed with bzip2, which is not supported`);
	return found;
}

/**
 * Writes what a slice holds in compressed form to a file.
 * @throws Failure naming the slice where it is damaged
 */
export async function expand(slice: Slice, compression: Compression, fd: number): Promise<void> {
	try {
		for await (const piece of await expanded(slice, compression)) writeAll(fd, piece, `write what is in ${slice.name}`);
	} catch (error) {
		if (error instanceof Failure || error instanceof SystemError) throw error;
		throw new Failure(`${slice.name}: not intact as ${compression}: ${(error as Error).message}`, { cause: error });
	}
}

async function expanded(slice: Slice, compression: Compression): Promise<ReadableStream<Uint8Array>> {
	const input = streamOf(slice);
	if (compression !== "xz") return input.pipeThrough(new DecompressionStream(compression));
	const { XzReadableStream } = await import("xz-decompress");
	return new XzReadableStream(input);
}

function streamOf(slice: Slice): ReadableStream<Uint8Array<ArrayBuffer>> {
	const source = pieces(slice);
	return new ReadableStream({
		pull(controller) {
			const { done, value } = source.next();
			if (done) controller.close();
			// The piece is valid until the next one only, and a stream keeps some.
			else controller.enqueue(value.slice());
		},
	});
}

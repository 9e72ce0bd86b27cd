/**
 * The content of a file, from one descriptor to another: in the kernel where it
 * can, and holes stay holes. The size is what it was when the file was looked at;
 * if it has become shorter, so is the copy, and what it has more is left out.
 */

import { SEEK_DATA, SEEK_HOLE, SEEK_SET } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { attempt } from "../../ffi/system.ts";
import { CANNOT_COPY, seekIn } from "../tar/slice.ts";

/** Bytes for one call: it cannot be interrupted before. */
const MOST = 1 << 30;
const BUFFER = 256 << 10;

const INTERRUPTED = -(errno.EINTR as number);

/** One way of copying. @returns bytes, 0 at the end, or the negative errno */
type Way = (source: number, target: number, size: number) => number;

/** In the order of how much the kernel can save: shared extents, no copy through our memory, any two files. */
const WAYS: Way[] = [
	(source, target, size) => attempt("copy_file_range", source, 0, target, 0, Math.min(size, MOST), 0),
	(source, target, size) => attempt("sendfile", target, source, 0, Math.min(size, MOST)),
	throughMemory,
];

export class Transfer {
	/** What works between the two file systems is found out once. */
	private way = 0;

	/**
	 * @param allocated bytes that the source has on disk
	 * @param what for errors: `write web:/etc/hosts`
	 */
	copy(source: number, target: number, size: number, allocated: number, what: () => string): void {
		if (allocated < size) this.copySparse(source, target, size, what);
		else this.stretch(source, target, size, what);
	}

	private copySparse(source: number, target: number, size: number, what: () => string): void {
		for (let at = 0; at < size; ) {
			const data = seekIn(source, at, SEEK_DATA, size);
			const hole = seekIn(source, data, SEEK_HOLE, size);
			// Not behind it: somebody is punching holes just now; the rest is copied as it is.
			const end = Math.min(size, hole > data ? hole : size);
			if (data < end) {
				check(attempt("lseek", source, data, SEEK_SET), what);
				check(attempt("lseek", target, data, SEEK_SET), what);
				this.stretch(source, target, end - data, what);
			}
			at = end;
		}
		check(attempt("ftruncate", target, size), what);
	}

	private stretch(source: number, target: number, size: number, what: () => string): void {
		let way = this.way;
		for (let left = size; left > 0; ) {
			const copied = (WAYS[way] as Way)(source, target, left);
			const isLast = way === WAYS.length - 1;
			if (copied > 0) left -= copied;
			else if (!isLast && CANNOT_COPY.includes(copied)) this.way = ++way;
			// 0 at once: some file systems (fuse, those of the kernel) say so instead of failing.
			else if (copied === 0 && !isLast && left === size) way++;
			else if (copied === 0) return;
			else if (copied !== INTERRUPTED) throw new SystemError(what(), -copied);
		}
	}
}

const buffer = new Uint8Array(BUFFER);

function throughMemory(source: number, target: number, size: number): number {
	const read = attempt("read", source, buffer, Math.min(size, BUFFER));
	for (let done = 0; done < read; ) {
		const written = attempt("write", target, buffer.subarray(done), read - done);
		if (written < 0) return written;
		done += written;
	}
	return read;
}

function check(result: number, what: () => string): void {
	if (result < 0) throw new SystemError(what(), -result);
}

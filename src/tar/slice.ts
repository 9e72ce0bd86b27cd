/**
 * A stretch of an open file: an archive, a member of it, a blob. Reading is by
 * position (pread64), so that slices of one descriptor can be read in any
 * order, side by side, without copies.
 */

import { SEEK_DATA, SEEK_HOLE, SEEK_SET } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { read, writeAll } from "../../ffi/file.ts";
import { attempt, call } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";

export interface Slice {
	fd: number;
	/** bytes from the file's start */
	offset: number;
	/** bytes */
	size: number;
	/** what it is, for errors: `/tmp/busybox.tar`, `layer 2 of /tmp/busybox.tar` */
	name: string;
}

/** A slice seen through a buffer that moves over it. */
export class Window {
	/** bytes; small enough that what is read is still in the processor's cache when it is written */
	static readonly size = 256 << 10;

	private buffer = new Uint8Array(Window.size);
	/** which bytes of the slice are in the buffer */
	private start = 0;
	private end = 0;

	constructor(readonly slice: Slice) {}

	/**
	 * @param offset bytes from the slice's start
	 * @param length more than `Window.size` makes the buffer larger: for what is known to be small
	 * @returns those bytes, valid until the next call
	 * @throws Failure if the slice ends before
	 */
	view(offset: number, length: number): Uint8Array {
		if (offset < this.start || offset + length > this.end) this.move(offset, length);
		return this.buffer.subarray(offset - this.start, offset - this.start + length);
	}

	/** @throws Failure if the slice ends before */
	check(offset: number, length: number): void {
		if (offset + length > this.slice.size) throw new Failure(`${this.slice.name}: ends in the middle of a file`);
	}

	private move(offset: number, length: number): void {
		this.check(offset, length);
		if (length > this.buffer.length) this.buffer = new Uint8Array(length);
		const { slice, buffer } = this;
		this.start = offset;
		this.end = offset + readAt(slice, offset, buffer);
		if (this.end < offset + length) throw new Failure(`${slice.name}: became shorter while it was read`);
	}
}

/** Fills the buffer from a position in the slice. @returns bytes read, fewer only at the slice's end */
function readAt(slice: Slice, offset: number, buffer: Uint8Array): number {
	const wanted = Math.min(buffer.length, slice.size - offset);
	let done = 0;
	while (done < wanted) {
		const rest = buffer.subarray(done, wanted);
		const n = call(`read ${slice.name}`, "pread64", slice.fd, rest, rest.length, slice.offset + offset + done);
		if (n === 0) break;
		done += n;
	}
	return done;
}

/** The slice's bytes, piece by piece; a piece is valid until the next. */
export function* pieces(slice: Slice): Generator<Uint8Array> {
	const window = new Window(slice);
	for (let at = 0; at < slice.size; ) {
		const piece = window.view(at, Math.min(Window.size, slice.size - at));
		yield piece;
		at += piece.length;
	}
}

/** All bytes of a slice, for what is small by its nature. @throws Failure if it is larger than the limit */
export function content(slice: Slice, limit: number): Uint8Array {
	if (slice.size > limit) throw new Failure(`${slice.name}: ${slice.size} bytes are more than the allowed ${limit}`);
	const bytes = new Uint8Array(slice.size);
	if (readAt(slice, 0, bytes) < slice.size) throw new Failure(`${slice.name}: ends too early`);
	return bytes;
}

/** What copy_file_range says where it cannot do a pair of files: other file systems, pipes, old kernels. */
export const CANNOT_COPY = [errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF].map(
	(number) => -number,
);

/**
 * Writes a slice to the current position of a file. copy_file_range(2) where it
 * works: no copy through our memory, and shared extents on btrfs and xfs.
 */
export function copy(slice: Slice, fd: number, what: string): void {
	const position = new BigInt64Array([BigInt(slice.offset)]);
	const bytes = new Uint8Array(position.buffer);
	for (let left = slice.size; left > 0; ) {
		const n = attempt("copy_file_range", slice.fd, bytes, fd, 0, Math.min(left, 1 << 30), 0);
		// 0 before the end: some file systems of the kernel (/proc, fuse) say so instead of failing.
		if (n === 0 || CANNOT_COPY.includes(n)) {
			copyThroughMemory(slice, slice.size - left, fd, what);
			return;
		}
		if (n < 0) throw new SystemError(what, -n);
		left -= n;
	}
}

/**
 * As `copy`, into an empty file; where the slice's file has holes, so has the
 * other: a layer of our own making may be mostly that.
 */
export function copyData(slice: Slice, fd: number, what: string): void {
	const end = slice.offset + slice.size;
	for (let at = slice.offset; at < end; ) {
		const data = Math.min(end, seekIn(slice.fd, at, SEEK_DATA, end));
		const hole = Math.min(end, seekIn(slice.fd, data, SEEK_HOLE, end));
		if (data > at) call(what, "lseek", fd, data - slice.offset, SEEK_SET);
		copy({ ...slice, offset: data, size: hole - data }, fd, what);
		at = hole;
	}
	call(what, "ftruncate", fd, slice.size);
}

/**
 * Where the next data or hole of a file begins.
 * @param end what is said where there is none, or the file system does not know
 */
export function seekIn(fd: number, at: number, whence: number, end: number): number {
	const found = attempt("lseek", fd, at, whence);
	if (found >= 0) return found;
	// ENXIO: no more data. Anything else: a file system that knows no holes is all data.
	return found === -(errno.ENXIO as number) || whence === SEEK_HOLE ? end : at;
}

function copyThroughMemory(slice: Slice, from: number, fd: number, what: string): void {
	const rest = { ...slice, offset: slice.offset + from, size: slice.size - from };
	for (const piece of pieces(rest)) writeAll(fd, piece, what);
}

/** Reads from a descriptor that may be a pipe or non-blocking, as a caller's stdin may be. @returns 0 at the end */
export function readPatiently(fd: number, buffer: Uint8Array, what: string): number {
	for (;;) {
		try {
			return read(fd, buffer, what);
		} catch (error) {
			if (!(error instanceof SystemError) || !["EAGAIN", "EINTR"].includes(error.code)) throw error;
			waitReadable(fd);
		}
	}
}

const POLLIN = 1;

function waitReadable(fd: number): void {
	const request = new Int32Array([fd, POLLIN]);
	attempt("ppoll", new Uint8Array(request.buffer), 1, 0, 0, 8);
}

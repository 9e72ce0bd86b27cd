/**
 * Where an archive is written: a file of ours, in which what is a hole stays
 * one, or a stream. Small pieces are gathered, large ones need not pass through
 * our memory.
 */

import { SEEK_CUR, SEEK_DATA, SEEK_HOLE } from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/errno.ts";
import { writeAll } from "../../ffi/file.ts";
import { writeOut } from "../../ffi/output.ts";
import { attempt, call } from "../../ffi/system.ts";
import { BLOCK } from "./heading.ts";
import { CANNOT_COPY, seekIn } from "./slice.ts";

const GATHERED = 256 << 10;
/** Below this, a system call to copy in the kernel costs more than the copy through our memory saves. */
const WORTH_A_COPY = 64 << 10;
const ZEROS = new Uint8Array(64 << 10);

/** Where an archive goes. */
export interface Target {
	fd: number;
	/** for errors */
	name: string;
	/** a new, empty regular file that nobody else writes to */
	isFile: boolean;
}

export class Sink {
	private readonly buffer = new Uint8Array(GATHERED);
	private used = 0;
	/** bytes so far */
	position = 0;

	constructor(private readonly target: Target) {}

	write(bytes: Uint8Array): void {
		this.position += bytes.length;
		if (this.used + bytes.length > this.buffer.length) this.flush();
		if (bytes.length > this.buffer.length) this.put(bytes);
		else {
			this.buffer.set(bytes, this.used);
			this.used += bytes.length;
		}
	}

	/** Zeros up to the next whole block. */
	pad(): void {
		const over = this.position % BLOCK;
		if (over > 0) this.zeros(BLOCK - over);
	}

	/**
	 * Writes so many bytes of an open file, from its start. Somebody may be
	 * changing it: what it no longer has is zeros, what it has more is left out.
	 */
	copy(fd: number, size: number, options: { sparse: boolean }): void {
		for (let at = 0; at < size; ) {
			const start = options.sparse ? Math.min(size, seekIn(fd, at, SEEK_DATA, size)) : at;
			this.zeros(start - at);
			const hole = options.sparse ? seekIn(fd, start, SEEK_HOLE, size) : size;
			// Not behind it: somebody is punching holes just now; the rest is read as it is.
			const end = hole > start ? Math.min(size, hole) : size;
			this.stretch(fd, start, end - start);
			at = end;
		}
	}

	/** Writes what is still gathered. */
	finish(): void {
		this.flush();
		// What was skipped at the end is not there yet.
		if (this.target.isFile) call(this.what, "ftruncate", this.target.fd, this.position);
	}

	private stretch(fd: number, from: number, size: number): void {
		const copied = this.target.isFile && size >= WORTH_A_COPY ? this.copyInKernel(fd, from, size) : 0;
		const buffer = copied < size ? new Uint8Array(Math.min(GATHERED, size - copied)) : ZEROS;
		let done = copied;
		while (done < size) {
			const n = attempt("pread64", fd, buffer, Math.min(buffer.length, size - done), from + done);
			if (n < 0) throw new SystemError(`read a file for ${this.target.name}`, -n);
			if (n === 0) break;
			this.write(buffer.subarray(0, n));
			done += n;
		}
		this.zeros(size - done);
	}

	/** @returns how many bytes were copied */
	private copyInKernel(fd: number, from: number, size: number): number {
		this.flush();
		const position = new BigInt64Array([BigInt(from)]);
		const bytes = new Uint8Array(position.buffer);
		let done = 0;
		while (done < size) {
			const n = attempt("copy_file_range", fd, bytes, this.target.fd, 0, Math.min(size - done, 1 << 30), 0);
			if (n === 0 || CANNOT_COPY.includes(n)) break;
			if (n < 0) throw new SystemError(this.what, -n);
			done += n;
		}
		this.position += done;
		return done;
	}

	private zeros(count: number): void {
		if (this.target.isFile && count > ZEROS.length) {
			this.flush();
			call(this.what, "lseek", this.target.fd, count, SEEK_CUR);
			this.position += count;
			return;
		}
		for (let left = count; left > 0; left -= ZEROS.length) this.write(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
	}

	private flush(): void {
		this.put(this.buffer.subarray(0, this.used));
		this.used = 0;
	}

	private put(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		// A stream may be non-blocking, and its reader may go.
		if (this.target.isFile) writeAll(this.target.fd, bytes, this.what);
		else writeOut(this.target.fd, bytes);
	}

	private get what(): string {
		return `write ${this.target.name}`;
	}
}

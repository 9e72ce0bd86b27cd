/**
 * What is in a directory, for those who open thousands of names: they stay where
 * getdents64(2) has put them, each with its NUL, and go back to the kernel by
 * their address, never decoded.
 */

import { ptr } from "bun:ffi";
import { errno, SystemError } from "./errno.ts";
import { attempt } from "./system.ts";

/** Indexes in struct linux_dirent64 (getdents64(2)). */
const LENGTH = 16;
const KIND = 18;
const NAME = 19;
const DOT = 0x2e;

const scratch = new Uint8Array(64 * 1024);
const scratchAddress = ptr(scratch);

export class Listing {
	static readonly empty = new Listing(new Uint8Array(0));

	private entry = 0;
	private next = 0;
	private readonly base: number;

	private constructor(private readonly bytes: Uint8Array) {
		this.base = bytes.length > 0 ? ptr(bytes) : 0;
	}

	/**
	 * Reads all of a directory, from where its descriptor stands.
	 * @param what for errors: `list web:/etc`
	 */
	static of(fd: number, what: () => string): Listing {
		let bytes = new Uint8Array(0);
		for (let size = 0; ; ) {
			const more = attempt("getdents64", fd, scratchAddress, scratch.length);
			// ENOENT: the directory has been removed while it was open.
			if (more === 0 || more === -(errno.ENOENT as number)) return new Listing(bytes.subarray(0, size));
			if (more < 0) throw new SystemError(what(), -more);
			bytes = withRoom(bytes, size, more);
			bytes.set(scratch.subarray(0, more), size);
			size += more;
		}
	}

	/** Goes to the next entry but `.` and `..`. @returns false at the end */
	advance(): boolean {
		const { bytes } = this;
		while (this.next < bytes.length) {
			this.entry = this.next;
			this.next += (bytes[this.entry + LENGTH] as number) | ((bytes[this.entry + LENGTH + 1] as number) << 8);
			const name = this.entry + NAME;
			if (bytes[name] !== DOT) return true;
			const isSelf = bytes[name + 1] === 0;
			const isParent = bytes[name + 1] === DOT && bytes[name + 2] === 0;
			if (!isSelf && !isParent) return true;
		}
		return false;
	}

	/** one of the DT_ of readdir(3): what it was when it was listed */
	get kind(): number {
		return this.bytes[this.entry + KIND] as number;
	}

	/** where its name stands, as long as this listing is kept */
	get address(): number {
		return this.base + this.entry + NAME;
	}

	/** The name, without its NUL. */
	get name(): Uint8Array {
		const start = this.entry + NAME;
		return this.bytes.slice(start, this.bytes.indexOf(0, start));
	}
}

/** Most directories fit at once, and take what they need; the few others grow by doubling. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, used: number, more: number): Uint8Array<ArrayBuffer> {
	if (used + more <= bytes.length) return bytes;
	// With an ArrayBuffer, which stays where it is.
	const size = used === 0 ? more : Math.max(bytes.length * 2, used + more);
	const larger = new Uint8Array(new ArrayBuffer(size));
	larger.set(bytes.subarray(0, used));
	return larger;
}

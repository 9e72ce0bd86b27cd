/**
 * fstat(2) for those who ask of thousands: a struct that is filled again and
 * again, with its times where utimensat(2) takes them. ffi/file.ts has the one
 * that explains itself.
 */

import { ptr } from "bun:ffi";
import { S_IFMT } from "./constants.ts";
import { attempt } from "./system.ts";

/** Indexes of 32 bits in struct stat (asm/stat.h; asm-generic/stat.h): the same on both from the size on. */
const AT =
	process.arch === "arm64"
		? { dev: 0, ino: 2, mode: 4, nlink: 5, uid: 6, gid: 7, rdev: 8, size: 12, blocks: 16, times: 18, changed: 26 }
		: { dev: 0, ino: 2, nlink: 4, mode: 6, uid: 7, gid: 8, rdev: 10, size: 12, blocks: 16, times: 18, changed: 26 };
const WORDS = 36;

/** For a test that compares it with the kernel's headers. */
export const STAT = { at: AT, size: WORDS * 4 };

/** Its memory is an ArrayBuffer's from the start: that of a small array by itself moves when the JIT takes it for a constant. */
export class Stat {
	private readonly words = new Uint32Array(new ArrayBuffer(WORDS * 4));
	private readonly address = ptr(this.words);

	/** Fills it. @returns 0 or the negative errno */
	of(fd: number): number {
		return attempt("fstat", fd, this.address);
	}

	/** Fills it with what a name is, links not followed. @returns 0 or the negative errno */
	at(directory: number, name: number | Uint8Array | string, flags: number): number {
		return attempt("newfstatat", directory, name, this.address, flags);
	}

	/** permission bits and type */
	get mode(): number {
		return this.words[AT.mode] as number;
	}

	/** one of S_IF* */
	get type(): number {
		return this.mode & S_IFMT;
	}

	get nlink(): number {
		return this.words[AT.nlink] as number;
	}

	get uid(): number {
		return this.words[AT.uid] as number;
	}

	get gid(): number {
		return this.words[AT.gid] as number;
	}

	/** of a device node, as mknodat(2) takes it */
	get device(): number {
		return this.words[AT.rdev] as number;
	}

	/** bytes */
	get size(): number {
		return this.wide(AT.size);
	}

	/** bytes really allocated */
	get allocated(): number {
		return this.wide(AT.blocks) * 512;
	}

	/** Which file it is: the same text for the same file, as long as it is open. */
	get identity(): string {
		const w = this.words;
		return `${w[AT.dev]}:${w[AT.dev + 1]}:${w[AT.ino + 1]}:${w[AT.ino]}`;
	}

	isSame(other: Stat): boolean {
		return this.isNumbered(other) && this.isBeside(other);
	}

	/** The same inode number, and changed at the same nanosecond: as an overlay shows a directory of its upper layer. */
	isAlias(other: Stat): boolean {
		const [a, b] = [this.words, other.words];
		for (let at = AT.changed; at < AT.changed + 4; at++) if (a[at] !== b[at]) return false;
		return this.isNumbered(other);
	}

	/** The same inode number, on whatever file system. */
	isNumbered(other: Stat): boolean {
		return this.words[AT.ino] === other.words[AT.ino] && this.words[AT.ino + 1] === other.words[AT.ino + 1];
	}

	/** On the same file system. */
	isBeside(other: Stat): boolean {
		return this.words[AT.dev] === other.words[AT.dev] && this.words[AT.dev + 1] === other.words[AT.dev + 1];
	}

	/** The address of two struct timespec, last access and last modification. */
	get times(): number {
		return this.address + AT.times * 4;
	}

	private wide(at: number): number {
		return (this.words[at] as number) + (this.words[at + 1] as number) * 0x1_0000_0000;
	}
}

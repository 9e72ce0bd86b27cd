/** Plain files, copied with one call of the shim each (struct copy of ffi/shim/shim.h). */

import { ptr } from "bun:ffi";
import { shim } from "./library.ts";
import { ownDescriptors } from "./reopen.ts";

/** struct copy */
export const COPY = {
	size: 40,
	offset: { name: 0, size: 8, from: 16, to: 20, descriptors: 24, flags: 28, way: 32 },
	/** enum copy_flag */
	flag: { archive: 1 },
	/** enum copy_result */
	result: { notPlain: 0, made: 1 },
} as const;

const AT = {
	name: COPY.offset.name / 4,
	size: COPY.offset.size / 4,
	from: COPY.offset.from / 4,
	to: COPY.offset.to / 4,
	descriptors: COPY.offset.descriptors / 4,
	flags: COPY.offset.flags / 4,
};
const HIGH = 0x1_0000_0000;

/** From one tree to another. */
export class PlainFiles {
	/** An ArrayBuffer stays where it is (ffi/stat.ts). */
	private readonly words = new Int32Array(new ArrayBuffer(COPY.size));
	private readonly address = ptr(this.words);

	/** @param archive owners are kept, and what has attributes is not plain */
	constructor(archive: boolean) {
		this.words[AT.descriptors] = ownDescriptors();
		this.words[AT.flags] = archive ? COPY.flag.archive : 0;
	}

	/**
	 * Copies a file if it is a plain one: of one name, without holes, attributes
	 * and setuid, and there is nothing of its name in the other directory.
	 * @param name the address of its bytes
	 * @returns 1 if it was made, 0 if it is to be copied otherwise, or the negative errno
	 */
	copy(from: number, to: number, name: number): number {
		const { words } = this;
		words[AT.name] = name;
		words[AT.name + 1] = Math.floor(name / HIGH);
		words[AT.from] = from;
		words[AT.to] = to;
		return Number(shim.bunker_copy_plain(this.address));
	}

	/** Bytes of the file that was made last. */
	get size(): number {
		return ((this.words[AT.size] as number) >>> 0) + (this.words[AT.size + 1] as number) * HIGH;
	}
}

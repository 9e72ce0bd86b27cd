/** How many bytes a container has written: the files of its upper layer (docker's SizeRw). */

import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, RESOLVE_BENEATH, S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { close, openIfThere, statusIfThere, tryOpenAt2 } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory } from "../places.ts";

/** Directories within each other are open at once; what a container has buried deeper is not counted. */
const DEEPEST = 400;

const FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/** The bytes of all files in the upper layer; a file of several names counts once. 0 with --rootfs. */
export function writtenBytes(store: Store, id: string): number {
	const upper = openIfThere(`${containerDirectory(store.places, id)}/upper`, FLAGS);
	return upper === undefined ? 0 : bytesBelow(upper, new Set(), 0);
}

/** The container may be changing it as we look: each step goes from a descriptor, and follows no link. */
function bytesBelow(directory: number, seen: Set<bigint | number>, depth: number): number {
	let sum = 0;
	try {
		for (const { name } of entries(directory)) {
			const status = statusIfThere(name, directory);
			if (!status) continue;
			if ((status.mode & S_IFMT) !== S_IFDIR) {
				if (!seen.has(status.ino)) sum += Number(status.size);
				seen.add(status.ino);
				continue;
			}
			// Negative where it has just gone, or become a link.
			const below = depth < DEEPEST ? tryOpenAt2(directory, name, FLAGS, RESOLVE_BENEATH) : -1;
			if (below >= 0) sum += bytesBelow(below, seen, depth + 1);
		}
	} finally {
		close(directory);
	}
	return sum;
}

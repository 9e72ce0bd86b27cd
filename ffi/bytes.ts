/** How many bytes the files below a directory have. */

import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, RESOLVE_BENEATH, S_IFDIR, S_IFMT } from "./constants.ts";
import { entries } from "./directory.ts";
import { close, statusIfThere, tryOpenAt2 } from "./file.ts";

/** Directories within each other are open at once; what a container has buried deeper is not counted. */
const DEEPEST = 400;

const FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/** The bytes of all files below a directory; a file of several names counts once. 0 where there is none, or something else. */
export function bytesBelow(path: string): number {
	const directory = tryOpenAt2(AT_FDCWD, path, FLAGS, 0);
	return directory < 0 ? 0 : count(directory, new Set(), 0);
}

/** A container may be changing it as we look: each step goes from a descriptor, and follows no link. */
function count(directory: number, seen: Set<bigint | number>, depth: number): number {
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
			if (below >= 0) sum += count(below, seen, depth + 1);
		}
	} finally {
		close(directory);
	}
	return sum;
}

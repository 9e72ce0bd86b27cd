/**
 * Where a tree goes on in another file system: volumes are copied, but what the
 * kernel makes up as it is read is no content.
 */

import { kernelFileSystem } from "../../ffi/filesystem.ts";
import type { Stat } from "../../ffi/stat.ts";
import type { PackOptions } from "./spot.ts";

/** True for a directory whose content is not copied. @param above what the directory above it is; undefined for the topmost */
export function isLeftOut(fd: number, stat: Stat, above: Stat | undefined, options: PackOptions): boolean {
	if (above === undefined || stat.isBeside(above)) return false;
	return kernelFileSystem(fd) !== undefined || options.leavesOut?.(fd) === true;
}

/**
 * Where a tree goes on in another file system: volumes are copied, but what the
 * kernel makes up as it is read is no content. docker copies neither that nor
 * what is on a container's tmpfs (docker's documentation of `cp`).
 */

import { fileSystemOf, kernelFileSystem } from "../../ffi/filesystem.ts";
import type { Stat } from "../../ffi/stat.ts";
import type { CopyOptions } from "./spot.ts";

/** linux/magic.h */
const TMPFS_MAGIC = 0x01021994;

/** True for a directory whose content is not copied. @param above what the directory above it is; undefined for the topmost */
export function isLeftOut(fd: number, stat: Stat, above: Stat | undefined, options: CopyOptions): boolean {
	if (above === undefined || stat.isBeside(above)) return false;
	if (kernelFileSystem(fd) !== undefined) return true;
	return options.withoutTmpfs === true && fileSystemOf(fd).type === TMPFS_MAGIC;
}

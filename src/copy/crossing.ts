/**
 * Where a tree goes on in another file system: volumes are copied, but what the
 * kernel makes up as it is read is no content. docker copies neither that nor
 * what is on a container's tmpfs (docker's documentation of `cp`).
 */

import { fileSystemOf } from "../../ffi/filesystem.ts";
import type { Stat } from "../../ffi/stat.ts";
import type { CopyOptions } from "./spot.ts";

/** linux/magic.h */
const MADE_UP = new Set([
	0x9fa0, // proc
	0x62656572, // sysfs
	0x1cd1, // devpts
	0x0027e0eb, // cgroup
	0x63677270, // cgroup2
	0x19800202, // mqueue
	0x73636673, // securityfs
	0x64626720, // debugfs
	0x74726163, // tracefs
	0x62656570, // configfs
	0x6165676c, // pstore
	0x42494e4d, // binfmt_misc
	0xde5e81e4, // efivarfs
	0x65735543, // fusectl
	0xf97cff8c, // selinuxfs
	0xcafe4a11, // bpf
	0x6e736673, // nsfs
]);
const TMPFS_MAGIC = 0x01021994;

/** True for a directory whose content is not copied. @param above what the directory above it is; undefined for the topmost */
export function isLeftOut(fd: number, stat: Stat, above: Stat | undefined, options: CopyOptions): boolean {
	if (above === undefined || stat.isBeside(above)) return false;
	const { type } = fileSystemOf(fd);
	return MADE_UP.has(type) || (options.withoutTmpfs === true && type === TMPFS_MAGIC);
}

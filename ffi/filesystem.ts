/** Which file system a path or a descriptor is on: statfs(2). */

import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from "./constants.ts";
import { attempt, call, nameOf, type Path, pathText } from "./system.ts";

/** struct statfs: 120 bytes on x86-64 and arm64, f_type first and f_flags at 80, both longs. */
const SIZE = 120;
const FLAGS = 80;
const ST_RDONLY = 1;

/** The magic number of the file system (linux/magic.h). @throws SystemError */
export function fileSystemType(path: Path): number {
	const bytes = new Uint8Array(SIZE);
	call(`look at the file system of ${pathText(path)}`, "statfs", nameOf(path), bytes);
	return new DataView(bytes.buffer).getUint32(0, true);
}

/** What a descriptor is on, O_PATH too: the magic number, and whether it, or its mount, is read-only. @throws SystemError */
export function fileSystemOf(fd: number): { type: number; readOnly: boolean } {
	const bytes = new Uint8Array(SIZE);
	call(`look at the file system of descriptor ${fd}`, "fstatfs", fd, bytes);
	const view = new DataView(bytes.buffer);
	return { type: view.getUint32(0, true), readOnly: (view.getUint32(FLAGS, true) & ST_RDONLY) !== 0 };
}

const STATX_MNT_ID = 0x1000;
/** of stx_mnt_id in struct statx */
const MOUNT_ID = 144;

/** The mount that a descriptor was opened on, by its number (statx(2), since Linux 5.8). @throws SystemError */
export function mountOf(fd: number): bigint {
	const bytes = new Uint8Array(256);
	call(`look at the mount of descriptor ${fd}`, "statx", fd, "", AT_EMPTY_PATH, STATX_MNT_ID, bytes);
	return new DataView(bytes.buffer).getBigUint64(MOUNT_ID, true);
}

/** linux/magic.h */
const KERNELS: Record<number, string> = {
	40864: "proc",
	1650812274: "sysfs",
	2613483: "cgroup",
	1667723888: "cgroup2",
	1684170528: "debugfs",
	1953653091: "tracefs",
	1935894131: "securityfs",
	3405662737: "bpf",
	7377: "devpts",
	1853056627: "nsfs",
	1650812272: "configfs",
	3730735588: "efivarfs",
	1634035564: "pstore",
	4185718668: "selinuxfs",
	427819522: "mqueue",
	1112100429: "binfmt_misc",
	1702057283: "fusectl",
};

/** The name of the file system that a descriptor is on, if it is one that shows what the kernel knows, and no files. */
export function kernelFileSystem(fd: number): string | undefined {
	return KERNELS[fileSystemOf(fd).type];
}

const STATX_ATTR_MOUNT_ROOT = 0x2000;
const statx = new Uint32Array(64);
const statxBytes = new Uint8Array(statx.buffer);

/** True if something is mounted on a name; false where there is no such name. Links are not followed. */
export function isMountRoot(directory: number, name: number | Uint8Array): boolean {
	// struct statx: stx_attributes is the second of its 64-bit words.
	if (attempt("statx", directory, name, AT_SYMLINK_NOFOLLOW, 0, statxBytes) < 0) return false;
	return ((statx[2] as number) & STATX_ATTR_MOUNT_ROOT) !== 0;
}

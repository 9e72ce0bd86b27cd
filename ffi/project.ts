/**
 * Projects: files that carry the same number count together in the quotas of
 * their file system (ioctl_xfs_fsgetxattr(2), quotactl(2); linux/fs.h,
 * linux/quota.h). What every removal asks; the rest is quota.ts.
 */

import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "./constants.ts";
import { attempt } from "./system.ts";

const FS_IOC_FSGETXATTR = 0x801c581f;
/** of struct fsxattr */
const PROJECT = 12;
/** QCMD(Q_SETQUOTA, PRJQUOTA) */
const SET_PROJECT_QUOTA = 0x80000802;
/** struct if_dqblk: the limits are in its first two words, in kilobytes; QIF_BLIMITS says that they are meant. */
const VALID = 8;
const QIF_BLIMITS = 1;

/** struct fsxattr of a directory; undefined where there is none, or its file system has no such thing. */
export function attributesOf(fd: number): Uint32Array | undefined {
	const attributes = new Uint32Array(7);
	const bytes = new Uint8Array(attributes.buffer);
	return attempt("ioctl", fd, FS_IOC_FSGETXATTR, bytes) < 0 ? undefined : attributes;
}

/** Opens a directory to ask of its project; negative where there is none. */
export const openDirectory = (path: string): number =>
	attempt("openat", AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

/** The number of a directory's project; 0 is none. */
export function projectOf(path: string): number {
	const fd = openDirectory(path);
	const project = attributesOf(fd)?.[PROJECT / 4] ?? 0;
	attempt("close", fd);
	return project;
}

/**
 * Sets the limit of a project, of the file system that a descriptor is on (quotactl_fd(2), since Linux 5.14).
 * @param kilobytes 0: none
 * @returns 0, or the negative errno
 */
export function limitProject(fd: number, project: number, kilobytes: number): number {
	const limits = new BigUint64Array(9);
	limits[0] = limits[1] = BigInt(kilobytes);
	limits[VALID] = BigInt(QIF_BLIMITS);
	return attempt("quotactl_fd", fd, SET_PROJECT_QUOTA, project, new Uint8Array(limits.buffer));
}

/**
 * Forgets the limit of a directory's project, if that is of its own and not one that
 * it has from where it is: what somebody else has limited stays limited. Where
 * quotas are off by now there is nothing to forget.
 */
export function dropProject(path: string, parent: string): void {
	const project = projectOf(path);
	if (project === 0 || project === projectOf(parent)) return;
	const fd = openDirectory(parent);
	limitProject(fd, project, 0);
	attempt("close", fd);
}

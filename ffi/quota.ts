/** Quotas of projects (project.ts): what a file system keeps of them, and how a directory gets one. */

import { errno, SystemError } from "./errno.ts";
import { attributesOf } from "./project.ts";
import { attempt, call } from "./system.ts";

const FS_IOC_FSSETXATTR = 0x401c5820;
/** What is made in the directory is of its project (linux/fs.h). */
const FS_XFLAG_PROJINHERIT = 0x200;
/** of struct fsxattr, in words */
const FLAGS = 0;
const PROJECT = 3;

/** QCMD(command, PRJQUOTA) of linux/quota.h and linux/dqblk_xfs.h; the kernel translates between the two families */
const GET_PROJECT_QUOTA = 0x80000702;
const GET_STATE = 0x580802;
const FS_QSTATV_VERSION1 = 1;
const FS_QUOTA_PDQ_ACCT = 1 << 4;
const FS_QUOTA_PDQ_ENFD = 1 << 5;

/**
 * What the file system of a directory does about projects.
 * @returns "none" also where the kernel has no quotas, or is older than 5.14
 */
export function projectQuotas(fd: number): "limited" | "counted" | "none" {
	const state = new Uint8Array(256);
	state[0] = FS_QSTATV_VERSION1;
	const flags = attempt("quotactl_fd", fd, GET_STATE, 0, state) < 0 ? 0 : new DataView(state.buffer).getUint16(2, true);
	if (flags & FS_QUOTA_PDQ_ENFD) return "limited";
	return flags & FS_QUOTA_PDQ_ACCT ? "counted" : "none";
}

/** What the file system knows of a project: nothing at all, if all are 0. */
export interface ProjectUse {
	/** bytes */
	limit: number;
	used: number;
	inodes: number;
}

/** @throws SystemError */
export function useOf(fd: number, project: number): ProjectUse {
	const use = new BigUint64Array(9);
	const bytes = new Uint8Array(use.buffer);
	const result = attempt("quotactl_fd", fd, GET_PROJECT_QUOTA, project, bytes);
	// xfs has no line for a project that it has never seen, ext4 an empty one.
	if (result < 0 && result !== -(errno.ENOENT as number))
		throw new SystemError(`ask for the quota of project ${project}`, -result);
	const [limit, , used, , , inodes] = use;
	return { limit: Number(limit) * 1024, used: Number(used), inodes: Number(inodes) };
}

/** Makes a directory, and what will be made in it, part of a project. @throws SystemError */
export function joinProject(fd: number, project: number): void {
	const attributes = attributesOf(fd);
	if (!attributes) throw new SystemError("look for the project of a directory", errno.ENOTTY as number);
	attributes[FLAGS] = (attributes[FLAGS] as number) | FS_XFLAG_PROJINHERIT;
	attributes[PROJECT] = project;
	const bytes = new Uint8Array(attributes.buffer);
	call(`make a directory part of project ${project}`, "ioctl", fd, FS_IOC_FSSETXATTR, bytes);
}

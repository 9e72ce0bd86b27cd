/** The kernel's file systems: where they have their places, and which mounts are theirs. */

import type { Mount } from "./spec.ts";

const PLACES = new Set(["/proc", "/sys", "/dev"]);
const TYPES = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup"]);

/** Which of the kernel's file systems a path lies in: `/dev`; undefined for none. */
export function kernelsOf(path: string): string | undefined {
	const end = path.indexOf("/", 1);
	const top = end < 0 ? path : path.slice(0, end);
	return PLACES.has(top) ? top : undefined;
}

/** A file system of the kernel's in its own place; all else is the user's. */
export const isKernels = ({ type, destination }: Mount): boolean =>
	TYPES.has(type) && kernelsOf(destination) !== undefined;

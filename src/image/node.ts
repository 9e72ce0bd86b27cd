/** Device nodes and fifos. */

import { attempt } from "../../ffi/system.ts";

/** Makes something of a name in a directory. @returns 0 or the negative errno */
export type Make = (parent: number, name: string) => number;

/**
 * Makes a node, mode 0600.
 * @param type S_IFCHR, S_IFBLK or S_IFIFO
 * @throws Error where the numbers are larger than a device's can be
 */
export function node(type: number, major: number, minor: number): Make {
	const fits = major >= 0 && major <= 0xfff && minor >= 0 && minor <= 0xfffff;
	if (!fits) throw new Error(`a device number out of range, ${major}:${minor}`);
	// include/linux/kdev_t.h, new_encode_dev
	const device = ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
	return (parent, name) => attempt("mknodat", parent, name, type | 0o600, device);
}

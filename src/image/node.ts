/** Device nodes and fifos. */

import { encodeDevice } from "../../ffi/device.ts";
import { attempt } from "../../ffi/system.ts";

/** Makes something of a name in a directory. @returns 0 or the negative errno */
export type Make = (parent: number, name: string) => number;

/**
 * Makes a node, mode 0600.
 * @param type S_IFCHR, S_IFBLK or S_IFIFO
 * @throws Error where the numbers are larger than a device's can be
 */
export function node(type: number, major: number, minor: number): Make {
	const device = encodeDevice(major, minor);
	return (parent, name) => attempt("mknodat", parent, name, type | 0o600, device);
}

/**
 * What overlay takes for "the layers below do not show through": a device 0:0
 * hides a name, an attribute all names of a directory
 * (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories").
 */

import { S_IFCHR } from "../../ffi/constants.ts";
import { isType, statusIfThere } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { node } from "./node.ts";

/** In an archive it is names that say so (OCI image-spec, layer.md#whiteouts). */
export const WHITEOUT_PREFIX = ".wh.";
export const OPAQUE_NAME = ".wh..wh..opq";

/** Makes a whiteout. */
export const makeWhiteout = node(S_IFCHR, 0, 0);

export function isWhiteout(parent: number, name: string): boolean {
	const status = statusIfThere(name, parent);
	return status !== undefined && isType(status, S_IFCHR) && status.rdevMajor + status.rdevMinor === 0;
}

/** Makes a directory opaque. lsetxattr takes no descriptor, so the way there is a magic link. */
export function makeOpaque(parent: number, name: string): void {
	const value = new TextEncoder().encode("y");
	const path = `/proc/self/fd/${parent}/${name}`;
	call(`make ${name} opaque`, "lsetxattr", path, "trusted.overlay.opaque", value, value.length, 0);
}

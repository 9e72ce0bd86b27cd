/** Extended attributes of what a descriptor names, O_PATH too: f*xattr(2) refuses those, so the way there is a magic link. */

import { errno, SystemError } from "./errno.ts";
import { attempt } from "./system.ts";
import { splitNul } from "./text.ts";

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of limits.h */
const buffer = new Uint8Array(65_536);

const NONE = [errno.EOPNOTSUPP, errno.ENODATA, errno.ENOENT].map((number) => -number);

/** Names of all attributes; none where the file system has no attributes. */
export function attributeNames(fd: number): string[] {
	const size = attempt("listxattr", `/proc/self/fd/${fd}`, buffer, buffer.length);
	if (size === 0 || NONE.includes(size)) return [];
	if (size < 0) throw new SystemError(`list the attributes of descriptor ${fd}`, -size);
	return splitNul(buffer.subarray(0, size));
}

/** The value of an attribute; undefined where there is none of that name. */
export function attributeOf(fd: number, name: string): Uint8Array | undefined {
	const size = attempt("getxattr", `/proc/self/fd/${fd}`, name, buffer, buffer.length);
	if (NONE.includes(size)) return undefined;
	if (size < 0) throw new SystemError(`read the attribute ${name} of descriptor ${fd}`, -size);
	return buffer.slice(0, size);
}

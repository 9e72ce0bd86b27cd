/** Which file system a path is on: statfs(2). */

import { call, nameOf, type Path, pathText } from "./system.ts";

/** The magic number of the file system (linux/magic.h). @throws SystemError */
export function fileSystemType(path: Path): number {
	// struct statfs: 120 bytes on x86-64 and arm64, f_type first, as a long.
	const bytes = new Uint8Array(120);
	call(`look at the file system of ${pathText(path)}`, "statfs", nameOf(path), bytes);
	return new DataView(bytes.buffer).getUint32(0, true);
}

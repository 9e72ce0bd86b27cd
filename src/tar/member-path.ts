/** How the path of an archive's member is read: as docker reads it. */

import { PATH_MAX } from "../../ffi/constants.ts";
import { encodeText } from "../../ffi/text.ts";

/**
 * The components of a path: `.` and empty ones left out, `..` taken lexically,
 * an absolute one as if it were not.
 * @param what that has this path, for errors
 * @throws Error where it leads out, or no system call takes it
 */
export function memberPath(path: string, what = "it"): string[] {
	if (path.includes("\0")) throw new Error("a NUL byte in a name");
	if (encodeText(path).length >= PATH_MAX) throw new Error(`a name longer than ${PATH_MAX} bytes`);
	const names: string[] = [];
	for (const name of path.split("/")) {
		if (name === "" || name === ".") continue;
		if (name !== "..") names.push(name);
		else if (names.pop() === undefined) throw new Error(`${what} leads out of the directory`);
	}
	return names;
}

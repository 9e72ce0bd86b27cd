/** Regular files out of an archive, plain or sparse. */

import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { writeContent } from "../tar/content.ts";
import type { Member } from "../tar/member.ts";
import type { Window } from "../tar/slice.ts";
import { finishFile } from "./metadata.ts";
import type { Place, Tree } from "./tree.ts";

/**
 * Makes a file with content, owner, attributes, mode and time.
 * @param window on the archive that the member is of
 */
export function makeFile(tree: Tree, place: Place, window: Window, member: Member): void {
	const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
	const fd = tree.put(place, (parent, name) => attempt("openat", parent, name, flags | O_CLOEXEC, 0o600));
	try {
		writeContent(fd, window, member);
		finishFile(fd, member);
	} finally {
		close(fd);
	}
}

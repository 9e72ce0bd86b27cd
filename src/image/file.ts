/** Regular files out of an archive, plain or sparse. */

import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from "../../ffi/constants.ts";
import { close, writeAll } from "../../ffi/file.ts";
import { attempt, call } from "../../ffi/system.ts";
import type { Member } from "../tar/member.ts";
import { copy, copyData, type Slice, Window } from "../tar/slice.ts";
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
		if (member.extents) writeSparse(fd, window, member);
		else if (member.size > Window.size) writeLarge(fd, window, member);
		else writePlain(fd, window, member.offset, member.size, member.path);
		finishFile(fd, member);
	} finally {
		close(fd);
	}
}

/** Small files are in the window already; large ones need not pass through our memory. */
function writePlain(fd: number, window: Window, offset: number, size: number, path: string): void {
	if (size === 0) return;
	if (size <= Window.size) {
		writeAll(fd, window.view(offset, size), `write ${path}`);
		return;
	}
	copy(stretch(window, offset, size), fd, `write ${path}`);
}

function writeLarge(fd: number, window: Window, { offset, size, path }: Member): void {
	copyData(stretch(window, offset, size), fd, `write ${path}`);
}

function stretch(window: Window, offset: number, size: number): Slice {
	window.check(offset, size);
	const { slice } = window;
	return { ...slice, offset: slice.offset + offset, size };
}

/** Writes the stored stretches where they belong; what is between them stays a hole. */
function writeSparse(fd: number, window: Window, member: Member): void {
	call(`make ${member.path} ${member.size} bytes long`, "ftruncate", fd, member.size);
	let stored = member.offset;
	for (const extent of member.extents ?? []) {
		call(`seek in ${member.path}`, "lseek", fd, extent.offset, 0);
		writePlain(fd, window, stored, extent.size, member.path);
		stored += extent.size;
	}
}

/** The content of a member, into a new file. */

import { writeAll } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import type { Member } from "./member.ts";
import { copy, copyData, type Slice, Window } from "./slice.ts";

/**
 * Writes a member's content: what is a hole there is one here.
 * @param fd of an empty file
 * @param window on the archive that the member is of
 */
export function writeContent(fd: number, window: Window, member: Member): void {
	if (member.extents) writeSparse(fd, window, member);
	else if (member.size > Window.size) writeLarge(fd, window, member);
	else writePlain(fd, window, member.offset, member.size, member.path);
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

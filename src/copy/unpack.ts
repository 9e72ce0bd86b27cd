/** An archive into a directory that is there. */

import {
	O_CREAT,
	O_DIRECTORY,
	O_EXCL,
	O_NOFOLLOW,
	O_PATH,
	O_WRONLY,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
} from "../../ffi/constants.ts";
import { makeDirectory } from "../../ffi/directory.ts";
import { SystemError } from "../../ffi/errno.ts";
import { closing, openAt, tryOpenAt2, unlink } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { copy, Window } from "../tar/slice.ts";
import { type Source, settle, uncompressed } from "../tar/source.ts";
import { members } from "../tar/tar.ts";
import type { Workshop } from "../tar/workshop.ts";
import type { CopyOptions } from "./spot.ts";

/**
 * Unpacks an archive, compressed or not, into a directory.
 * @param directory descriptor, O_PATH is enough; nothing in the archive leads out of it
 * @param workshop where a stream is kept until it is unpacked
 * @throws Failure that names the archive and the member
 */
export async function unpackInto(
	directory: number,
	source: Source,
	workshop: Workshop,
	_options: CopyOptions,
): Promise<void> {
	const window = new Window(await uncompressed(settle(source, workshop), workshop));
	for (const member of members(window)) {
		const parts = member.path.split("/").filter((part) => part !== "" && part !== ".");
		const name = parts.pop();
		if (name === undefined) continue;
		const parent = tryOpenAt2(
			directory,
			parts.join("/") || ".",
			O_PATH | O_DIRECTORY,
			RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
		);
		if (parent < 0) throw new SystemError(`open ${parts.join("/")}`, -parent);
		using _parent = closing(parent);
		if (member.kind === "directory") makeDirectory(name, member.mode, parent);
		else unlink(name, parent);
		if (member.kind === "symlink") call(`make ${member.path}`, "symlinkat", member.link, parent, name);
		if (member.kind !== "file") continue;
		using file = closing(openAt(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, member.mode));
		const { slice } = window;
		copy({ ...slice, offset: slice.offset + member.offset, size: member.size }, file.fd, `write ${member.path}`);
	}
}

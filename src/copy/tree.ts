/** A tree from one open directory into another. */

import {
	O_CREAT,
	O_DIRECTORY,
	O_EXCL,
	O_NOFOLLOW,
	O_PATH,
	O_RDONLY,
	O_WRONLY,
	S_IFDIR,
	S_IFLNK,
	S_IFMT,
	S_IFREG,
} from "../../ffi/constants.ts";
import { entries, makeDirectory } from "../../ffi/directory.ts";
import { closing, openAt, statusIfThere, unlink } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { Found } from "../tar/found.ts";
import { copy } from "../tar/slice.ts";
import type { CopyOptions, Spot } from "./spot.ts";

/**
 * Copies what is at a spot, a directory with all in it: `to.name` is made. Where there is a
 * directory already, one is merged into it; a file replaces a file.
 * @throws Failure where a directory is in the place of something else, or the other way round
 */
export function copyTree(from: Spot, to: Spot, options: CopyOptions): void {
	using found = new Found(openAt(from.directory, from.name, O_PATH | O_NOFOLLOW));
	const there = statusIfThere(to.name, to.directory);
	const overDirectory = there !== undefined && (there.mode & S_IFMT) === S_IFDIR;
	if (found.isDirectory) {
		if (there && !overDirectory)
			throw new Failure(`cannot overwrite non-directory "${to.path}" with directory "${from.path}"`);
		if (!there) makeDirectory(to.name, 0o700, to.directory);
		using source = closing(openAt(from.directory, from.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
		using target = closing(openAt(to.directory, to.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
		for (const { name } of entries(source.fd)) {
			const text = decodeText(name);
			copyTree(
				{ directory: source.fd, name: text, path: `${from.path}/${text}` },
				{ directory: target.fd, name: text, path: `${to.path}/${text}` },
				options,
			);
		}
		if (to.name !== ".") call(`change the mode of ${to.path}`, "fchmod", target.fd, found.status.mode & 0o7777);
		return;
	}
	if (overDirectory) throw new Failure(`cannot overwrite directory "${to.path}" with non-directory "${from.path}"`);
	if (there) unlink(to.name, to.directory);
	if (found.type === S_IFLNK) call(`make ${to.path}`, "symlinkat", found.link(), to.directory, to.name);
	if (found.type !== S_IFREG) return;
	using source = closing(found.open());
	using target = closing(openAt(to.directory, to.name, O_WRONLY | O_CREAT | O_EXCL, 0o600));
	copy({ fd: source.fd, offset: 0, size: found.status.size, name: from.path }, target.fd, `write ${to.path}`);
	call(`change the mode of ${to.path}`, "fchmod", target.fd, found.status.mode & 0o7777);
}

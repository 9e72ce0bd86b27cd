/** `--cidfile`: the file that the container's id is written to. */

import { O_CREAT, O_EXCL, O_WRONLY } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close, open, unlink, writeAll } from "../../ffi/file.ts";
import { encodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";

/** A file that waits for an id; without one it is removed at the end of its scope. */
export interface IdFile extends Disposable {
	write(id: string): void;
}

/**
 * Makes the file, before anything else is made. Without a path nothing is written.
 * @throws Failure if it is there already, or cannot be made
 */
export function reserveIdFile(path: string | undefined): IdFile {
	if (!path) return { write() {}, [Symbol.dispose]() {} };
	const fd = make(path);
	let written = false;
	return {
		write(id) {
			writeAll(fd, encodeText(id), `write the container's id to ${path}`);
			written = true;
		},
		[Symbol.dispose]() {
			close(fd);
			if (!written) unlink(path);
		},
	};
}

/** O_EXCL: of two at once one gets it, and no link is followed to another file. */
function make(path: string): number {
	try {
		return open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644);
	} catch (error) {
		if (!(error instanceof SystemError)) throw error;
		if (error.errno === errno.EEXIST)
			throw new Failure(`container ID file found, make sure the other container isn't running or delete ${path}`);
		throw new Failure(`make the container ID file: ${error.message}`);
	}
}

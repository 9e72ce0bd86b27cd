/** Who the program runs as, by the files of a running process's root. */

import {
	AT_FDCWD,
	O_DIRECTORY,
	O_NOCTTY,
	O_NONBLOCK,
	O_PATH,
	O_RDONLY,
	RESOLVE_IN_ROOT,
	S_IFMT,
	S_IFREG,
} from "../../ffi/constants.ts";
import { close, closing, open, openAt, readToEnd, statusOf, tryOpenAt2 } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import { type Identity, resolveUser } from "../runtime/runtime.ts";

/** docker reads these files line by line; so many bytes are a million users. */
const SIZE_MAX = 64 * 1024 * 1024;

/**
 * Resolves a user in the root of a process. The files are the container's and
 * so is every link in their paths: nothing outside its root is ever read.
 * @param groups further groups, by name or number
 * @throws Failure for a user or a group that is not there
 */
export function userIn(pid: number, user: string, groups: readonly string[] = []): Identity {
	const root = openAt(AT_FDCWD, `/proc/${pid}/root`, O_PATH | O_DIRECTORY);
	try {
		return resolveUser(user, readIn(root, "etc/passwd"), readIn(root, "etc/group"), groups);
	} finally {
		close(root);
	}
}

/**
 * A file's text; empty where there is none. First only as a name, which does
 * nothing to what it names; then, if it is a regular file, to be read: a
 * terminal, a FIFO or /dev/zero in its place must not get at us.
 */
function readIn(root: number, path: string): string {
	const found = tryOpenAt2(root, path, O_PATH, RESOLVE_IN_ROOT);
	if (found < 0) return "";
	using name = closing(found);
	const { mode, size } = statusOf(name.fd);
	if ((mode & S_IFMT) !== S_IFREG) return "";
	if (size > SIZE_MAX)
		throw new Failure(`read the container's /${path}: ${size} bytes are too many`, { exitCode: EXIT.refused });
	using file = closing(open(`/proc/self/fd/${name.fd}`, O_RDONLY | O_NOCTTY | O_NONBLOCK));
	return new TextDecoder().decode(readToEnd(file.fd, `read the container's /${path}`, SIZE_MAX));
}

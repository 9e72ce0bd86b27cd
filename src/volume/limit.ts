/** `-o size=`: how much a volume may hold. */

import { O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { closing, lock, open } from "../../ffi/file.ts";
import { projectOf } from "../../ffi/project.ts";
import { EXIT, Failure } from "../failure.ts";
import { limitDirectories } from "../kernel/quota.ts";
import { CONTENT, type Places, volumeContent, volumeDirectory } from "../places.ts";
import { parseBinarySize } from "../size.ts";
import type { Volume } from "./table.ts";

/**
 * Limits what a volume's directory may hold, if its options name a size; again whenever it is
 * mounted, since the directory may have been made anew, and the file system been
 * mounted without quotas meanwhile. One at a time: two would give it a project each.
 * @throws Failure (125) where it cannot be limited
 */
export function limitContent(at: Places, { name, options }: Volume): void {
	const bytes = parseBinarySize(options?.size ?? "0");
	if (!bytes) return;
	const [directory, content] = [volumeDirectory(at, name), volumeContent(at, name)];
	using held = closing(open(directory, O_RDONLY | O_DIRECTORY));
	lock(held.fd, { wait: true });
	const what = `volume ${name}: size=${options?.size}`;
	if (projectOf(content) === projectOf(directory) && !isEmpty(content)) throw uncounted(what, content);
	limitDirectories(directory, [CONTENT], {
		bytes,
		what: `${what}: quota size requested but no quota support`,
		root: at.root,
	});
}

function isEmpty(path: string): boolean {
	using directory = closing(open(path, O_RDONLY | O_DIRECTORY));
	return entries(directory.fd).length === 0;
}

/** Of directories that are there only what is new would count, and none of what is in theirs. */
const uncounted = (what: string, content: string): Failure =>
	new Failure(`${what}: what is in ${content} already would not be counted`, {
		exitCode: EXIT.refused,
		hint: "move it away, and copy it in again when the volume is there",
	});

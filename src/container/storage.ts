/** `--storage-opt size=`: how much a container may write on top of its image. */

import { limitDirectories } from "../kernel/quota.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory } from "../places.ts";
import type { Container } from "./table.ts";

/**
 * Limits the upper layer of a container whose directories are there, before it is
 * mounted: when it is made, and again before each mount, since a kill may
 * have come in between, and the file system may have been mounted without quotas since.
 * Overlay makes in `work` what it renames to `upper`, so both are of one project.
 * @throws Failure 125 where it cannot be limited
 */
export function limitStorage(store: Store, { id, options }: Container): void {
	const { storage } = options;
	if (!storage) return;
	const what = `--storage-opt ${Object.entries(storage.typed).map(([key, value]) => `${key}=${value}`)}`;
	limitDirectories(containerDirectory(store.places, id), ["upper", "work"], {
		bytes: storage.size,
		what,
		root: store.places.root,
	});
}

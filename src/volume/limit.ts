/** `-o size=`: how much a volume may hold. */

import { limitDirectories } from "../kernel/quota.ts";
import { CONTENT, type Places, volumeDirectory } from "../places.ts";
import { parseBinarySize } from "../size.ts";
import type { Volume } from "./table.ts";

/**
 * Limits what a volume's directory may hold, if its options name a size; again whenever it is
 * mounted, since the directory may have been made anew, and the file system been
 * mounted without quotas meanwhile.
 * @throws Failure (1) where it cannot be limited
 */
export function limitContent(at: Places, { name, options }: Volume): void {
	const bytes = parseBinarySize(options?.size ?? "0");
	if (!bytes) return;
	const what = `volume ${name}: size=${options?.size}: quota size requested but no quota support`;
	limitDirectories(volumeDirectory(at, name), [CONTENT], { bytes, what, root: at.root });
}

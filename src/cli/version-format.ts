/** `version --format`: apart from `version`, which loads nothing that needs the kernel. */

import { kernelRelease } from "../../ffi/process.ts";
import { parseDetails } from "../template/details.ts";
import { versionShape } from "./system-shape.ts";
import { versionInfo } from "./version-info.ts";

/** @param format `json`, or a template @throws Failure (64) for one that cannot be parsed */
export function formatVersion(format: string): string {
	const print = parseDetails(format === "json" ? "{{json .}}" : format);
	return `${print(versionInfo(kernelRelease()), versionShape)}\n`;
}

/** Paths as they are typed for `cp`, where what stands at the end says something. */

import type { TypedPath } from "../copy/copy.ts";
import { clean } from "../path.ts";
import { absolute } from "./path.ts";

/** A path in a container: relative to its root. */
export function containerPath(typed: string): TypedPath {
	return { typed, path: clean(typed), trail: trailOf(typed) };
}

/** A path of the host: relative to where bunker was called. */
export function hostPath(typed: string): TypedPath {
	return { typed, path: absolute(typed), trail: trailOf(typed) };
}

/** As go-archive has it (PreserveTrailingDotOrSeparator). */
function trailOf(typed: string): TypedPath["trail"] {
	const bare = typed.replace(/\/+$/, "");
	if (bare === "") return "";
	if (bare === "." || bare.endsWith("/.")) return "/.";
	return bare === typed ? "" : "/";
}

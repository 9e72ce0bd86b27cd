/**
 * Where a copy lands: docker's rules, which follow those of cp(1) (docker's
 * documentation of `container cp`; go-archive, PrepareArchiveCopy). Pure.
 */

import { Failure } from "../failure.ts";
import { baseOf, type TypedPath } from "./typed-path.ts";

/** What is copied. */
export interface Departing {
	typed: TypedPath;
	isDirectory: boolean;
}

/** What the destination is; a link at its end was followed. */
export interface Arriving {
	/** as typed: a link that leads nowhere is no directory, whatever stands at its end */
	trail: TypedPath["trail"];
	/** undefined where there is nothing */
	there: "directory" | "other" | undefined;
	/** the last part of its path */
	name: string;
}

/** In the destination, which is a directory, or beside it: what it is called there; "." for all that is in the source. */
export interface Landing {
	inside: boolean;
	name: string;
}

/** What a source is called where nothing else names it; "." where what is in it is copied. */
export function nameOf({ path, trail }: TypedPath): string {
	return trail === "/." || path === "/" ? "." : baseOf(path);
}

/**
 * Where something lands.
 * @param what for errors: `copy a to web:/b`
 * @returns undefined for what is in a directory that is not there: `missing/.`
 * @throws Failure in docker's words
 */
export function landing(
	{ typed, isDirectory }: Departing,
	{ trail, there, name }: Arriving,
	what: string,
): Landing | undefined {
	if (there === "directory") return { inside: true, name: nameOf(typed) };
	if (there && isDirectory) throw new Failure(`${what}: cannot copy directory`, { hint: "the destination is a file" });
	// `missing/` may become one.
	if (there || trail === "" || (trail === "/" && isDirectory)) return { inside: false, name };
	if (isDirectory) return undefined;
	throw new Failure(`${what}: no such directory`);
}

/**
 * What a directory changes of the layers below it, as docker tells it (moby,
 * go-archive: changes.go): a directory counts as changed when something in it
 * has, times of directories say nothing, and what was replaced is not said to
 * be deleted name by name.
 */

import { S_IFDIR } from "../../ffi/constants.ts";
import { isType, type Status } from "../../ffi/file.ts";
import type { Found } from "../tar/found.ts";
import { joined, Root } from "./root.ts";
import { namesIn, Stack, show } from "./stack.ts";

/** A path that was added, changed or deleted. */
export interface Change {
	kind: "A" | "C" | "D";
	/** absolute, in the container */
	path: string;
}

/**
 * Compares an upper layer with what is below it, parents before what is in
 * them, names sorted.
 * @param below directories, the topmost first
 */
export function changesOf(upper: string, below: readonly string[]): Change[] {
	using top = new Root(upper);
	using stack = Stack.open(below);
	return changesIn(top, { roots: stack.roots, covered: false }, "");
}

/** What is below a directory of the upper layer. */
interface Below {
	roots: readonly Root[];
	/** nothing of it shows through: the directory, or one above it, is opaque */
	covered: boolean;
}

function changesIn(top: Root, below: Below, path: string): Change[] {
	const own = top.names(path);
	const names = below.covered ? [...new Set([...own, ...namesIn(below.roots, path)])].sort() : own;
	return names.flatMap((name) => changesAt(top, below, joined(path, name)));
}

function changesAt(top: Root, { roots, covered }: Below, path: string): Change[] {
	using now = top.find(path);
	using before = show(roots, path);
	const one = (kind: Change["kind"]): Change => ({ kind, path: `/${path}` });
	if (!now || now.isWhiteout) return before ? [one("D")] : [];
	const below = { roots: before?.found.isDirectory ? before.roots : [], covered: covered || now.isOpaque };
	const inside = now.isDirectory ? changesIn(top, below, path) : [];
	if (!before) return [one("A"), ...inside];
	return inside.length > 0 || differs(before.found, now) ? [one("C"), ...inside] : [];
}

function differs(before: Found, now: Found): boolean {
	return statusDiffers(before.status, now.status) || capability(before) !== capability(now);
}

function statusDiffers(before: Status, now: Status): boolean {
	if (before.mode !== now.mode || before.uid !== now.uid || before.gid !== now.gid) return true;
	if (before.rdevMajor !== now.rdevMajor || before.rdevMinor !== now.rdevMinor) return true;
	return !isType(now, S_IFDIR) && (before.mtime !== now.mtime || before.size !== now.size);
}

const capability = (found: Found): string => found.attribute("security.capability")?.toHex() ?? "";

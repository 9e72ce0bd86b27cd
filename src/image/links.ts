/** Links of a root, followed without entering it: to where something is to be mounted, whether it is there or has to be made. */

import type { Root } from "./root.ts";
import { Stack, show } from "./stack.ts";

/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Follows the links of a path in directories on top of each other, as in a
 * chroot.
 * @param directories the topmost first
 * @param path absolute
 * @param covered where something else is mounted: below that these directories do not show
 * @returns where the path leads, without links; what is missing there is made of directories. Undefined where there are too many links
 */
export function followLinks(
	directories: readonly string[],
	path: string,
	covered: ReadonlySet<string>,
): string | undefined {
	using stack = Stack.open(directories);
	const at: string[] = [];
	let left = partsOf(path);
	let isThere = true;
	for (let links = 0; left.length > 0; ) {
		const [name, ...rest] = left as [string, ...string[]];
		left = rest;
		if (name === "..") {
			at.pop();
			isThere = true;
			continue;
		}
		const found: Shown | undefined =
			isThere && !covered.has(`/${at.join("/")}`) ? look(stack.roots, at, name) : undefined;
		if (found?.link === undefined) {
			isThere = found !== undefined;
			at.push(name);
			continue;
		}
		if (++links > MOST_LINKS) return undefined;
		if (found.link.startsWith("/")) at.length = 0;
		left = [...partsOf(found.link), ...rest];
	}
	return `/${at.join("/")}`;
}

/** The mode of what shows at a path without links; undefined where nothing does. */
export function modeIn(directories: readonly string[], path: string): number | undefined {
	using stack = Stack.open(directories);
	const parts = partsOf(path);
	return look(stack.roots, parts, parts.pop() ?? "")?.mode;
}

const partsOf = (path: string): string[] => path.split("/").filter((name) => name !== "" && name !== ".");

/** What shows at a name. */
interface Shown {
	/** it is a link, and leads there */
	link?: string;
	mode: number;
}

/** What shows at a name in a directory, which is one; undefined for nothing. */
function look(roots: readonly Root[], at: readonly string[], name: string): Shown | undefined {
	let merged = roots;
	for (let depth = 1; depth <= at.length; depth++) {
		using above = show(merged, at.slice(0, depth).join("/"));
		if (!above) return undefined;
		merged = above.roots;
	}
	using shown = show(merged, [...at, name].join("/"));
	if (!shown || shown.found.isWhiteout) return undefined;
	const { isLink, status } = shown.found;
	return { mode: status.mode, ...(isLink && { link: shown.found.link() }) };
}

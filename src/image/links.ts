/** Links of a root, followed without entering it: where one leads to nothing, docker makes what it leads to. */

import type { Root } from "./root.ts";
import { Stack, show } from "./stack.ts";

/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** A part of a path, and whether a link said it. */
interface Part {
	name: string;
	linked: boolean;
}

/**
 * Follows the links of a path in directories on top of each other, as in a
 * chroot.
 * @param directories the topmost first
 * @param path absolute
 * @returns where the path leads, without links, if one of them leads to what is not there; undefined otherwise
 */
export function danglingTarget(directories: readonly string[], path: string): string | undefined {
	using stack = Stack.open(directories);
	const at: string[] = [];
	let left = partsOf(path, false);
	for (let links = 0; left.length > 0; ) {
		const [part, ...rest] = left as [Part, ...Part[]];
		left = rest;
		if (part.name === "..") {
			at.pop();
			continue;
		}
		const found = look(stack.roots, at, part.name);
		if (found === undefined) return part.linked ? joined(at, [part, ...rest]) : undefined;
		if (found.link === undefined) {
			at.push(part.name);
			continue;
		}
		if (++links > MOST_LINKS) return undefined;
		if (found.link.startsWith("/")) at.length = 0;
		left = [...partsOf(found.link, true), ...rest];
	}
	return undefined;
}

const partsOf = (path: string, linked: boolean): Part[] =>
	path
		.split("/")
		.filter((name) => name !== "" && name !== ".")
		.map((name) => ({ name, linked }));

/** What is missing is made of directories: there `..` is what it looks like. */
function joined(at: readonly string[], left: readonly Part[]): string {
	const names = [...at];
	for (const { name } of left) {
		if (name === "..") names.pop();
		else names.push(name);
	}
	return `/${names.join("/")}`;
}

/** What shows at a name in a directory, which is one: nothing, a link, or something else. */
function look(roots: readonly Root[], at: readonly string[], name: string): { link?: string } | undefined {
	let merged = roots;
	for (let depth = 1; depth <= at.length; depth++) {
		using above = show(merged, at.slice(0, depth).join("/"));
		if (!above) return undefined;
		merged = above.roots;
	}
	using shown = show(merged, [...at, name].join("/"));
	if (!shown || shown.found.isWhiteout) return undefined;
	return shown.found.isLink ? { link: shown.found.link() } : {};
}

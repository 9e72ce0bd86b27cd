/**
 * Directories on top of each other, looked at as overlay would show them,
 * without mounting anything (Documentation/filesystems/overlayfs.rst: redirects
 * and metacopy are off in all that bunker mounts). It works the same whether
 * the container runs or not, and on every kernel.
 */

import type { Found } from "../tar/found.ts";
import { Root } from "./root.ts";

/** What shows at a path. */
export interface Shown extends Disposable {
	found: Found;
	/** of a directory: the roots whose own directories of that path are merged in it, the topmost first */
	roots: readonly Root[];
}

export class Stack implements Disposable {
	private constructor(readonly roots: readonly Root[]) {}

	/** @param directories the topmost first */
	static open(directories: readonly string[]): Stack {
		const roots: Root[] = [];
		try {
			for (const directory of directories) roots.push(new Root(directory));
		} catch (error) {
			for (const root of roots) root[Symbol.dispose]();
			throw error;
		}
		return new Stack(roots);
	}

	[Symbol.dispose](): void {
		for (const root of this.roots) root[Symbol.dispose]();
	}
}

/**
 * What shows at a path.
 * @param roots those that are merged in the directory above it
 */
export function show(roots: readonly Root[], path: string): Shown | undefined {
	let top: Found | undefined;
	const merged: Root[] = [];
	for (const root of roots) {
		const found = root.find(path);
		if (!found) continue;
		const ends = !found.isDirectory || found.isOpaque;
		if (found.isDirectory) merged.push(root);
		const hidden = found.isWhiteout || (top !== undefined && !found.isDirectory);
		if (hidden || top) found[Symbol.dispose]();
		else top = found;
		if (ends) break;
	}
	const found = top;
	return found && { found, roots: merged, [Symbol.dispose]: () => found[Symbol.dispose]() };
}

/** All names in the directories of that path, whiteouts too, sorted. */
export function namesIn(roots: readonly Root[], path: string): string[] {
	const [only, ...others] = roots;
	if (!only) return [];
	if (others.length === 0) return only.names(path);
	return [...new Set(roots.flatMap((root) => root.names(path)))].sort();
}

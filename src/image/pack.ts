/**
 * Directories → archives: an upper layer in the form of a layer, where what
 * hides something below has a name of its own (OCI image-spec, layer.md,
 * "Whiteouts"), and a whole root as it shows.
 */

import { Failure } from "../failure.ts";
import { Packer } from "../tar/packer.ts";
import type { Sink } from "../tar/sink.ts";
import { joined, Root } from "./root.ts";
import { namesIn, Stack, show } from "./stack.ts";
import { OPAQUE_NAME, WHITEOUT_PREFIX } from "./whiteout.ts";

/**
 * Packs an upper layer.
 * @param options.root the directory itself says something that the layer below does not
 * @returns how many members it has
 * @throws Failure where it holds what a layer cannot say
 */
export function packLayer(upper: string, sink: Sink, options: { root: boolean }): number {
	using root = new Root(upper);
	const packer = new Packer(sink);
	using top = root.find("");
	if (top && options.root) packer.add(top, ".");
	const pack = (path: string) => {
		for (const name of root.names(path)) packLayerMember(packer, root, path, name, pack);
	};
	pack("");
	packer.end();
	return packer.members;
}

/** @param inside packs what is in a directory */
function packLayerMember(packer: Packer, root: Root, path: string, name: string, inside: (path: string) => void): void {
	const at = joined(path, name);
	using found = root.find(at);
	if (!found) return;
	if (name.startsWith(WHITEOUT_PREFIX))
		throw new Failure(`/${at}: a name that begins with ${WHITEOUT_PREFIX}, which a layer takes for a deletion`);
	if (found.isWhiteout) {
		packer.mark(joined(path, `${WHITEOUT_PREFIX}${name}`));
		return;
	}
	packer.add(found, at);
	if (!found.isDirectory) return;
	if (found.isOpaque) packer.mark(joined(at, OPAQUE_NAME));
	inside(at);
}

/** Packs what shows of directories on top of each other, the topmost first. */
export function packTree(directories: readonly string[], sink: Sink): void {
	using stack = Stack.open(directories);
	const packer = new Packer(sink);
	const pack = (roots: readonly Root[], path: string) => {
		for (const name of namesIn(roots, path)) {
			const at = joined(path, name);
			using shown = show(roots, at);
			if (!shown) continue;
			packer.add(shown.found, at);
			if (shown.found.isDirectory) pack(shown.roots, at);
		}
	};
	pack(stack.roots, "");
	packer.end();
}

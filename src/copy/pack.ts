/** A tree as an archive. */

import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "../../ffi/constants.ts";
import { entries } from "../../ffi/directory.ts";
import { closing, openAt } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";
import { Found } from "../tar/found.ts";
import { Packer } from "../tar/packer.ts";
import { Sink, type Target } from "../tar/sink.ts";
import type { Spot } from "./spot.ts";

/**
 * Writes an archive of what is at a spot.
 * @param as what the topmost member is called; "" leaves it out, and what is in it has no directory
 */
export function packTree(from: Spot, as: string, target: Target): void {
	const sink = new Sink(target);
	const packer = new Packer(sink);
	const pack = (directory: number, name: string, at: string) => {
		using found = new Found(openAt(directory, name, O_PATH | O_NOFOLLOW));
		if (at !== "") packer.add(found, at);
		if (!found.isDirectory) return;
		using open = closing(openAt(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
		for (const entry of entries(open.fd)) {
			const text = decodeText(entry.name);
			pack(open.fd, text, at === "" ? text : `${at}/${text}`);
		}
	};
	pack(from.directory, from.name, as);
	packer.end();
}

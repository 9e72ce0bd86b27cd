/** Conversations by UDP with containers whose monitors were killed, which would have forgotten them (undo.ts notes them). */

import { list } from "../../ffi/directory.ts";
import { unlink } from "../../ffi/file.ts";
import { forgetFlows } from "./conntrack.ts";
import { publishedOf } from "./elements.ts";
import { readNote } from "./note.ts";
import type { PortRow } from "./table.ts";

/** @param directory that of the notes; one goes only when what it tells of is forgotten, so that no start passes it by */
export function forgetLeft(directory: string): void {
	for (const name of list(directory)) {
		const ports = readNote<PortRow[]>(`${directory}/${name}`);
		// Just being written: the addresses are not given back yet.
		if (!ports) continue;
		forgetFlows(publishedOf(ports));
		unlink(`${directory}/${name}`);
	}
}

/** The note of what was right when the firewall was last looked at. */

import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Store } from "../../src/kernel/store.ts";
import { type Note, readNote, writeNote } from "../../src/network/generation.ts";

test("is read as it was written, of as many networks as there are", () => {
	const root = mkdtempSync(`${tmpdir()}/bunker-note-`);
	try {
		mkdirSync(`${root}/run`);
		const store = Store.open({ root, runRoot: `${root}/run` });
		const bridges = Array.from({ length: 750 }, (_, at) => `br-${at.toString(16).padStart(12, "0")}`);
		const note: Note = { namespace: "1", count: 7, bridges, strangers: ["4 eth0", "6 eth0"], mended: true };
		writeNote(store, note);
		expect(readNote(store)).toEqual(note);
	} finally {
		rmSync(root, { recursive: true });
	}
});

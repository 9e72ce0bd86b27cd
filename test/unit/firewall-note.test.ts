/** The note of what was right when the firewall was last looked at. */

import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Store } from "../../src/kernel/store.ts";
import { type Note, readNote, writeNote } from "../../src/network/firewall-note.ts";
import { firewallPath } from "../../src/places.ts";

const NOTE: Note = { namespace: "1", count: 7, bridges: ["bunker0"], strangers: ["4 eth0", "6 eth0"], mended: true };

function withStore(use: (store: Store, file: string) => void): void {
	const root = mkdtempSync(`${tmpdir()}/bunker-note-`);
	try {
		mkdirSync(`${root}/run`);
		const store = Store.open({ root, runRoot: `${root}/run` });
		use(store, firewallPath(store.places));
	} finally {
		rmSync(root, { recursive: true });
	}
}

test("is read as it was written, of as many networks as there are", () => {
	withStore((store) => {
		const bridges = Array.from({ length: 750 }, (_, at) => `br-${at.toString(16).padStart(12, "0")}`);
		writeNote(store, { ...NOTE, bridges });
		expect(readNote(store)).toEqual({ ...NOTE, bridges });
	});
});

test("of another bunker, with other rules, is in doubt, and its strangers are known", () => {
	withStore((store, file) => {
		writeNote(store, NOTE);
		const text = readFileSync(file, "utf8");
		expect(text).toStartWith("1 7 rules:2 bunker0\n");
		for (const older of ["", "rules:1 ", "rules:3 "]) {
			writeFileSync(file, text.replace("rules:2 ", older));
			expect(readNote(store)).toMatchObject({ count: -1, strangers: NOTE.strangers, mended: true });
		}
	});
});

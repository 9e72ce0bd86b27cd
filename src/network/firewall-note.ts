/** What was right of the kernel's tables when we last looked, noted in the run root. */

import { AT_FDCWD, O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { close, lock, open, openIfThere, readFileIfThere, writeFile } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { firewallPath } from "../places.ts";
import type { Generation } from "./generation.ts";

/** What was right when we last looked. */
export interface Note extends Generation {
	/** bridges that the table had */
	bridges: string[];
	/** `FAMILY NAME` of interfaces that were there when we switched forwarding on */
	strangers: string[];
	/** a look has put elements of ports back: since then an end need not have taken all of its own away */
	mended: boolean;
}

/**
 * Which rules the table has: another number where they are changed. A table of
 * other rules is made anew, and what an older bunker has noted of it is in doubt.
 */
export const RULES_VERSION = "2";

/** The note's word for them, behind the count, which monitors look for (ffi/helper/firewall.c). No bridge is called so. */
const RULES_WORD = `rules:${RULES_VERSION}`;

/** The note's line that says so. */
const MENDED = "mended";

/** What is noted in the run root; undefined where nothing is. */
export function readNote(store: Store): Note | undefined {
	const bytes = readFileIfThere(firewallPath(store.places));
	if (!bytes || bytes.length === 0) return undefined;
	const [first = "", ...lines] = new TextDecoder().decode(bytes).trimEnd().split("\n");
	const [namespace = "", count, rules, ...bridges] = first.split(" ");
	const strangers = lines.filter((line) => line !== MENDED);
	const isOfTheseRules = rules === RULES_WORD;
	const mended = strangers.length < lines.length;
	return { namespace, count: isOfTheseRules ? Number(count) : -1, bridges, strangers, mended };
}

/** Notes what is right now; by the holder of the lock. */
export function writeNote(store: Store, { namespace, count, bridges, strangers, mended }: Note): void {
	const lines = [[namespace, count, RULES_WORD, ...bridges].join(" "), ...strangers, ...(mended ? [MENDED] : [])];
	writeFile(firewallPath(store.places), `${lines.join("\n")}\n`, 0o600);
}

/** Whoever changes the table holds this. */
export function lockFirewall(store: Store): Disposable {
	const path = firewallPath(store.places);
	let fd = openIfThere(path, O_RDWR | O_CREAT, AT_FDCWD, 0o600);
	if (fd === undefined) {
		makeDirectories(store.places.runRoot, 0o700);
		fd = open(path, O_RDWR | O_CREAT, 0o600);
	}
	const held = fd;
	lock(held, { wait: true });
	return { [Symbol.dispose]: () => close(held) };
}

/**
 * The rows of a container's ports are gone. A look that saw them may have put
 * back what the monitor had taken away, and another one found that right: then
 * the next start looks once more, whatever the kernel counts.
 */
export function distrust(store: Store): void {
	if (readNote(store)?.mended) doubt(store);
}

/** Rows and table are about to differ, and we may be killed in between: the next start looks, whatever the kernel counts. */
export function doubt(store: Store): void {
	using _lock = lockFirewall(store);
	const note = readNote(store);
	if (note) writeNote(store, { ...note, count: -1 });
}

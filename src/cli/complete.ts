/** `__complete SHELL WORD...`: what the last word can be. Asked by the scripts of `completion`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { names } from "../container/container.ts";
import { references } from "../image/image.ts";
import { all as allNetworks } from "../network/network.ts";
import type { Places } from "../places.ts";
import { all as allVolumes } from "../volume/volume.ts";
import { globals } from "./globals.ts";
import { access } from "./perform.ts";
import { type Candidate, type Wanted, wanted } from "./wanted.ts";

type Open = ReturnType<typeof access>["openIfThere"];

/** Shells that show what a candidate means. */
const DESCRIBING = ["zsh", "fish"];

/**
 * Prints what the last of the words can be.
 * @param flags --root and --run-root of this very command
 */
export async function complete(words: readonly string[], flags: Partial<Places>): Promise<void> {
	const [shell = "", ...line] = words;
	const found = wanted(globals, line);
	if ("kind" in found && (found.kind === "file" || found.kind === "directory")) {
		writeOut(STDOUT, `:${found.kind}\n`);
		return;
	}
	const typed = line.at(-1) ?? "";
	const candidates = (await all(found, access(flags).openIfThere)).filter(([word]) => word.startsWith(typed));
	// No container's: a path of the host. What is in a container is not looked up.
	if ("kind" in found && found.kind === "spot" && candidates.length === 0) {
		writeOut(STDOUT, typed.includes(":") ? "" : ":file\n");
		return;
	}
	const lines = candidates.map(([word, description]) =>
		DESCRIBING.includes(shell) && description ? `${word}\t${description}` : word,
	);
	writeOut(STDOUT, lines.map((text) => `${text}\n`).join(""));
}

async function all(found: Wanted, open: Open): Promise<Candidate[]> {
	if ("candidates" in found) return found.candidates;
	return (await existing(found.kind, open)).map((name): Candidate => [`${found.before}${name}`, ""]);
}

/** Names of what is there; none for those who may not look. */
async function existing(kind: string, open: Open): Promise<string[]> {
	const store = await open();
	if (kind === "network") return store ? allNetworks(store).map(({ name }) => name) : ["bridge", "host", "none"];
	if (!store) return [];
	if (kind === "image") return references(store);
	if (kind === "spot") return names(store).map((name) => `${name}:`);
	if (kind === "volume") return allVolumes(store).map(({ name }) => name);
	return names(store);
}

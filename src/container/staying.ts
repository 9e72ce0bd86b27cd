/**
 * Containers that stay with a resolver though they have left its network: it
 * has their sockets, and goes on answering (as docker's goes on until the
 * container ends). No row says so, hence the notes, beside the resolvers' sockets.
 */

import { list } from "../../ffi/directory.ts";
import { readSmallIfThere, unlink, writeFile } from "../../ffi/file.ts";
import { isAlive } from "../../ffi/process.ts";
import type { State } from "../../ffi/tape.ts";
import { decodeText } from "../../ffi/text.ts";
import type { Store } from "../kernel/store.ts";
import { resolversDirectory } from "../places.ts";

const PREFIX = "stays.";
const pathOf = (store: Store, id: string): string => `${resolversDirectory(store.places)}/${PREFIX}${id}`;

/** Notes it of a container that runs, before it leaves the network; who stays with another one's already does so. */
export function noteStaying(store: Store, id: string, network: string, { program, programStart }: State): void {
	if (networkOf(pathOf(store, id)) === undefined)
		writeFile(pathOf(store, id), `${network} ${program} ${programStart}`, 0o600);
}

/** Another resolver has it now. */
export function forgetStaying(store: Store, id: string): void {
	unlink(pathOf(store, id));
}

/** Who stays with a network's resolver. Notes of those that have ended go. */
export function stayingWith(store: Store, network: string): string[] {
	const found: string[] = [];
	for (const name of list(resolversDirectory(store.places))) {
		if (!name.startsWith(PREFIX)) continue;
		const id = name.slice(PREFIX.length);
		const noted = networkOf(pathOf(store, id));
		if (noted === undefined) forgetStaying(store, id);
		else if (noted === network) found.push(id);
	}
	return found;
}

/** Undefined where there is no note, or one of a run that is over. */
function networkOf(path: string): string | undefined {
	const bytes = readSmallIfThere(path);
	const [network, program, start] = bytes ? decodeText(bytes).split(" ") : [];
	return network && program && start && isAlive(Number(program), BigInt(start)) ? network : undefined;
}

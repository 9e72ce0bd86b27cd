/**
 * The firewall's keeper: our table of nf_tables is as it has to be whenever a
 * container starts. What that costs is one question: the kernel counts the
 * changes of all its tables, and a count that is still the one noted after our
 * last look means that nobody has touched ours either. Where it is another,
 * repair.ts looks and mends.
 */

import { readSmallIfThere } from "../../ffi/file.ts";
import { trace } from "../environment.ts";
import { type Message, MessageFailure, playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeName } from "./bridge.ts";
import { lockFirewall, readNote, writeNote } from "./firewall-note.ts";
import { generation } from "./generation.ts";
import type { Network } from "./table.ts";

/** True if nothing was changed since the note was written, and it knows these networks. */
function isIntact(store: Store, networks: readonly Network[]): boolean {
	const note = readNote(store);
	if (!note) return false;
	for (const network of networks) if (!note.bridges.includes(bridgeName(network))) return false;
	const { namespace, count } = generation();
	return note.count === count && note.namespace === namespace && namespace !== "undefined" && isForwarding(networks);
}

const ZERO = 48;

/** IPv4 only: whoever switches it off sees to IPv6 as well, or is found by the next look. */
function isForwarding(networks: readonly Network[]): boolean {
	let isNeeded = false;
	for (const { options } of networks) if (!options.internal) isNeeded = true;
	if (!isNeeded) return true;
	const value = readSmallIfThere("/proc/sys/net/ipv4/ip_forward");
	return value !== undefined && value[0] !== ZERO;
}

/**
 * Makes the table whole, with what it says of these networks.
 * @param fresh a bridge is not there (yet): after a reboot, numbers may be those noted before it
 * @param starting a container whose ports lead nowhere yet
 * @throws Failure with the sentence of what the kernel refused
 */
export async function guard(
	store: Store,
	networks: readonly Network[],
	fresh = false,
	starting?: string,
): Promise<void> {
	if (!fresh && isIntact(store, networks)) return;
	const { repair } = await import("./repair.ts");
	using _lock = lockFirewall(store);
	repair(store, networks, starting);
	trace("time", "firewall looked at");
}

/**
 * Plays messages on the table. Where something that they need is missing, or in
 * their way, the table is made whole and they are played again.
 * @throws Failure with the sentence of the one that was refused
 */
export async function change(store: Store, messages: readonly Message[]): Promise<void> {
	if (messages.length === 0) return;
	using _lock = lockFirewall(store);
	const note = readNote(store);
	try {
		playMessages(messages);
	} catch (error) {
		if (!(error instanceof MessageFailure)) throw error;
		const { mendAndPlay } = await import("./repair.ts");
		mendAndPlay(store, messages, error);
		return;
	}
	// Of what others have changed in between we know nothing: the next start looks.
	const now = generation();
	if (note?.namespace === now.namespace && note.count + 1 === now.count) writeNote(store, { ...note, ...now });
}

/** Networks were removed: what the table says of them goes, where there is one. */
export async function forget(store: Store): Promise<void> {
	if (readNote(store)) await guard(store, [], true);
}

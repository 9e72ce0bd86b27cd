/**
 * The repair of our table of nf_tables: what is there is compared with the rows
 * of networks and published ports, and made the same. Loaded where the kernel's
 * count of changes is not the one noted. By the holder of the firewall's lock.
 */

import { type ErrnoName, errnoName } from "../../ffi/errno.ts";
import { trace } from "../environment.ts";
import { type Message, MessageFailure, playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeName } from "./bridge.ts";
import { chainName, dockerDifference } from "./docker-user.ts";
import {
	addElement,
	DELETE_ELEMENT,
	deleteElement,
	type Element,
	networkElements,
	type Published,
	portElement,
	publishedOf,
	strangerElement,
} from "./elements.ts";
import { readNote, writeNote } from "./firewall-note.ts";
import { forward, newStrangers } from "./forwarding.ts";
import { generation } from "./generation.ts";
import { inspect, type Present } from "./inspection.ts";
import { chains, hasDockerUser } from "./others.ts";
import { replaceTable } from "./ruleset.ts";
import { all, type Network, portsOf, tableName } from "./table.ts";

/**
 * Makes the table what the rows say, and switches on what forwards packets.
 * @param starting networks that are about to be used
 * @param container one that is about to be: its ports lead nowhere yet
 */
export function repair(store: Store, starting: readonly Network[], container?: string): void {
	const before = generation();
	const { messages, others, bridges, strangers, ports, mended } = planRepair(store, starting, before, container);
	if (messages.length > 0) playMessages(messages);
	const played = playOthers(others);
	// Before forwarding is on: with that nothing else tells who was there before.
	writeNote(store, { ...before, count: -1, bridges, strangers, mended: true });
	forward(starting);
	const now = generation();
	const expected = before.count + (messages.length > 0 ? 1 : 0) + played;
	// A port that was added may be that of a container which ends just now, whose own
	// clean-up came before: the next start looks again, when its row is gone too.
	const isSettled = now.count === expected && (messages.length === 0 || ports.length === 0);
	const count = isSettled ? now.count : -1;
	writeNote(store, { ...now, count, bridges, strangers, mended: mended || (messages.length > 0 && ports.length > 0) });
}

/** What a repair would tell the kernel. */
export const repairMessages = (store: Store, starting: readonly Network[]): Message[] =>
	[planRepair(store, starting, generation())].flatMap(({ messages, others }) => [...messages, ...others.flat()]);

interface Plan {
	messages: Message[];
	/** transactions with others' tables */
	others: Message[][];
	/** of all networks */
	bridges: string[];
	strangers: string[];
	/** ports were put back before */
	mended: boolean;
	ports: Published[];
}

function planRepair(
	store: Store,
	starting: readonly Network[],
	{ namespace }: { namespace: string },
	container?: string,
): Plan {
	const networks = all(store).filter(({ driver }) => driver === "bridge");
	const bridges = networks.map(bridgeName);
	const note = readNote(store);
	const known = note?.namespace === namespace ? note : undefined;
	const strangers = [...new Set([...(known?.strangers ?? []), ...newStrangers(starting, bridges)])];
	const leading = portsOf(store).filter((port) => port.container !== container);
	const ports = publishedOf(leading);
	const wanted = [
		...networks.flatMap(networkElements),
		...ports.flatMap((port) => portElement(port) ?? []),
		...strangers.map(strangerOf),
	];
	const table = tableName(store);
	const mended = known?.mended ?? false;
	const others = besideDocker(table, bridges);
	return { messages: difference(table, wanted), others, bridges, strangers, mended, ports };
}

/** What lets our networks pass docker's firewall. */
function besideDocker(table: string, bridges: readonly string[]): Message[][] {
	const found = chains();
	return (["ip", "ip6"] as const)
		.map((family) => (hasDockerUser(found, family) ? dockerDifference(family, chainName(table), bridges) : []))
		.filter((messages) => messages.length > 0);
}

/** @returns how many of them were played */
function playOthers(others: readonly Message[][]): number {
	let done = 0;
	for (const messages of others)
		try {
			playMessages(messages);
			done++;
		} catch (error) {
			// docker is just changing its own: then the count of changes is another, and the next start looks again.
			if (!(error instanceof MessageFailure)) throw error;
			trace("net", error.message);
		}
	return done;
}

function strangerOf(text: string): Element {
	const [family, name] = text.split(" ") as [string, string];
	return strangerElement(family === "6" ? 6 : 4, name);
}

/** What makes the table of the kernel the one that is wanted: few elements, or all of it. */
function difference(table: string, wanted: readonly Element[]): Message[] {
	const present = inspect(table);
	if (typeof present === "string") return replaceTable(table, wanted, present === "broken");
	const there = new Map(present.map((one) => [`${one.set} ${one.key}`, one]));
	const adding: Message[] = [];
	const removing: Message[] = [];
	for (const element of wanted) {
		const name = `${element.set} ${element.key.toHex()}`;
		const same = there.get(name);
		there.delete(name);
		if (same?.value === (element.value?.toHex() ?? "")) continue;
		if (same) removing.push(deleteElement(table, element));
		adding.push(addElement(table, element));
	}
	for (const one of there.values()) if (one.set !== "strangers") removing.push(deleteElement(table, leftover(one)));
	return [...removing, ...adding];
}

const leftover = ({ set, key }: Present): Element => ({
	set,
	key: Uint8Array.fromHex(key),
	what: `have the element ${key} in ${set}: nothing is known of it`,
});

/** Errors that say that the table is not what we take it for. */
const WRONG: readonly ErrnoName[] = ["ENOENT", "EEXIST", "EBUSY"];

/** Makes the table whole and plays messages again; what one removes may be gone then. */
export function mendAndPlay(store: Store, messages: readonly Message[], failure: MessageFailure): void {
	if (!WRONG.includes(errnoName(failure.errno) as ErrnoName)) throw failure;
	repair(store, []);
	const adding = messages.filter(({ type }) => type !== DELETE_ELEMENT);
	if (adding.length > 0) playMessages(adding);
	for (const one of messages) if (one.type === DELETE_ELEMENT) removeIfThere(one);
}

function removeIfThere(one: Message): void {
	try {
		playMessages([one]);
	} catch (error) {
		if (!(error instanceof MessageFailure) || errnoName(error.errno) !== "ENOENT") throw error;
	}
}

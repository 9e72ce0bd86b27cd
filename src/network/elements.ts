/**
 * What changes in our nf_tables table: elements of its sets and maps, for
 * networks and published ports. The rules themselves (rules.ts) never change.
 * Pure; a start with `-p` loads this file.
 */

import { NLM_F_CREATE } from "../../ffi/netlink.ts";
import { encodeText } from "../../ffi/text.ts";
import { Body, type Message, message, nftablesType } from "../kernel/netlink.ts";
import { addressBytes, parseAddress } from "./address.ts";
import { bridgeName } from "./bridge.ts";
import { isOff, OPTION } from "./option-names.ts";
import type { Protocol } from "./options.ts";
import type { Network, PortRow } from "./table.ts";

/** The sets of the table, by the number they have in the transaction that makes them. */
export const SETS = {
	bridges: 1,
	neighbours: 2,
	hairpins: 3,
	internal: 4,
	masqueraded: 5,
	strangers: 6,
	published4: 7,
	published4_at: 8,
	published6: 9,
	published6_at: 10,
} as const;

export type SetName = keyof typeof SETS;

/** An element of one of the sets. */
export interface Element {
	set: SetName;
	key: Uint8Array;
	/** of a map */
	value?: Uint8Array;
	/** what `nft list` shows beside it */
	comment?: string;
	/** the sentence, without its verb */
	what: string;
}

/** A port of the host that leads to a container's. */
export interface Published {
	protocol: Protocol;
	/** 0.0.0.0 and ::, all of them */
	hostAddress: string;
	hostPort: number;
	/** the container's */
	address: string;
	port: number;
	/** whose it is, for those who read the ruleset */
	comment: string;
}

/** What the rows of published ports lead to; without those that nothing in the container can answer. */
export function publishedOf(rows: readonly PortRow[]): Published[] {
	return rows.flatMap(({ protocol, address, port, inside, target, comment }) =>
		!inside ? [] : [{ protocol, hostAddress: address, hostPort: port, address: inside, port: target, comment }],
	);
}

const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_LIST_SET_ID = 4;
const NFTA_LIST_ELEM = 1;
export const NFTA_SET_ELEM_KEY = 1;
export const NFTA_SET_ELEM_DATA = 2;
const NFTA_SET_ELEM_USERDATA = 6;
const NFTA_DATA_VALUE = 1;
const NFTNL_UDATA_SET_ELEM_COMMENT = 0;
/** The kernel's NFT_USERDATA_MAXLEN is 256; nft takes comments of 128. */
const LONGEST_COMMENT = 127;

/** struct nfgenmsg: NFPROTO_INET, version 0, resource 0. */
export const INET = Uint8Array.of(1, 0, 0, 0);

const NEW_ELEMENT = nftablesType(NFT_MSG_NEWSETELEM);
export const DELETE_ELEMENT = nftablesType(NFT_MSG_DELSETELEM);

/** Adds an element; one that is there already, the same, is as good. */
export function addElement(table: string, element: Element): Message {
	const { set, key, value, comment } = element;
	const body = elementBody(table, set, SETS[set], (one) => {
		one.nest(NFTA_SET_ELEM_KEY, (data) => data.bytesOf(NFTA_DATA_VALUE, key), true);
		if (value) one.nest(NFTA_SET_ELEM_DATA, (data) => data.bytesOf(NFTA_DATA_VALUE, value), true);
		if (comment !== undefined) one.bytesOf(NFTA_SET_ELEM_USERDATA, commentData(comment));
	});
	return message(element.what, NEW_ELEMENT, NLM_F_CREATE, body);
}

/** Removes an element. */
export function deleteElement(table: string, { set, key, what }: Element): Message {
	const body = elementBody(table, set, undefined, (one) => {
		one.nest(NFTA_SET_ELEM_KEY, (data) => data.bytesOf(NFTA_DATA_VALUE, key), true);
	});
	return message(`no longer ${what}`, DELETE_ELEMENT, 0, body);
}

/** @param id the set's number, for one that is made in the same transaction */
function elementBody(table: string, set: SetName, id: number | undefined, fill: (one: Body) => void): Body {
	const body = new Body(INET).text(NFTA_SET_ELEM_LIST_TABLE, table).text(NFTA_SET_ELEM_LIST_SET, set);
	if (id !== undefined) body.wordOfNetwork(NFTA_SET_ELEM_LIST_SET_ID, id);
	return body.nest(NFTA_SET_ELEM_LIST_ELEMENTS, (list) => list.nest(NFTA_LIST_ELEM, fill, true), true);
}

/** libnftnl's udata: type, length, text and its NUL. */
function commentData(comment: string): Uint8Array {
	const text = encodeText(comment).subarray(0, LONGEST_COMMENT);
	const bytes = new Uint8Array(text.length + 3);
	bytes[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
	bytes[1] = text.length + 1;
	bytes.set(text, 2);
	return bytes;
}

const NUMBERS: Record<Protocol, number> = { tcp: 6, udp: 17, sctp: 132 };

const bracketed = (address: string) => (address.indexOf(":") < 0 ? address : `[${address}]`);

/** The element that leads a port of the host to a container; undefined where the families differ: the kernel cannot translate that. */
export function portElement(port: Published): Element | undefined {
	const { protocol, hostAddress, hostPort, address, comment } = port;
	const host = parseAddress(hostAddress);
	const inside = parseAddress(address);
	if (!host || !inside || host.family !== inside.family) return undefined;
	const everywhere = host.value === 0n;
	const at = everywhere ? new Uint8Array() : addressBytes(host);
	const key = new Uint8Array(at.length + 8);
	key.set(at);
	key[at.length] = NUMBERS[protocol];
	putPort(key, at.length + 4, hostPort);
	const to = addressBytes(inside);
	const value = new Uint8Array(to.length + 4);
	value.set(to);
	putPort(value, to.length, port.port);
	const set: SetName = `published${host.family}${everywhere ? "" : "_at"}`;
	const from = `${bracketed(hostAddress)}:${hostPort}/${protocol}`;
	return { set, key, value, comment, what: `lead ${from} to ${bracketed(address)}:${port.port} (${comment})` };
}

function putPort(bytes: Uint8Array, at: number, port: number): void {
	bytes[at] = port >> 8;
	bytes[at + 1] = port & 255;
}

/** IFNAMSIZ */
const NAME_SIZE = 16;

/** A name of an interface as nf_tables compares it, after what goes before. */
function named(before: Uint8Array, name: string): Uint8Array {
	const key = new Uint8Array(before.length + NAME_SIZE);
	key.set(before);
	key.set(encodeText(name), before.length);
	return key;
}

/** What the table says of a network: which of the rules are for it. */
export function networkElements(network: Network): Element[] {
	const bridge = bridgeName(network);
	const name = named(new Uint8Array(), bridge);
	const pair = named(name, bridge);
	const elements: Element[] = [
		{ set: "bridges", key: name, what: `guard ${bridge}: nothing enters but answers and what was published` },
	];
	if (!isOff(network, OPTION.icc))
		elements.push({ set: "neighbours", key: pair, what: `let containers on ${bridge} talk to each other` });
	if (network.options.internal)
		elements.push({ set: "internal", key: name, what: `let nothing out of ${bridge}, and nothing in (internal)` });
	else {
		const what = `answer containers on ${bridge} that call a published port of their own network by way of us`;
		elements.push({ set: "hairpins", key: pair, what });
	}
	if (!network.options.internal && !isOff(network, OPTION.masquerade))
		elements.push({
			set: "masqueraded",
			key: name,
			what: `let what leaves ${bridge} have the address of the host`,
		});
	return elements;
}

const FAMILIES = { 4: Uint8Array.of(2, 0, 0, 0), 6: Uint8Array.of(10, 0, 0, 0) };

/** An interface that was there when we switched forwarding on: nothing is forwarded between two of these. */
export const strangerElement = (family: 4 | 6, name: string): Element => ({
	set: "strangers",
	key: named(FAMILIES[family], name),
	what: `forward no IPv${family} between ${name} and other interfaces that are not ours, as before`,
});

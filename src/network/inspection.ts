/** What there is of our table of nf_tables: read back, to be compared with what has to be there. */

import { errno, SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_ACK, NLM_F_DUMP, openNetlink } from "../../ffi/netlink.ts";
import { decodeText } from "../../ffi/text.ts";
import { attributesOf, Body, encode, nftablesType } from "../kernel/netlink.ts";
import { INET, NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_KEY, type SetName } from "./elements.ts";
import { MARK, RULE_COUNTS, SET_NAMES } from "./ruleset.ts";

const NFT_MSG_GETTABLE = 1;
const NFT_MSG_GETRULE = 7;
const NFT_MSG_GETSETELEM = 13;
const NFTA_TABLE_USERDATA = 6;
const NFTA_RULE_CHAIN = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_DATA_VALUE = 1;
/** struct nfgenmsg */
const HEADER = 4;

/** An element that is there: bytes in hexadecimal digits. */
export interface Present {
	set: SetName;
	key: string;
	/** "" of a set that is no map */
	value: string;
}

/**
 * Reads our table.
 * @returns its elements; "none" where there is no such table, "broken" where a set, a chain or a rule is missing or not ours
 */
export function inspect(table: string): Present[] | "none" | "broken" {
	const socket = openNetlink(NETLINK_NETFILTER);
	let isThere = false;
	try {
		const mark = markOf(socket, table);
		isThere = true;
		if (mark !== MARK || !hasRules(socket, table)) return "broken";
		const present: Present[] = [];
		for (const set of SET_NAMES) for (const one of elementsOf(socket, table, set)) present.push(one);
		return present;
	} catch (error) {
		if (!(error instanceof SystemError) || error.errno !== errno.ENOENT) throw error;
		return isThere ? "broken" : "none";
	} finally {
		close(socket);
	}
}

function get(socket: number, what: string, kind: number, body: Body, dump: boolean): Uint8Array[] {
	const request = encode({ type: nftablesType(kind), flags: dump ? NLM_F_DUMP : NLM_F_ACK, body: body.content }, 0);
	return ask(what, socket, request).map((answer) => answer.body);
}

/** What its comment says. */
function markOf(socket: number, table: string): string | undefined {
	const [answer] = get(socket, `read the table ${table}`, NFT_MSG_GETTABLE, new Body(INET).text(1, table), false);
	const comment = answer && attributesOf(answer, HEADER).get(NFTA_TABLE_USERDATA);
	return comment && decodeText(comment.subarray(2, comment.length - 1));
}

/** Counts: whoever replaces a rule by another means to. */
function hasRules(socket: number, table: string): boolean {
	const counts: Record<string, number> = {};
	for (const rule of get(socket, `read the rules of ${table}`, NFT_MSG_GETRULE, new Body(INET).text(1, table), true)) {
		const name = attributesOf(rule, HEADER).get(NFTA_RULE_CHAIN) as Uint8Array;
		const chain = decodeText(name.subarray(0, name.length - 1));
		counts[chain] = (counts[chain] ?? 0) + 1;
	}
	const chains = Object.keys(RULE_COUNTS);
	return Object.keys(counts).length === chains.length && chains.every((chain) => counts[chain] === RULE_COUNTS[chain]);
}

function elementsOf(socket: number, table: string, set: SetName): Present[] {
	const body = new Body(INET).text(1, table).text(2, set);
	const answers = get(socket, `read the set ${set} of ${table}`, NFT_MSG_GETSETELEM, body, true);
	return answers.flatMap((answer) => {
		const list = attributesOf(answer, HEADER).get(NFTA_SET_ELEM_LIST_ELEMENTS);
		return list ? listed(list).map((element) => presentOf(set, element)) : [];
	});
}

function presentOf(set: SetName, element: Uint8Array): Present {
	const attributes = attributesOf(element, 0);
	const hex = (type: number) => {
		const data = attributes.get(type);
		return (data && attributesOf(data, 0).get(NFTA_DATA_VALUE)?.toHex()) ?? "";
	};
	return { set, key: hex(NFTA_SET_ELEM_KEY), value: hex(NFTA_SET_ELEM_DATA) };
}

/** The contents of attributes of one type, all of them. */
function listed(bytes: Uint8Array): Uint8Array[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const found: Uint8Array[] = [];
	for (let at = 0; at + 4 <= bytes.length; ) {
		const size = view.getUint16(at, true);
		if (size < 4) break;
		found.push(bytes.subarray(at + 4, at + size));
		at += (size + 3) & ~3;
	}
	return found;
}

/**
 * Netlink messages: described and built by pure functions, then played in
 * order like a tape. What fails is told with the sentence of its message.
 */

import { type ErrnoName, errnoName, errnoText } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import {
	ask,
	interfaceIndex,
	NETLINK_NETFILTER,
	NETLINK_ROUTE,
	NLM_F_ACK,
	NLM_F_DUMP,
	NLM_F_REQUEST,
	NLMSG_HEADER,
	openNetlink,
	talk,
} from "../../ffi/netlink.ts";
import { encodeText } from "../../ffi/text.ts";
import { trace, traces } from "../environment.ts";
import { Failure } from "../failure.ts";

/** The index of an interface, known only when the message is played: an earlier one may make it. */
export interface IndexOf {
	/** where in the body, 32 bits */
	at: number;
	/** of the interface, in the message's namespace */
	name: string;
}

/** A message, described. */
export interface Message {
	/** the sentence: what this does, to what */
	what: string;
	/** RTM_NEWLINK …, or NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE … */
	type: number;
	/** NLM_F_CREATE …; NLM_F_REQUEST is understood */
	flags: number;
	/** the family's header, then attributes */
	body: Uint8Array;
	indexes?: readonly IndexOf[];
	/** names of errnos that are as good as success; not of nf_tables, where one that fails undoes all */
	okay?: readonly ErrnoName[];
	/** in the container's network namespace; else in ours */
	inside?: boolean;
	/** the kernel's module of what is made: EOPNOTSUPP says that there is none */
	module?: string;
}

const NESTED = 0x8000;

/** A message's body as it is built: a header, then attributes (netlink(7), struct nlattr). */
export class Body {
	private bytes = new Uint8Array(512);
	private view = new DataView(this.bytes.buffer);
	private used = 0;
	readonly indexes: IndexOf[] = [];

	/** @param header struct ifinfomsg, struct nfgenmsg … */
	constructor(header: Uint8Array) {
		this.raw(header);
	}

	/** Bytes as they are, 4-aligned. */
	raw(content: Uint8Array): this {
		const place = this.room(content.length);
		this.bytes.set(content, place);
		return this;
	}

	/** An attribute of bytes. */
	bytesOf(type: number, content: Uint8Array): this {
		return this.open(type, content.length).raw(content);
	}

	/** An attribute of text, NUL at the end. */
	text(type: number, content: string): this {
		const encoded = encodeText(content);
		this.open(type, encoded.length + 1);
		this.bytes.set(encoded, this.room(encoded.length + 1));
		return this;
	}

	/** An attribute of 16 bits in the machine's order: rtnetlink's. */
	half(type: number, value: number): this {
		this.open(type, 2);
		this.view.setUint16(this.room(2), value, true);
		return this;
	}

	/** An attribute of 32 bits in the machine's order: rtnetlink's. */
	word(type: number, value: number): this {
		this.open(type, 4);
		this.view.setUint32(this.room(4), value, true);
		return this;
	}

	/** An attribute of 32 bits in the network's order: nf_tables'. */
	wordOfNetwork(type: number, value: number): this {
		this.open(type, 4);
		this.view.setUint32(this.room(4), value, false);
		return this;
	}

	/** An attribute of 32 bits: the index of an interface, filled in when the message is played. */
	index(type: number, name: string): this {
		this.open(type, 4);
		return this.indexHere(name);
	}

	/** The index itself, 32 bits where we are. */
	indexHere(name: string): this {
		this.indexes.push({ at: this.room(4), name });
		return this;
	}

	/** An attribute of attributes. @param flag whether NLA_F_NESTED is set: nf_tables' are, rtnetlink's not */
	nest(type: number, fill: (body: this) => void, flag = false): this {
		const start = this.used;
		this.open(flag ? type | NESTED : type, 0);
		fill(this);
		this.view.setUint16(start, this.used - start, true);
		return this;
	}

	/** What was built. */
	get content(): Uint8Array {
		return this.bytes.subarray(0, this.used);
	}

	private open(type: number, size: number): this {
		const place = this.room(4);
		this.view.setUint16(place, size + 4, true);
		this.view.setUint16(place + 2, type, true);
		return this;
	}

	private room(size: number): number {
		const place = this.used;
		this.used = (place + size + 3) & ~3;
		if (this.used > this.bytes.length) {
			const larger = new Uint8Array(this.used * 2);
			larger.set(this.bytes);
			this.bytes = larger;
			this.view = new DataView(larger.buffer);
		}
		return place;
	}
}

/** A message of a body that was built. */
export function message(
	what: string,
	type: number,
	flags: number,
	body: Body,
	options: Pick<Message, "okay" | "inside" | "module"> = {},
): Message {
	return { what, type, flags, body: body.content, indexes: body.indexes, ...options };
}

/** The first message type of another subsystem than rtnetlink: nfnetlink's types are SUBSYSTEM << 8 | message. */
const NFNETLINK = 0x100;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;

/** The type of a message to nf_tables. @param kind NFT_MSG_NEWRULE … */
export const nftablesType = (kind: number): number => (NFNL_SUBSYS_NFTABLES << 8) | kind;

/** struct nfgenmsg of a batch's begin and end: family 0, version 0, the subsystem in the network's order. */
const BATCH = Uint8Array.of(0, 0, 0, NFNL_SUBSYS_NFTABLES);

/** Sockets that messages go through, made when the first needs them. */
class Sockets implements Disposable {
	private readonly open = new Map<string, number>();

	constructor(private readonly namespace: number | undefined) {}

	of(protocol: number, inside: boolean): number {
		const key = `${protocol} ${inside}`;
		const known = this.open.get(key);
		if (known !== undefined) return known;
		const made = openNetlink(protocol, inside ? this.namespace : undefined);
		this.open.set(key, made);
		return made;
	}

	[Symbol.dispose](): void {
		for (const fd of this.open.values()) close(fd);
	}
}

/**
 * Plays messages in order; those to nf_tables that stand together are one
 * transaction, all or nothing.
 * @param namespace a descriptor of the container's network namespace, or a pidfd of a process in it
 * @throws Failure with the sentence of the message that the kernel refused; those before it are done
 */
export function playMessages(messages: readonly Message[], namespace?: number): void {
	using sockets = new Sockets(namespace);
	for (let at = 0; at < messages.length; ) {
		let end = at + 1;
		if ((messages[at] as Message).type >= NFNETLINK)
			while (end < messages.length && belongsTo(messages[at] as Message, messages[end] as Message)) end++;
		playTogether(sockets, messages, at, end);
		at = end;
	}
}

const belongsTo = (first: Message, { type, inside }: Message) => type >= NFNETLINK && inside === first.inside;

function playTogether(sockets: Sockets, messages: readonly Message[], start: number, end: number): void {
	const first = messages[start] as Message;
	const firewall = first.type >= NFNETLINK;
	const socket = sockets.of(firewall ? NETLINK_NETFILTER : NETLINK_ROUTE, first.inside === true);
	const group = messages.slice(start, end);
	for (const one of group) if (!resolveIndexes(socket, one)) return;
	if (traces("net")) for (const one of group) trace("net", one.what);
	const refusal = talk(socket, firewall ? encodeBatch(group, start) : encode(first, start));
	if (!refusal) return;
	const one = messages[refusal.sequence] ?? first;
	if (one.okay?.includes(errnoName(refusal.errno) as ErrnoName)) return;
	throw new MessageFailure(one, refusal.errno);
}

/** rtnl_newlink: a kind that it does not know, and could not load. */
function missing({ module }: Message, errno: number): { hint?: string } {
	if (module === undefined || errnoName(errno) !== "EOPNOTSUPP") return {};
	return { hint: `this kernel has no ${module}: the module ${module} is neither built in nor can it be loaded` };
}

/** The kernel has refused a message. */
export class MessageFailure extends Failure {
	constructor(
		readonly refused: Message,
		readonly errno: number,
	) {
		super(`${refused.what}: ${errnoText(errno)}`, missing(refused, errno));
	}
}

/** @returns false where there is no such interface, and that is as good as success: it was to be removed */
function resolveIndexes(socket: number, { what, body, okay, indexes = [] }: Message): boolean {
	for (const { at, name } of indexes) {
		const index = interfaceIndex(socket, name);
		if (index === undefined && okay?.includes("ENODEV")) return false;
		if (index === undefined) throw new Failure(`${what}: there is no interface ${name}`);
		new DataView(body.buffer, body.byteOffset).setInt32(at, index, true);
	}
	return true;
}

/** A message with its header (struct nlmsghdr). */
export function encode({ type, flags, body }: Pick<Message, "type" | "flags" | "body">, sequence: number): Uint8Array {
	const bytes = new Uint8Array(NLMSG_HEADER + ((body.length + 3) & ~3));
	put(bytes, 0, type, flags, body, sequence);
	return bytes;
}

function put(into: Uint8Array, at: number, type: number, flags: number, body: Uint8Array, sequence: number): number {
	const view = new DataView(into.buffer, into.byteOffset + at);
	view.setUint32(0, NLMSG_HEADER + body.length, true);
	view.setUint16(4, type, true);
	view.setUint16(6, flags | NLM_F_REQUEST, true);
	view.setUint32(8, sequence, true);
	into.set(body, at + NLMSG_HEADER);
	return at + NLMSG_HEADER + ((body.length + 3) & ~3);
}

/** A transaction of nf_tables (nfnetlink_rcv_batch). @param first sequence number of the first message */
export function encodeBatch(messages: readonly Message[], first = 0): Uint8Array {
	let size = 2 * (NLMSG_HEADER + 4);
	for (const { body } of messages) size += NLMSG_HEADER + ((body.length + 3) & ~3);
	const bytes = new Uint8Array(size);
	let at = put(bytes, 0, NFNL_MSG_BATCH_BEGIN, 0, BATCH, NO_MESSAGE);
	for (let index = 0; index < messages.length; index++) {
		const { type, flags, body } = messages[index] as Message;
		at = put(bytes, at, type, flags, body, first + index);
	}
	put(bytes, at, NFNL_MSG_BATCH_END, 0, BATCH, NO_MESSAGE);
	return bytes;
}

/** The sequence number of a batch's begin and end: no message's. */
const NO_MESSAGE = 0xffffffff;

/**
 * Asks rtnetlink or nf_tables.
 * @param dump all there are, not one
 * @returns bodies of the answers: the family's header, then attributes
 */
export function query(
	what: string,
	{ type, flags, body }: Pick<Message, "type" | "flags" | "body">,
	dump: boolean,
	namespace?: number,
): Uint8Array[] {
	const socket = openNetlink(type >= NFNETLINK ? NETLINK_NETFILTER : NETLINK_ROUTE, namespace);
	try {
		const request = encode({ type, flags: flags | (dump ? NLM_F_DUMP : NLM_F_ACK), body }, 0);
		return ask(what, socket, request).map((answer) => answer.body);
	} finally {
		close(socket);
	}
}

/** The attributes that follow a header of so many bytes: the last of each type. */
export function attributesOf(bytes: Uint8Array, header: number): Map<number, Uint8Array> {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const found = new Map<number, Uint8Array>();
	for (let at = header; at + 4 <= bytes.length; ) {
		const size = view.getUint16(at, true);
		if (size < 4) break;
		found.set(view.getUint16(at + 2, true) & ~NESTED, bytes.subarray(at + 4, at + size));
		at += (size + 3) & ~3;
	}
	return found;
}

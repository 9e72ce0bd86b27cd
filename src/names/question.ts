/**
 * DNS packets of clients (RFC 1035): what they ask, and answers made of names
 * and addresses. The coding is dns-packet's; what is passed on stays the bytes
 * that it was, but for its id.
 */

import * as dns from "dns-packet";

/** struct of RFC 1035, 4.1.1 */
const HEADER = 12;
const RESPONSE = 0x8000;
const OPCODE = 0x7800;
/** docker's, in seconds */
const TTL = 600;
/** What fits a datagram where the client does not say that more does (RFC 1035, 4.2.1). */
const PLAIN_SIZE = 512;

export const RCODE = { formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 } as const;

/** A question that can be answered. */
export interface Query {
	/** as it came */
	packet: Uint8Array;
	id: number;
	/** as written, without the last dot */
	name: string;
	/** A, AAAA, PTR …, UNKNOWN_n */
	type: string;
	/** where the question ends in the packet */
	end: number;
	/** of class IN, with a name that is text */
	plain: boolean;
}

const viewOf = (packet: Uint8Array) => new DataView(packet.buffer, packet.byteOffset, packet.length);

/** The id of a packet of at least a header. */
export const idOf = (packet: Uint8Array): number => ((packet[0] as number) << 8) | (packet[1] as number);

/**
 * Reads a client's packet.
 * @returns what is sent back at once where it is no question; undefined where even that is too much
 */
export function readQuery(packet: Uint8Array): Query | Uint8Array | undefined {
	if (packet.length < HEADER) return undefined;
	const view = viewOf(packet);
	const flags = view.getUint16(2);
	if (flags & RESPONSE) return undefined;
	if (flags & OPCODE) return refuse({ packet, end: HEADER }, RCODE.notImplemented);
	if (view.getUint16(4) !== 1) return refuse({ packet, end: HEADER }, RCODE.formatError);
	try {
		const {
			name,
			type,
			class: kind,
		} = dns.question.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.length), HEADER);
		const end = HEADER + dns.question.decode.bytes;
		return { packet, id: idOf(packet), name, type, end, plain: kind === "IN" && isPlain(packet, name) };
	} catch {
		return refuse({ packet, end: HEADER }, RCODE.formatError);
	}
}

/** True if the name is nothing but its labels in ASCII: no dot within a label, nothing that was no text. */
function isPlain(packet: Uint8Array, name: string): boolean {
	let at = HEADER;
	for (const label of name === "." ? [] : name.split(".")) {
		if (packet[at++] !== label.length) return false;
		for (let index = 0; index < label.length; index++, at++) if (packet[at] !== label.charCodeAt(index)) return false;
	}
	return packet[at] === 0;
}

/** An answer that says only what went wrong. */
export function refuse({ packet, end }: Pick<Query, "packet" | "end">, rcode: number): Uint8Array {
	const reply = packet.slice(0, end);
	const view = viewOf(reply);
	view.setUint16(
		2,
		RESPONSE | (view.getUint16(2) & (OPCODE | dns.RECURSION_DESIRED)) | dns.RECURSION_AVAILABLE | rcode,
	);
	view.setUint16(4, end > HEADER ? 1 : 0);
	for (const count of [6, 8, 10]) view.setUint16(count, 0);
	return reply;
}

/**
 * An answer of ours; none of `data`: the name is there, but has nothing of this type.
 * @param most bytes that it may have; what is more is left out, and said so
 */
export function respond(query: Query, data: readonly string[], most: number): Uint8Array {
	const { packet, id, name, type } = query;
	const flags = (viewOf(packet).getUint16(2) & dns.RECURSION_DESIRED) | dns.RECURSION_AVAILABLE;
	const answers = data.map((one): dns.Answer => ({ name, type, class: "IN", ttl: TTL, data: one }));
	const encode = (count: number) =>
		dns.encode({
			type: "response",
			id,
			flags: count < answers.length ? flags | dns.TRUNCATED_RESPONSE : flags,
			questions: [{ name, type, class: "IN" }],
			answers: answers.slice(0, count),
		});
	const whole = encode(answers.length);
	if (whole.length <= most) return whole;
	// All answers of one question take the same room.
	const each = (whole.length - query.end) / answers.length;
	return encode(Math.max(0, Math.floor((most - query.end) / each)));
}

/** How much fits a datagram back to the client: what it says (EDNS0, RFC 6891), 512 at least. */
export function datagramSize({ packet }: Query): number {
	try {
		const option = dns
			.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.length))
			.additionals.find(({ type }) => type === "OPT");
		return Math.max(PLAIN_SIZE, option?.udpPayloadSize ?? 0);
	} catch {
		return PLAIN_SIZE;
	}
}

/** A question as it goes on to another server: under another id. */
export function withId(packet: Uint8Array, id: number): Uint8Array {
	const copy = packet.slice();
	viewOf(copy).setUint16(0, id);
	return copy;
}

/** True if a packet is the answer to a question that was passed on under this id. */
export function answers(reply: Uint8Array, { packet, end }: Query, id: number): boolean {
	if (reply.length < end || idOf(reply) !== id) return false;
	const view = viewOf(reply);
	if (!(view.getUint16(2) & RESPONSE) || view.getUint16(4) !== 1) return false;
	for (let at = HEADER; at < end; at++) if (lower(reply[at] as number) !== lower(packet[at] as number)) return false;
	return true;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** True for an answer that another server may better. */
export function hasFailed(reply: Uint8Array): boolean {
	const rcode = (reply[3] as number) & 15;
	return rcode === RCODE.serverFailure || rcode === RCODE.refused;
}

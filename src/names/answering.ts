/** What a container is told of a name: the rules of docker's embedded server (moby, libnetwork/resolver.go). Pure, but for the look-ups it is given. */

import { addressOf, formatAddress } from "../network/network.ts";
import { type Query, respond } from "./question.ts";

/** What is known of the networks that the asking container is on. */
export interface Known {
	/** addresses of all that have a name, in lower case; undefined: nobody has it */
	addresses(name: string): string[] | undefined;
	/** the name of who has an address: `name.network` */
	nameOf(address: string): string | undefined;
	/** names without a dot are not for others to know: the container has set `ndots` */
	keepsSingle(): boolean;
}

/**
 * Answers a question.
 * @param most bytes that an answer may have
 * @param turn of several addresses this one comes first, modulo their number
 * @returns undefined where it is for somebody else to know
 */
export function answer(query: Query, known: Known, most: () => number, turn: number): Uint8Array | undefined {
	const { type, plain } = query;
	if (!plain) return undefined;
	const name = query.name.toLowerCase();
	if (type === "PTR") {
		const address = reversed(name);
		const found = address && known.nameOf(address);
		return found ? reply(query, [found], most) : undefined;
	}
	if (type !== "A" && type !== "AAAA" && type !== "MX") return undefined;
	const found = known.addresses(name);
	if (found) return reply(query, rotated(found.filter(isOf(type)), turn), most);
	if (type !== "MX" && !name.includes(".") && known.keepsSingle()) return reply(query, [], most);
	return undefined;
}

const isOf = (type: string) => (address: string) => type !== "MX" && address.includes(":") === (type === "AAAA");

/** The client's limit is asked for only where it matters: 512 bytes it always takes. */
function reply(query: Query, data: readonly string[], most: () => number): Uint8Array {
	const whole = respond(query, data, 65535);
	return whole.length <= 512 ? whole : respond(query, data, most());
}

function rotated(list: readonly string[], turn: number): string[] {
	const start = list.length === 0 ? 0 : turn % list.length;
	return [...list.slice(start), ...list.slice(0, start)];
}

/** `4.3.2.1.in-addr.arpa` → `1.2.3.4`; undefined for what is no address's. */
export function reversed(name: string): string | undefined {
	const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
	if (four) return `${four[4]}.${four[3]}.${four[2]}.${four[1]}`;
	const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
	if (!six) return undefined;
	const digits = (six[1] as string).replaceAll(".", "");
	const bytes = new Uint8Array(16);
	for (let at = 0; at < 16; at++) bytes[at] = Number.parseInt(`${digits[31 - at * 2]}${digits[30 - at * 2]}`, 16);
	return formatAddress(addressOf(bytes));
}

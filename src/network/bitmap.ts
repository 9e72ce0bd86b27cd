/** The addresses of a subnet, a bit each: which one is free. Pure. */

import { type Address, type Cidr, contains, formatAddress, parseAddress, parseCidr, sizeOf } from "./address.ts";
import type { Subnet } from "./table.ts";

/** More are never looked at: a container of its own for each of them does not fit a host. */
const MOST = 1 << 16;

/**
 * The first address that nobody has; undefined where all are taken.
 * @param taken addresses of containers, canonical
 */
export function firstFree(subnet: Subnet, taken: readonly string[]): string | undefined {
	const whole = parseCidr(subnet.cidr) as Cidr;
	const window = subnet.range === null ? whole : (parseCidr(subnet.range) as Cidr);
	const size = sizeOf(window);
	const count = size > BigInt(MOST) ? MOST : Number(size);
	const bitmap = new Uint32Array((count + 31) >> 5);
	const mark = (value: bigint) => {
		const offset = value - window.value;
		if (offset >= 0n && offset < BigInt(count)) (bitmap[Number(offset) >> 5] as number) |= 1 << (Number(offset) & 31);
	};
	const markText = (text: string) => {
		const address = parseAddress(text);
		if (address?.family === whole.family) mark(address.value);
	};
	for (const value of unusable(whole)) mark(value);
	if (subnet.gateway !== null) markText(subnet.gateway);
	for (const name in subnet.reserved) markText(subnet.reserved[name] as string);
	for (let at = 0; at < taken.length; at++) markText(taken[at] as string);
	for (let word = 0; word < bitmap.length; word++) {
		const free = ~(bitmap[word] as number);
		if (free === 0) continue;
		const offset = word * 32 + 31 - Math.clz32(free & -free);
		return offset < count ? formatAddress({ family: whole.family, value: window.value + BigInt(offset) }) : undefined;
	}
	return undefined;
}

/** The subnet itself, and of IPv4 its broadcast; RFC 3021 and 6164: not where there are but two, or one. */
function unusable(cidr: Cidr): bigint[] {
	const size = sizeOf(cidr);
	if (size <= 2n) return [];
	return cidr.family === 4 ? [cidr.value, cidr.value + size - 1n] : [cidr.value];
}

/** True if a container may have an address that it asks for: one of the subnet, and nobody's by the network's own word. */
export function isUsable(subnet: Subnet, address: Address): boolean {
	const whole = parseCidr(subnet.cidr) as Cidr;
	return contains(whole, address) && !unusable(whole).includes(address.value);
}

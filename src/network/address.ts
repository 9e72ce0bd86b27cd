/** IP addresses and subnets as numbers: parsing, printing (RFC 5952), arithmetic. Pure. */

/** An address: 4 or 16 bytes as one number. */
export interface Address {
	family: 4 | 6;
	value: bigint;
}

/** A subnet: its first address, and how many bits of it are the network's. */
export interface Cidr extends Address {
	prefix: number;
}

const bits = (family: 4 | 6) => (family === 4 ? 32 : 128);

/** Parses an address; undefined for what is none, a zone or a leading zero included. */
export function parseAddress(text: string): Address | undefined {
	const value = text.indexOf(":") < 0 ? parse4(text) : parse6(text);
	return value === undefined ? undefined : { family: text.indexOf(":") < 0 ? 4 : 6, value };
}

function parse4(text: string): bigint | undefined {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
	if (!match) return undefined;
	let value = 0;
	for (let at = 1; at <= 4; at++) {
		const part = match[at] as string;
		const byte = Number(part);
		if (byte > 255 || String(byte) !== part) return undefined;
		value = value * 256 + byte;
	}
	return BigInt(value);
}

function parse6(text: string): bigint | undefined {
	const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
	const last = tail && parse4(tail[2] as string);
	if (tail && last === undefined) return undefined;
	const whole =
		tail && last !== undefined && last !== null
			? `${tail[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
			: text;
	const halves = whole.split("::");
	if (halves.length > 2) return undefined;
	const [head, rest] = halves.map((half) => (half === "" ? [] : half.split(":"))) as [string[], string[] | undefined];
	const missing = 8 - head.length - (rest?.length ?? 0);
	if (rest ? missing < 1 : missing !== 0) return undefined;
	const groups = [...head, ...new Array<string>(rest ? missing : 0).fill("0"), ...(rest ?? [])];
	let value = 0n;
	for (const group of groups) {
		if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
		value = (value << 16n) | BigInt(`0x${group}`);
	}
	return value;
}

/** Prints an address in its canonical form. */
export function formatAddress({ family, value }: Address): string {
	if (family === 4) {
		const low = Number(value);
		return `${low >>> 24}.${(low >>> 16) & 255}.${(low >>> 8) & 255}.${low & 255}`;
	}
	const groups: number[] = [];
	for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
	let best = { start: -1, length: 1 };
	for (let start = 0; start < 8; start++) {
		let end = start;
		while (end < 8 && groups[end] === 0) end++;
		if (end - start > best.length) best = { start, length: end - start };
	}
	const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
	if (best.start < 0) return text(groups);
	return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** Parses `10.1.2.0/26`; bits behind the prefix are dropped. Undefined for what is none. */
export function parseCidr(text: string): Cidr | undefined {
	const slash = text.indexOf("/");
	const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
	const digits = text.slice(slash + 1);
	if (!address || !/^\d{1,3}$/.test(digits) || Number(digits) > bits(address.family)) return undefined;
	const prefix = Number(digits);
	const host = BigInt(bits(address.family) - prefix);
	return { family: address.family, value: (address.value >> host) << host, prefix };
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr)}/${cidr.prefix}`;

/** How many addresses a subnet has. */
export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(bits(family) - prefix);

/** True if an address, or a whole subnet, is in a subnet. */
export function contains(cidr: Cidr, inner: Address & { prefix?: number }): boolean {
	if (inner.family !== cidr.family || (inner.prefix ?? 128) < cidr.prefix) return false;
	return inner.value >= cidr.value && inner.value < cidr.value + sizeOf(cidr);
}

/** True if two subnets have an address in common. */
export const overlaps = (one: Cidr, other: Cidr): boolean => contains(one, other) || contains(other, one);

/** An address as the kernel takes it: 4 or 16 bytes, the highest first. */
export function addressBytes({ family, value }: Address): Uint8Array {
	const bytes = new Uint8Array(family === 4 ? 4 : 16);
	let left = value;
	for (let at = bytes.length - 1; at >= 0; at--) {
		bytes[at] = Number(left & 0xffn);
		left >>= 8n;
	}
	return bytes;
}

/** The other way round. */
export function addressOf(bytes: Uint8Array): Address {
	let value = 0n;
	for (let at = 0; at < bytes.length; at++) value = (value << 8n) | BigInt(bytes[at] as number);
	return { family: bytes.length === 4 ? 4 : 6, value };
}

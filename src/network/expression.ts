/**
 * Expressions of nf_tables that only the firewall has, as nft sends them; those
 * of every table are in kernel/nftables.ts. Pure.
 */

import { encodeText } from "../../ffi/text.ts";
import {
	compare,
	type Expression,
	expression,
	FIRST,
	META_KEYS,
	meta,
	NFTA_DATA_VALUE,
	put,
	verdict,
} from "../kernel/nftables.ts";
import { SETS, type SetName } from "./elements.ts";

/** The register of 4 bytes that is so many of them behind the first: parts of a key lie side by side. */
export const behind = (words: number): number => (words % 4 === 0 ? FIRST + words / 4 : 8 + words);

/** Gives the packet a mark (32 bits, in the machine's order). */
export const mark = (value: number): Expression => {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value, true);
	return (list) => {
		put(bytes)(list);
		expression("meta", (data) => data.wordOfNetwork(2, META_KEYS.mark).wordOfNetwork(3, FIRST))(list);
	};
};

const CT_KEYS = { state: 0, status: 2 } as const;
/** Bits of NFT_CT_STATE (NF_CT_STATE_BIT) and NFT_CT_STATUS (IPS_DST_NAT). */
export const CT = { invalid: 1, established: 2, related: 4, dnat: 32 } as const;

/** Goes on only where connection tracking says one of these of the packet; of one that is not tracked it says nothing. */
export function tracked(key: keyof typeof CT_KEYS, bits: number): Expression {
	const none = new Uint8Array(4);
	const mask = new Uint8Array(4);
	new DataView(mask.buffer).setUint32(0, bits, true);
	const load = expression("ct", (data) => data.wordOfNetwork(2, CT_KEYS[key]).wordOfNetwork(1, FIRST));
	const and = expression("bitwise", (data) =>
		data
			.wordOfNetwork(1, FIRST)
			.wordOfNetwork(2, FIRST)
			.wordOfNetwork(3, 4)
			.nest(4, (inner) => inner.bytesOf(NFTA_DATA_VALUE, mask), true)
			.nest(5, (inner) => inner.bytesOf(NFTA_DATA_VALUE, none), true),
	);
	const any = compare("different", none);
	return (list) => {
		load(list);
		and(list);
		any(list);
	};
}

/** Goes on only where the registers, from the first on, are in a set; or are not. */
export const lookup = (set: SetName, isIn = true): Expression =>
	expression("lookup", (data) => {
		data.wordOfNetwork(2, FIRST).text(1, set).wordOfNetwork(4, SETS[set]);
		if (!isIn) data.wordOfNetwork(5, 1);
	});

/** Goes on only where the registers are in a map, with what it has for them in their place. */
export const translate = (map: SetName): Expression =>
	expression("lookup", (data) =>
		data.wordOfNetwork(2, FIRST).wordOfNetwork(3, FIRST).text(1, map).wordOfNetwork(4, SETS[map]),
	);

const NFTA_FIB_F = { source: 1, destination: 2 } as const;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const RTN_LOCAL = Uint8Array.of(2, 0, 0, 0);

const addressType = (of: keyof typeof NFTA_FIB_F): Expression =>
	expression("fib", (data) =>
		data.wordOfNetwork(3, NFTA_FIB_F[of]).wordOfNetwork(2, NFT_FIB_RESULT_ADDRTYPE).wordOfNetwork(1, FIRST),
	);

/** Goes on only where the destination is an address of ours, 127.0.0.0/8 included. */
export const isLocal: Expression = (list) => {
	addressType("destination")(list);
	compare("equal", RTN_LOCAL)(list);
};

/** Goes on only where the source is no address of ours. */
export const isNotFromHere: Expression = (list) => {
	addressType("source")(list);
	compare("different", RTN_LOCAL)(list);
};

const NFPROTO = { 4: 2, 6: 10 } as const;

/** Goes on only with packets of a family. */
export const isFamily =
	(family: 4 | 6): Expression =>
	(list) => {
		meta("nfproto")(list);
		compare("equal", Uint8Array.of(NFPROTO[family]))(list);
	};

const NFT_NAT_DNAT = 1;

/** Changes the destination to the address in the first register and the port that lies behind it. */
export const destination = (family: 4 | 6): Expression =>
	expression("nat", (data) =>
		data
			.wordOfNetwork(1, NFT_NAT_DNAT)
			.wordOfNetwork(2, NFPROTO[family])
			.wordOfNetwork(3, FIRST)
			.wordOfNetwork(5, behind(family === 4 ? 1 : 4)),
	);

/** Gives the packet the address of the interface that it leaves by. */
export const masquerade: Expression = expression("masq", () => {});

const NFT_JUMP = -3;
const NFT_RETURN = -5;

/** Goes back to the chain that has called this one. */
export const leave: Expression = verdict((data) => data.wordOfNetwork(1, NFT_RETURN));

/** Counts packets and bytes, as every rule of iptables does. */
export const count: Expression = expression("counter", () => {});

/** Goes on in another chain, and comes back where that decides nothing. */
export const jump = (chain: string): Expression => verdict((data) => data.wordOfNetwork(1, NFT_JUMP).text(2, chain));

/** The name of an interface, as it is compared. */
export function interfaceName(name: string): Uint8Array {
	const bytes = new Uint8Array(16);
	bytes.set(encodeText(name));
	return bytes;
}

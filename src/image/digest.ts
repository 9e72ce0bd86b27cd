/** SHA-256 digests and chain ids (OCI image-spec, descriptor.md#digests and config.md#layer-chainid). */

import { pieces, type Slice } from "../tar/slice.ts";

/** `sha256:` and 64 hex digits */
export type Digest = string;

export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** The hex digits of a digest: the blob's file name. */
export const hex = (digest: Digest): string => digest.slice("sha256:".length);

export function digestOf(bytes: Uint8Array | string): Digest {
	return `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

export function digestOfSlice(slice: Slice): Digest {
	const hasher = new Bun.CryptoHasher("sha256");
	for (const piece of pieces(slice)) hasher.update(piece);
	return `sha256:${hasher.digest("hex")}`;
}

/** Diff ids, lowest first → the chain id of each layer: what lies below it is part of its name. */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
	const chain: Digest[] = [];
	for (const diffId of diffIds) {
		const below = chain.at(-1);
		chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
	}
	return chain;
}

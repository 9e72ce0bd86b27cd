/** Sizes as docker reads them (github.com/docker/go-units, size.go). */

const POWERS: Record<string, number> = { "": 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `10m`, `1.5g`, `512`, `1kB` → bytes, powers of 1000; undefined for anything else. */
export function parseSize(text: string): number | undefined {
	const match = /^([0-9]+(?:\.[0-9]+)?) ?([kmgtp]?)b?$/i.exec(text);
	if (!match) return undefined;
	return Math.floor(Number(match[1]) * 1000 ** (POWERS[match[2]?.toLowerCase() ?? ""] as number));
}

/** `64m`, `1GiB`, `512` → bytes, powers of 1024 (go-units, RAMInBytes); undefined for anything else. */
export function parseBinarySize(text: string): number | undefined {
	const match = /^([0-9]+\.?[0-9]*|\.[0-9]+) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text);
	if (!match) return undefined;
	return Math.floor(Number(match[1]) * 1024 ** (POWERS[match[2]?.toLowerCase() ?? ""] as number));
}

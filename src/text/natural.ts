/** The order that people expect: `net2` before `net10` (docker/cli sorts by github.com/fvbommel/sortorder). */

/** Compares two names: runs of digits by their number, all else by its characters. */
export function compareNaturally(one: string, other: string): number {
	const left = chunks(one);
	const right = chunks(other);
	for (let at = 0; at < Math.min(left.length, right.length); at++) {
		const difference = compareChunks(left[at] as string, right[at] as string);
		if (difference !== 0) return difference;
	}
	return left.length - right.length || (one < other ? -1 : Number(one > other));
}

const chunks = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];

function compareChunks(one: string, other: string): number {
	if (/^\d/.test(one) && /^\d/.test(other)) {
		const difference = BigInt(one) - BigInt(other);
		return difference < 0n ? -1 : Number(difference > 0n);
	}
	return one < other ? -1 : Number(one > other);
}

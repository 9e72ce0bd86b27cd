/** Sets of CPUs and of memory nodes as they are typed and as the kernel writes them, `0-2,4` (cpuset(7), List format). Pure. */

/** A set as its ranges, not their members: they may be of any size. The kernel's are sorted, and what touches is one. */
export type NumberSet = readonly (readonly [first: number, last: number])[];

/** `0-2,4` → `[[0, 2], [4, 4]]`; undefined for anything else. */
export function parseSet(text: string): NumberSet | undefined {
	const ranges: [number, number][] = [];
	for (const part of text.trim().split(",")) {
		const [, first, last = first] = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(part) ?? [];
		if (first === undefined || Number(last) < Number(first)) return undefined;
		ranges.push([Number(first), Number(last)]);
	}
	return ranges;
}

/** True if all of a set is in another, which is the kernel's. */
export const covers = (there: NumberSet, wanted: NumberSet): boolean =>
	wanted.every(([first, last]) => there.some(([from, to]) => from <= first && last <= to));

/** How many numbers are in a set of the kernel's. */
export function countOf(set: NumberSet): number {
	let count = 0;
	for (const [first, last] of set) count += last - first + 1;
	return count;
}

/** The word that was probably meant. */

/** More differences than this is another word. */
const FARTHEST = 2;

/** The nearest of the words; undefined if none is near, or the typed one is too short to tell. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
	const ranked = words
		.map((word) => ({ word, distance: distance(typed, word) }))
		.sort((a, b) => a.distance - b.distance);
	const best = ranked[0];
	return best && best.distance <= Math.min(FARTHEST, Math.floor(typed.length / 2)) ? best.word : undefined;
}

/** Levenshtein's: letters to put in, take out or change. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
		}
		row = next;
	}
	return row[b.length] as number;
}

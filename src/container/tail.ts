/** The last lines of a log: which pieces, and how much of the first, make exactly so many lines. */

import type { Piece } from "./log.ts";

const NEWLINE = 0x0a;

/**
 * Keeps what the last `lines` lines need while pieces pass by. Memory is what
 * those lines take, whatever the log's size.
 */
export class Tail {
	private pieces: Piece[] = [];
	private newlines: number[] = [];
	private total = 0;

	constructor(private readonly lines: number) {}

	/** Takes the next piece; its bytes are kept, so they must not be changed after. */
	add(piece: Piece): void {
		const count = countNewlines(piece.bytes);
		this.pieces.push({ ...piece, bytes: piece.bytes.slice() });
		this.newlines.push(count);
		this.total += count;
		// The first piece can go when the others hold more line ends than are asked for.
		while (this.pieces.length > 1 && this.total - (this.newlines[0] as number) > this.lines) {
			this.total -= this.newlines.shift() as number;
			this.pieces.shift();
		}
	}

	/** Gives the pieces of the last lines, the first cut where its line begins. */
	give(to: (piece: Piece) => void): void {
		if (this.lines === 0) return;
		const last = this.pieces.at(-1)?.bytes;
		const open = last !== undefined && last.at(-1) !== NEWLINE ? 1 : 0;
		let surplus = this.total + open - this.lines;
		for (const piece of this.pieces) {
			let start = 0;
			while (surplus > 0) {
				const end = piece.bytes.indexOf(NEWLINE, start);
				if (end < 0) {
					start = piece.bytes.length;
					break;
				}
				start = end + 1;
				surplus -= 1;
			}
			if (start < piece.bytes.length) to({ ...piece, bytes: piece.bytes.subarray(start) });
		}
	}
}

function countNewlines(bytes: Uint8Array): number {
	let count = 0;
	for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
	return count;
}

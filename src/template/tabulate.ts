/**
 * Text with tabs → columns, as Go's text/tabwriter does it for docker's
 * `table …` formats (go.dev/pkg/text/tabwriter): a column is as wide as the
 * cells of neighbouring lines need, a cell that no tab ends is of no column.
 */

import { GAP, LEAST, pad, width } from "../text/table.ts";

/** Lines with cells that tabs end → aligned lines. */
export function tabulate(text: string): string {
	const lines = text.split("\n").map((line) => line.split("\t"));
	const widths = lines.map((cells) => cells.map(() => 0));
	const columns = lines.reduce((most, cells) => Math.max(most, cells.length - 1), 0);
	for (let column = 0; column < columns; column++) measure(lines, widths, column);
	return lines.map((cells, line) => cells.map((cell, column) => pad(cell, widths[line]?.[column])).join("")).join("\n");
}

/** A column goes on as long as each line has a cell in it, and in all columns before it. */
function measure(lines: readonly string[][], widths: readonly number[][], column: number): void {
	const has = (line: number) => (lines[line]?.length ?? 0) - 1 > column;
	for (let first = 0; first < lines.length; first++) {
		if (!has(first)) continue;
		let end = first;
		let widest = LEAST;
		for (; has(end); end++) widest = Math.max(widest, width(lines[end]?.[column] ?? "") + GAP);
		for (; first < end; first++) (widths[first] as number[])[column] = widest;
	}
}

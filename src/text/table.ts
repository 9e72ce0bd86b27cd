/** Tables as docker prints them: Go's text/tabwriter with a least width of 10 and three blanks between. */

/** of a column, in characters */
export const LEAST = 10;
/** between columns */
export const GAP = 3;

/**
 * Rows, the first with the titles → lines. The last column is not padded.
 * @param least width of a column
 */
export function table(rows: readonly (readonly string[])[], least = LEAST): string {
	const count = rows[0]?.length ?? 0;
	const widths = Array.from({ length: count - 1 }, (_, column) =>
		Math.max(least, ...rows.map((row) => width(row[column] ?? "") + GAP)),
	);
	const line = (row: readonly string[]) => row.map((cell, column) => pad(cell, widths[column])).join("");
	return rows.map((row) => `${line(row)}\n`).join("");
}

/** Columns, a character each; most cells are ASCII, and to spread a hundred rows of them takes a millisecond. */
export const width = (cell: string): number => (ASCII.test(cell) ? cell.length : [...cell].length);
const ASCII = /^[\x20-\x7e]*$/;
/** Blanks behind, up to so many characters. */
export const pad = (cell: string, to = 0): string => cell + " ".repeat(Math.max(0, to - width(cell)));

/** At most so many characters, the last one `…` if some are left out. */
export function shorten(text: string, most: number): string {
	if (text.length <= most) return text;
	const characters = [...text];
	return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** The first twelve digits of an id, without `sha256:`. */
export function shortId(id: string): string {
	return id.replace(/^sha256:/, "").slice(0, 12);
}

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
	const widthOf = areAscii(rows) ? (cell: string) => cell.length : width;
	const widths: number[] = [];
	for (let column = 0; column < (rows[0]?.length ?? 0) - 1; column++) {
		let most = least;
		for (const row of rows) most = Math.max(most, widthOf(row[column] ?? "") + GAP);
		widths.push(most);
	}
	let text = "";
	for (const row of rows) {
		for (let column = 0; column < row.length; column++) {
			const cell = row[column] as string;
			text += cell;
			text += blanks((widths[column] ?? 0) - widthOf(cell));
		}
		text += "\n";
	}
	return text;
}

/** Asked of all cells at once: of hundreds one by one it takes a millisecond. */
function areAscii(rows: readonly (readonly string[])[]): boolean {
	let text = "";
	for (const row of rows) text += row.join("");
	return new TextEncoder().encode(text).length === text.length;
}

const MANY = " ".repeat(64);
const blanks = (count: number): string =>
	count <= MANY.length ? MANY.slice(0, Math.max(0, count)) : " ".repeat(count);

/** Columns, a character each; most cells are ASCII, and to spread a hundred rows of them takes a millisecond. */
export const width = (cell: string): number => (ASCII.test(cell) ? cell.length : [...cell].length);
const ASCII = /^[\x20-\x7e]*$/;
/** Blanks behind, up to so many characters. */
export const pad = (cell: string, to = 0): string => cell + blanks(to - width(cell));

/** At most so many characters, the last one `…` if some are left out. */
export function shorten(text: string, most: number): string {
	if (text.length <= most) return text;
	const characters = [...text];
	return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** The first twelve digits of an id, without `sha256:`. */
export function shortId(id: string): string {
	const start = id.startsWith("sha256:") ? 7 : 0;
	return id.slice(start, start + 12);
}

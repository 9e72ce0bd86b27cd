/**
 * --format of a listing: rows through a template, as docker prints them
 * (docker/cli, cli/command/formatter). Imported only when --format is given.
 */

import { Failure } from "../failure.ts";
import { tabulate } from "./tabulate.ts";
import { type Method, Struct, Template, titleFunctions, type Value } from "./template.ts";

/** The fields of one line; those that cost something, or take an argument (`.Label "x"`), are functions. */
export type Row = Readonly<Record<string, Value | Method>>;

export interface Listing {
	/** what a row is, in errors: `container` */
	type: string;
	/** field → its title in a table; every field that a row has, but methods with arguments */
	titles: Readonly<Record<string, string>>;
	/** methods with an argument: `.Label "x"` → the title */
	methods?: Readonly<Record<string, (argument: string) => string>>;
	/** what `--format raw` means; docker has it for some listings */
	raw?: string;
}

/**
 * Prints rows.
 * @param format `json`, `raw`, a template, or `table` and a template; `table` alone is the caller's
 * @throws Failure for a wrong template, and for a field that rows do not have even where there is no row
 */
export function formatRows(rows: readonly Row[], format: string, listing: Listing): string {
	const { template, isTable } = parseFormat(format, listing);
	const titles = struct(titleRow(listing), listing);
	if (rows.length === 0) explained(listing, () => checkFields(template, titles));
	const body = explained(listing, () => rows.map((row) => `${template.execute(struct(row, listing))}\n`).join(""));
	if (!isTable) return body;
	const head = template.execute(titles, { functions: titleFunctions, lenient: true });
	return tabulate(`${head}\n${body}`);
}

function parseFormat(format: string, listing: Listing): { template: Template; isTable: boolean } {
	const isTable = format.startsWith("table");
	let text = format === "json" ? "{{json .}}" : format;
	if (format === "raw" && listing.raw !== undefined) text = listing.raw;
	if (isTable) text = text.slice("table".length);
	text = text
		.replace(/^ +| +$/g, "")
		.replaceAll("\\t", "\t")
		.replaceAll("\\n", "\n");
	return { template: explained(listing, () => Template.parse(text)), isTable };
}

/** Says what was being done, and for a field that is not there which ones are. */
function explained<T>(listing: Listing, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		const unknown = error.message.includes(NO_FIELD);
		const names = [...Object.keys(listing.titles), ...Object.keys(listing.methods ?? {})].sort();
		throw new Failure(`template parsing error: ${error.message}`, {
			...(unknown && { hint: `its fields are ${names.join(", ")}` }),
		});
	}
}

const NO_FIELD = "can't evaluate field";

/** Nothing is there to print: what fails for the want of a value is no error, a field that no row would have is. */
function checkFields(template: Template, titles: Struct): void {
	try {
		template.execute(titles);
	} catch (error) {
		if ((error as Error).message.includes(NO_FIELD)) throw error;
	}
}

const struct = (row: Row, { type }: Listing): Struct => new Struct(type, new Map(Object.entries(row)));

function titleRow({ titles, methods = {} }: Listing): Row {
	const named = Object.entries(methods).map(([name, title]) => [name, (argument: string) => title(argument)]);
	return { ...titles, ...Object.fromEntries(named) };
}

/** The title that docker makes of `.Label "com.example.my-label"`: `my label`. */
export function labelTitle(name: string): string {
	return name.slice(name.lastIndexOf(".") + 1).replace(/[-_]/g, " ");
}

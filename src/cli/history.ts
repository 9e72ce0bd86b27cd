/** `history`: how an image came to be. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, string } from "../flags/flags.ts";
import type { HistoryLine } from "../image/image.ts";
import { history, platformFrom } from "../image/image.ts";
import type { Listing } from "../template/format.ts";
import { since } from "../text/age.ts";
import { formatSize } from "../text/size.ts";
import { shorten, shortId, table } from "../text/table.ts";
import { verb } from "./verb.ts";

/** docker/cli, cli/command/image/formatter_history.go */
const CREATED_BY_WIDTH = 45;
const MISSING = "<missing>";
/** What is older has a time that nobody meant. */
const EPOCH = Date.UTC(2000, 0, 1);

const LISTING: Listing = {
	type: "image.historyContext",
	titles: {
		Comment: "COMMENT",
		CreatedAt: "CREATED AT",
		CreatedBy: "CREATED BY",
		CreatedSince: "CREATED",
		ID: "IMAGE",
		Size: "SIZE",
	},
};

interface Showing {
	human: boolean;
	full: boolean;
}

export default verb({
	usage: "[OPTIONS] IMAGE",
	operands: { least: 1, most: 1 },
	completes: ["image"],
	flags: {
		format: string("", "print with a Go template, `table TEMPLATE` or json"),
		human: bool("H", "sizes and times for people", { standard: "true" }),
		"no-trunc": bool("", "print everything in full"),
		platform: string("", "an error unless it is for os[/arch[/variant]]"),
		quiet: bool("q", "print ids only"),
	},
	examples: ["history busybox", "history --no-trunc --format '{{.CreatedBy}}' site:2"],
	async run({ values, operands: [name = ""], open }) {
		const platform = await platformFrom(values.platform);
		const store = await open();
		const showing = { human: values.human, full: values["no-trunc"] };
		const rows = (await history(store, name, platform)).map((line) => row(line, showing));
		const { format } = values;
		if (format && format !== "table") {
			const { formatRows } = await import("../template/format.ts");
			writeOut(STDOUT, formatRows(rows, format, LISTING));
		} else if (values.quiet) writeOut(STDOUT, rows.map(({ ID }) => `${ID}\n`).join(""));
		else writeOut(STDOUT, defaultTable(rows, showing));
		return 0;
	},
});

/** A line as templates see it. */
function row(line: HistoryLine, { human, full }: Showing) {
	const createdAt = rfc3339(line.created);
	const createdBy = line.createdBy.replaceAll("\t", " ");
	return {
		Comment: line.comment,
		CreatedAt: createdAt,
		CreatedBy: full ? createdBy : shorten(createdBy, CREATED_BY_WIDTH),
		CreatedSince: human ? age(line.created) : createdAt,
		ID: line.id === undefined ? MISSING : full ? line.id : shortId(line.id),
		Size: human ? formatSize(line.size) : String(line.size),
	};
}

function defaultTable(rows: ReturnType<typeof row>[], { human }: Showing): string {
	const titles = ["IMAGE", human ? "CREATED" : "CREATED AT", "CREATED BY", "SIZE", "COMMENT"];
	return table([titles, ...rows.map((one) => [one.ID, one.CreatedSince, one.CreatedBy, one.Size, one.Comment])]);
}

function age(created: string | undefined): string {
	return created === undefined || Date.parse(created) <= EPOCH ? "N/A" : `${since(created)} ago`;
}

/** Go's time.RFC3339 in the caller's time zone; a time that is not there is that of 1970. */
function rfc3339(time = "1970-01-01T00:00:00Z"): string {
	const date = new Date(time);
	const offset = -date.getTimezoneOffset();
	const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
	const two = (number: number) => String(number).padStart(2, "0");
	const size = Math.abs(offset);
	return offset === 0
		? `${local}Z`
		: `${local}${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

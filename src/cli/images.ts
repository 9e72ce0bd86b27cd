/** `images`: one line for each name of an image, and one for an image without. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, list as listFlag, string, type Values } from "../flags/flags.ts";
import type { ImageSummary } from "../image/image.ts";
import { list, select } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { since } from "../text/age.ts";
import { formatSize } from "../text/size.ts";
import { shortId, table } from "../text/table.ts";
import { verb } from "./verb.ts";

const NONE = "<none>";

/** An image under one of its names. */
interface Line {
	repository: string;
	tag: string;
	image: ImageSummary;
}

const flags = {
	all: bool("a", "also images without a name that others were committed on top of"),
	digests: bool("", "print digests"),
	filter: listFlag(
		"f",
		"list only those that fit: dangling=true, label=KEY[=VALUE], reference=PATTERN, before=IMAGE …",
	),
	format: string("", "print with a Go template: 'table TEMPLATE', 'json', 'raw', or a template"),
	"no-trunc": bool("", "print ids in full"),
	quiet: bool("q", "print ids only"),
};

export default verb({
	usage: "[OPTIONS] [REPOSITORY[:TAG]]",
	operands: { least: 0, most: 1 },
	completes: ["image"],
	flags,
	examples: [
		"images",
		"images busybox",
		"images -q --no-trunc",
		"images --filter dangling=true",
		"images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
	],
	async run({ values, operands: [pattern], open }) {
		const store = await open();
		const lines = (await chosen(store, values, pattern)).flatMap(linesOf);
		const id = (line: Line) => (values["no-trunc"] ? line.image.id : shortId(line.image.id));
		if (values.format && values.format !== "table") await printFormatted(lines, id, values);
		else if (values.quiet) writeOut(STDOUT, lines.map((line) => `${id(line)}\n`).join(""));
		else writeOut(STDOUT, table([titles(values.digests), ...lines.map((line) => row(line, id(line), values.digests))]));
		return 0;
	},
});

type Given = Values<typeof flags>;

/** docker's client makes a filter of the operand, too. */
async function chosen(store: Store, values: Given, pattern: string | undefined): Promise<ImageSummary[]> {
	if (values.filter.length === 0 && !pattern) return list(store, values);
	const { imageFilters, parseFilters } = await import("../flags/filter.ts");
	const filters = [...values.filter, ...(pattern ? [`reference=${pattern}`] : [])];
	return select(store, parseFilters(filters, imageFilters), values);
}

function linesOf(image: ImageSummary): Line[] {
	const named = image.references.map((reference) => {
		const colon = reference.lastIndexOf(":");
		return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1), image };
	});
	return named.length > 0 ? named : [{ repository: NONE, tag: NONE, image }];
}

async function printFormatted(lines: readonly Line[], id: (line: Line) => string, values: Given): Promise<void> {
	const { formatRows } = await import("../template/format.ts");
	const { imageListing, imageRow } = await import("./image-rows.ts");
	const rows = lines.map((line) => imageRow(line, id(line)));
	const given = values.format as string;
	// docker adds the column to a table of the user's own.
	const adds = values.digests && given.startsWith("table") && !given.includes("{{.Digest}}");
	writeOut(STDOUT, formatRows(rows, adds ? `${given}\t{{.Digest}}` : given, imageListing(values)));
}

const titles = (digests: boolean): string[] => [
	"REPOSITORY",
	"TAG",
	...(digests ? ["DIGEST"] : []),
	"IMAGE ID",
	"CREATED",
	"SIZE",
];

/** No image has a digest of a registry's yet. */
const row = ({ repository, tag, image }: Line, id: string, digests: boolean): string[] => [
	repository,
	tag,
	...(digests ? [NONE] : []),
	id,
	`${since(image.created)} ago`,
	formatSize(image.size),
];

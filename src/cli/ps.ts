/** `ps`: containers, one a line. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import type { Summary } from "../container/container.ts";
import { Facts, list, select, shownPorts } from "../container/container.ts";
import { bool, int, list as listFlag, string, type Values } from "../flags/flags.ts";
import type { Store } from "../kernel/store.ts";
import { since } from "../text/age.ts";
import { shortId, table } from "../text/table.ts";
import { commandText, status } from "./container-text.ts";
import { verb } from "./verb.ts";

const TITLES = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"];

const flags = {
	all: bool("a", "list all containers, not only those that run"),
	filter: listFlag("f", "list only those that fit: label=KEY[=VALUE], status=exited, name=PATTERN, ancestor=IMAGE …"),
	format: string("", "print with a Go template: 'table TEMPLATE', 'json', 'raw', or a template"),
	last: int("n", "list the newest so many, whatever their state", { standard: "-1" }),
	latest: bool("l", "list the newest one, whatever its state"),
	"no-trunc": bool("", "print ids and commands in full"),
	quiet: bool("q", "print ids only"),
	size: bool("s", "print how much each has written"),
};

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags,
	examples: [
		"ps",
		"ps -a",
		"ps -aq --no-trunc",
		"ps --filter status=exited --filter label=team=web",
		"ps --format 'table {{.ID}}\\t{{.Names}}\\t{{.Status}}'",
	],
	async run({ values, open }) {
		const store = await open();
		const summaries = await chosen(store, values);
		if (values.quiet) await printIds(summaries, values);
		else if (values.format && values.format !== "table") await printFormatted(store, summaries, values);
		else await printTable(store, summaries, values);
		return 0;
	},
});

type Given = Values<typeof flags>;

async function chosen(store: Store, values: Given): Promise<Summary[]> {
	const last = lastOf(values);
	if (values.filter.length === 0) return (await list(store, { all: values.all || last !== undefined })).slice(0, last);
	const { containerFilters, parseFilters } = await import("../flags/filter.ts");
	return select(store, { all: values.all, filters: parseFilters(values.filter, containerFilters), last });
}

/** docker: -n wins over -l, and what is no number of containers means any. */
function lastOf({ last = -1, latest }: Given): number | undefined {
	if (last === -1 && latest) return 1;
	return last > 0 ? last : undefined;
}

async function printIds(summaries: readonly Summary[], values: Given): Promise<void> {
	if (values.format) {
		const { warn } = await import("../flags/notice.ts");
		warn("Ignoring custom format, because both --format and --quiet are set.");
	}
	writeOut(STDOUT, summaries.map((summary) => `${idText(summary, values)}\n`).join(""));
}

async function printFormatted(store: Store, summaries: readonly Summary[], values: Given): Promise<void> {
	const { formatRows } = await import("../template/format.ts");
	const { containerListing, containerRows } = await import("./container-rows.ts");
	const format = values.format as string;
	// A template that asks for sizes gets them; `json` alone prints what is there without (docker/cli, container/list.go).
	const rows = await containerRows(store, summaries, {
		full: values["no-trunc"],
		size: values.size || format !== "json",
	});
	writeOut(STDOUT, formatRows(rows, format, containerListing(values.size)));
}

async function printTable(store: Store, summaries: readonly Summary[], values: Given): Promise<void> {
	const ports = await portsShown(store, summaries);
	const rows = summaries.map((summary) => row(summary, idText(summary, values), values["no-trunc"], ports));
	if (!values.size) return writeOut(STDOUT, table([TITLES, ...rows]));
	const { sizeText } = await import("./container-rows.ts");
	const facts = new Facts(store);
	const sized = rows.map((cells, index) => [...cells, sizeText(store, facts, summaries[index] as Summary)]);
	writeOut(STDOUT, table([[...TITLES, "SIZE"], ...sized]));
}

const idText = ({ id }: Summary, values: Given): string => (values["no-trunc"] ? id : shortId(id));

/** A container's ports as text; loaded where one runs, and is not without a network. */
async function portsShown(store: Store, summaries: readonly Summary[]): Promise<(summary: Summary) => string> {
	if (summaries.every(({ pid, options }) => pid === undefined || options.network === "none")) return () => "";
	const { portsText } = await import("./ports-text.ts");
	const ports = await shownPorts(store);
	return (summary) => portsText(ports(summary));
}

function row(summary: Summary, id: string, full: boolean, ports: (summary: Summary) => string): string[] {
	return [
		id,
		summary.image,
		commandText(summary, full),
		`${since(summary.created)} ago`,
		status(summary),
		ports(summary),
		summary.name,
	];
}

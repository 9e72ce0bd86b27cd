/** `stats`: what containers use, measured each second. */

import { isTerminal, STDOUT, writeOut } from "../../ffi/output.ts";
import { waitReadable } from "../../ffi/process.ts";
import { meter, type Usage } from "../container/container.ts";
import { bool, string, type Values } from "../flags/flags.ts";
import { table } from "../text/table.ts";
import { forEachName } from "./each.ts";
import { cellsOf, TITLES } from "./stats-cells.ts";
import { verb } from "./verb.ts";

/** Milliseconds; docker's. */
const INTERVAL = 1000;

const flags = {
	all: bool("a", "show all containers, not only those that run"),
	format: string("", "print with a Go template: 'table TEMPLATE', 'json', or a template"),
	"no-stream": bool("", "print once"),
	"no-trunc": bool("", "print ids in full"),
};

type Given = Values<typeof flags>;

export default verb({
	usage: "[OPTIONS] [CONTAINER...]",
	operands: { least: 0 },
	completes: ["container"],
	flags,
	description:
		"Where the kernel tells how long processes waited for what they need (PSI), templates also have CPUPressure, MemPressure and IOPressure: percent of the last ten seconds in which some waited, and in which all did.",
	examples: [
		"stats",
		"stats --no-stream web db",
		"stats -a --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}}'",
		"stats --format json",
	],
	async run({ values, operands, open }) {
		const print = await printer(values);
		const store = await open();
		const counting = await meter(store, { all: values.all, pressure: asksPressure(values) });
		if ((await forEachName(operands, (name) => void counting.add(name))) !== 0) return 1;
		await counting.look();
		const redraws = !values["no-stream"] && isTerminal(STDOUT);
		for (let next = counting.begin() + INTERVAL; ; next += INTERVAL) {
			waitReadable([], Math.max(0, next - performance.now()));
			if (!values["no-stream"]) await counting.look();
			const text = print(await counting.measure());
			writeOut(STDOUT, redraws ? redrawn(text) : text);
			if (values["no-stream"]) return 0;
		}
	},
});

const asksPressure = ({ format = "" }: Given): boolean => format.includes("Pressure");

/** @throws Failure for a template that is wrong, before anything is measured */
async function printer(values: Given): Promise<(usages: readonly Usage[]) => string> {
	const { format } = values;
	const full = values["no-trunc"];
	if (!format || format === "table") return (usages) => table([TITLES, ...usages.map((usage) => cellsOf(usage, full))]);
	const { formatRows } = await import("../template/format.ts");
	const { statsListing, statsRow } = await import("./stats-rows.ts");
	const pressure = asksPressure(values);
	const listing = statsListing(pressure);
	formatRows([], format, listing);
	return (usages) =>
		formatRows(
			usages.map((usage) => statsRow(usage, full, pressure)),
			format,
			listing,
		);
}

/** Over what was there, line by line: the screen is never empty (docker/cli, container/stats.go). */
function redrawn(text: string): string {
	return `\x1b[H${text.replaceAll("\n", "\x1b[K\n")}\x1b[J`;
}

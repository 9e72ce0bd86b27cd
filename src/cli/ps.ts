/** `ps`: containers, one a line. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import type { Summary } from "../container/container.ts";
import { since } from "./age.ts";
import { bool } from "./flags.ts";
import { quote } from "./quote.ts";
import { shorten, shortId, table } from "./table.ts";
import { verb } from "./verb.ts";

const TITLES = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"];
/** docker/cli, formatter: maximum width of a command */
const COMMAND_WIDTH = 20;

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		all: bool("a", "list all containers, not only those that run"),
		"no-trunc": bool("", "print ids and commands in full"),
		quiet: bool("q", "print ids only"),
	},
	examples: ["ps", "ps -a", "ps -aq --no-trunc"],
	async run({ values, open }) {
		const store = await open();
		const { list } = await import("../container/container.ts");
		const summaries = list(store, { all: values.all });
		const id = values["no-trunc"] ? (summary: Summary) => summary.id : (summary: Summary) => shortId(summary.id);
		if (values.quiet) writeOut(STDOUT, summaries.map((summary) => `${id(summary)}\n`).join(""));
		else
			writeOut(STDOUT, table([TITLES, ...summaries.map((summary) => row(summary, id(summary), values["no-trunc"]))]));
		return 0;
	},
});

function row(summary: Summary, id: string, full: boolean): string[] {
	const command = commandLine(summary.command);
	return [
		id,
		summary.image,
		quote(full ? command : shorten(command, COMMAND_WIDTH)),
		`${since(summary.created)} ago`,
		status(summary),
		"",
		summary.name,
	];
}

/** As docker shows it (moby, container/view.go): an argument that holds a blank stands between apostrophes. */
export function commandLine([path = "", ...args]: readonly string[]): string {
	return [path, ...args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" ");
}

/** docker's status: `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`. */
export function status(summary: Summary): string {
	if (summary.state === "running") return `Up ${since(summary.started ?? summary.created)}`;
	if (summary.state === "created") return "Created";
	const ended = `(${summary.exitCode ?? 0}) ${since(summary.finished ?? summary.created)} ago`;
	if (summary.state === "restarting") return `Restarting ${ended}`;
	return `Exited ${ended}`;
}

/** A container's command and status, in docker's words. */

import type { Summary } from "../container/container.ts";
import { since } from "../text/age.ts";
import { quote } from "../text/quote.ts";
import { shorten } from "../text/table.ts";

/** docker/cli, formatter: maximum width of a command */
const COMMAND_WIDTH = 20;

/** The command in quotes, cut unless `full`. */
export function commandText({ command }: Pick<Summary, "command">, full: boolean): string {
	const line = commandLine(command);
	return quote(full ? line : shorten(line, COMMAND_WIDTH));
}

/** As docker shows it (moby, container/view.go): an argument that holds a blank stands between apostrophes. */
export function commandLine([path = "", ...args]: readonly string[]): string {
	let line = path;
	for (const arg of args) line += arg.includes(" ") ? ` '${arg}'` : ` ${arg}`;
	return line;
}

/** docker's status: `Up 3 seconds`, `Up 3 seconds (healthy)`, `Up 3 seconds (Paused)`, `Restarting (1) 2 seconds ago`, `Exited (0) 2 minutes ago`. */
export function status(summary: Summary): string {
	const up = `Up ${since(summary.started ?? summary.created)}`;
	if (summary.state === "paused") return `${up} (Paused)`;
	if (summary.state === "running") return `${up}${healthText(summary)}`;
	if (summary.state === "created") return "Created";
	const ended = `(${summary.exitCode ?? 0}) ${since(summary.finished ?? summary.created)} ago`;
	return summary.state === "restarting" ? `Restarting ${ended}` : `Exited ${ended}`;
}

function healthText({ health }: Summary): string {
	if (health === undefined) return "";
	return health === "starting" ? " (health: starting)" : ` (${health})`;
}

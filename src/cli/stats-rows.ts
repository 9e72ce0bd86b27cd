/** The lines of `stats` for --format, as docker's fields have them. Imported only when --format is given. */

import type { Usage } from "../container/container.ts";
import type { Listing, Row } from "../template/format.ts";
import { cellsOf, stalledText, TITLES } from "./stats-cells.ts";

/** docker's names of the cells. */
const FIELDS = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"] as const;

/** Ours: docker has none for them. */
const PRESSURE = { CPUPressure: "CPU PRESSURE", MemPressure: "MEM PRESSURE", IOPressure: "I/O PRESSURE" };

/** What `stats --format` can print. @param pressure it names ours, which `json` has not else */
export const statsListing = (pressure: boolean): Listing => ({
	type: "stats",
	titles: {
		Container: "CONTAINER",
		...Object.fromEntries(FIELDS.map((field, index) => [field, TITLES[index] as string])),
		...(pressure && PRESSURE),
	},
});

/**
 * Makes a row of a container.
 * @param full the id is not cut
 * @param pressure as for statsListing
 */
export function statsRow(usage: Usage, full: boolean, pressure: boolean): Row {
	const cells = cellsOf(usage, full);
	const { cpu, memory, io } = usage.amounts?.pressure ?? {};
	return {
		Container: usage.given,
		...Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] as string])),
		...(pressure && {
			CPUPressure: stalledText(cpu),
			MemPressure: stalledText(memory),
			IOPressure: stalledText(io),
		}),
	};
}

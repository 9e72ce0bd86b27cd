/** What `stats` prints of a container, as docker writes it (docker/cli, container/formatter_stats.go). */

import type { Amounts, Stalled, Usage } from "../container/container.ts";
import { formatBinarySize, formatSize } from "../text/size.ts";
import { shortId } from "../text/table.ts";

export const TITLES = [
	"CONTAINER ID",
	"NAME",
	"CPU %",
	"MEM USAGE / LIMIT",
	"MEM %",
	"NET I/O",
	"BLOCK I/O",
	"PIDS",
] as const;

/** docker's sign for what it does not know. */
const UNKNOWN = "--";

/** The cells below TITLES. @param full the id is not cut */
export function cellsOf({ id, name, amounts }: Usage, full: boolean): string[] {
	const { cpu, memory, memoryLimit, received, sent, transferred, processes }: Partial<Amounts> = amounts ?? {};
	return [
		full ? id : shortId(id),
		name,
		percentage(cpu),
		memory === undefined || memoryLimit === undefined
			? `${UNKNOWN} / ${UNKNOWN}`
			: `${formatBinarySize(memory)} / ${formatBinarySize(memoryLimit)}`,
		percentage(share(memory, memoryLimit)),
		pair(received, sent),
		pair(transferred?.read, transferred?.written),
		processes === undefined ? UNKNOWN : String(processes),
	];
}

/** `6.03% / 0.00%`: some waited, all did. */
export function stalledText(stalled: Stalled | undefined): string {
	return stalled ? `${percentage(stalled.some)} / ${percentage(stalled.full)}` : UNKNOWN;
}

function percentage(value: number | undefined): string {
	return value === undefined ? UNKNOWN : `${value.toFixed(2)}%`;
}

function share(used: number | undefined, limit: number | undefined): number | undefined {
	if (used === undefined || limit === undefined) return undefined;
	return limit > 0 ? (used / limit) * 100 : 0;
}

function pair(one: number | undefined, other: number | undefined): string {
	return one === undefined || other === undefined ? UNKNOWN : `${formatSize(one)} / ${formatSize(other)}`;
}

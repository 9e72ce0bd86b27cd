/** `system df`: what images, containers and volumes take on the disk. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { list, upStates, writtenBytes } from "../container/container.ts";
import { bool, string } from "../flags/flags.ts";
import { usage } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import type { Listing } from "../template/format.ts";
import { formatSize } from "../text/size.ts";
import { table } from "../text/table.ts";
import { volumeUsage } from "../volume/volume.ts";
import { verb } from "./verb.ts";

const LISTING: Listing = {
	type: "formatter.diskUsageContext",
	titles: {
		Active: "ACTIVE",
		Reclaimable: "RECLAIMABLE",
		Size: "SIZE",
		TotalCount: "TOTAL",
		Type: "TYPE",
	},
	raw: `type: {{.Type}}
total: {{.TotalCount}}
active: {{.Active}}
size: {{.Size}}
reclaimable: {{.Reclaimable}}
`,
};

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		format: string("", "print with a Go template: 'table TEMPLATE', 'json', 'raw', or a template"),
		verbose: bool("v", "every image, container and volume by itself"),
	},
	examples: ["system df", "system df -v", "system df --format '{{.Type}}: {{.Reclaimable}}'"],
	busy: true,
	async run({ values, open }) {
		const store = await open();
		const given = values.format && values.format !== "table" ? values.format : undefined;
		writeOut(STDOUT, values.verbose ? await verbose(store, given) : await summary(store, given));
		return 0;
	},
});

async function verbose(store: Store, format: string | undefined): Promise<string> {
	const { verboseTables, verboseFormat } = await import("./system-df-verbose.ts");
	return format === undefined ? verboseTables(store) : verboseFormat(store, format);
}

async function summary(store: Store, format: string | undefined): Promise<string> {
	const rows = await lines(store);
	if (format === undefined)
		return table([
			["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"],
			...rows.map((row) => [row.Type, row.TotalCount, row.Active, row.Size, row.Reclaimable]),
		]);
	const { formatRows } = await import("../template/format.ts");
	return formatRows(rows, format, LISTING);
}

/** What a line says, in bytes. */
interface Sum {
	count: number;
	active: number;
	bytes: number;
	reclaimable: number;
}

async function lines(store: Store) {
	const none: Sum = { count: 0, active: 0, bytes: 0, reclaimable: 0 };
	return [
		line("Images", await imageSum(store)),
		line("Containers", await containerSum(store)),
		line("Local Volumes", await volumeSum(store)),
		line("Build Cache", none),
	];
}

/** As docker words it (docker/cli, formatter/disk_usage.go). */
function line(type: string, { count, active, bytes, reclaimable }: Sum) {
	const share = bytes > 0 ? ` (${Math.floor((reclaimable * 100) / bytes)}%)` : "";
	return {
		Active: String(active),
		Reclaimable: `${formatSize(reclaimable, 4)}${share}`,
		Size: formatSize(bytes, 4),
		TotalCount: String(count),
		Type: type,
	};
}

async function imageSum(store: Store): Promise<Sum> {
	const { images, bytes, reclaimable } = await usage(store);
	const active = [...images.values()].filter(({ containers }) => containers > 0).length;
	return { count: images.size, active, bytes, reclaimable };
}

async function containerSum(store: Store): Promise<Sum> {
	const found = (await list(store, { all: true })).map(({ id, state }) => ({ bytes: writtenBytes(store, id), state }));
	const idle = found.filter(({ state }) => !upStates.includes(state));
	const total = (some: typeof found) => some.reduce((sum, { bytes }) => sum + bytes, 0);
	return { count: found.length, active: found.length - idle.length, bytes: total(found), reclaimable: total(idle) };
}

async function volumeSum(store: Store): Promise<Sum> {
	const sum: Sum = { count: 0, active: 0, bytes: 0, reclaimable: 0 };
	for (const { links, bytes } of await volumeUsage(store)) {
		sum.count++;
		sum.bytes += bytes;
		if (links > 0) sum.active++;
		else sum.reclaimable += bytes;
	}
	return sum;
}

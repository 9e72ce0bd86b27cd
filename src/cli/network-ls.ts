/** `network ls`: networks, one a line. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { selectNetworks } from "../container/container.ts";
import { bool, list, string } from "../flags/flags.ts";
import type { NetworkSummary } from "../network/network.ts";
import { compareNaturally } from "../text/natural.ts";
import { shortId, table } from "../text/table.ts";
import { verb } from "./verb.ts";

const TITLES = ["NETWORK ID", "NAME", "DRIVER", "SCOPE"];

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		filter: list("f", "list only those that fit: driver=bridge, name=PATTERN, label=KEY[=VALUE], dangling=true …"),
		format: string("", "print with a Go template: 'table TEMPLATE', 'json', 'raw', or a template"),
		"no-trunc": bool("", "print ids in full"),
		quiet: bool("q", "print ids only"),
	},
	examples: [
		"network ls",
		"network ls -q --no-trunc --filter driver=bridge",
		"network ls --format '{{.Name}}: {{.Driver}} {{.Internal}}'",
	],
	async run({ values: { filter, format, quiet, "no-trunc": full }, open }) {
		const { networkFilters, parseFilters } = await import("../flags/filter.ts");
		const filters = parseFilters(filter, networkFilters);
		const store = await open();
		const networks = await selectNetworks(store, filters);
		networks.sort((one, other) => compareNaturally(one.name, other.name));
		const id = (network: NetworkSummary) => (full ? network.id : shortId(network.id));
		if (format && format !== "table") await printFormatted(networks, id, format, quiet);
		else if (quiet) writeOut(STDOUT, networks.map((network) => `${id(network)}\n`).join(""));
		else writeOut(STDOUT, table([TITLES, ...networks.map((network) => row(network, id(network)))]));
		return 0;
	},
});

const row = ({ name, driver, scope }: NetworkSummary, id: string): string[] => [id, name, driver, scope];

async function printFormatted(
	networks: readonly NetworkSummary[],
	id: (network: NetworkSummary) => string,
	format: string,
	quiet: boolean,
): Promise<void> {
	const { formatRows } = await import("../template/format.ts");
	const { networkListing, networkRow } = await import("./network-rows.ts");
	const rows = networks.map((network) => networkRow(network, id(network)));
	writeOut(STDOUT, formatRows(rows, format, networkListing(quiet)));
}

/** `network prune`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { pruneNetworks } from "../container/container.ts";
import { bool, list } from "../flags/flags.ts";
import { confirm } from "./confirm.ts";
import { networkLines, parsePruneFilters, pruneFilters } from "./pruning.ts";
import { verb } from "./verb.ts";

const WARNING =
	"WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue?";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		filter: list("", "only those that fit: label=KEY[=VALUE], label!=KEY, until=TIME"),
		force: bool("f", "do not ask"),
	},
	examples: ["network prune", "network prune -f --filter until=24h"],
	async run({ values, open }) {
		const filters = await parsePruneFilters(values.filter, pruneFilters);
		if (!values.force && !confirm(WARNING)) return 0;
		const store = await open();
		writeOut(STDOUT, networkLines(await pruneNetworks(store, filters)));
		return 0;
	},
});

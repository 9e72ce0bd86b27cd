/** `volume prune`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import type { Filters } from "../filters.ts";
import { bool, list } from "../flags/flags.ts";
import { pruneVolumes } from "../volume/volume.ts";
import { confirm } from "./confirm.ts";
import { parsePruneFilters, reclaimed, volumeLines, volumePruneFilters } from "./pruning.ts";
import { verb } from "./verb.ts";

const warning = (which: string): string =>
	`WARNING! This will remove ${which} local volumes not used by at least one container.\nAre you sure you want to continue?`;

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		all: bool("a", "also volumes with a name, not only anonymous ones"),
		filter: list("", "only those that fit: label=KEY[=VALUE], label!=KEY, all=true"),
		force: bool("f", "do not ask"),
	},
	examples: ["volume prune", "volume prune -a -f --filter label!=keep"],
	async run({ values, open }) {
		const filters = await parsePruneFilters(values.filter, volumePruneFilters);
		const all = isForAll(filters, values.all);
		if (!values.force && !confirm(warning(values.all ? "all" : "anonymous"))) return 0;
		const pruned = await pruneVolumes(await open(), { all, filters });
		writeOut(STDOUT, `${volumeLines(pruned)}${reclaimed(pruned.bytes)}`);
		return 0;
	},
});

/** docker's client makes a filter of -a: both must not be given. Its values are Go's (strconv.ParseBool). */
function isForAll(filters: Filters, all: boolean): boolean {
	const values = filters.get("all");
	if (values === undefined) return all;
	if (all) throw new Failure("conflicting options: cannot specify both --all and --filter all=1");
	const [value = "", more] = values;
	if (more !== undefined) throw new Failure(`invalid filter 'all=[${values.join(" ")}]': only one value is expected`);
	if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
	if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
	throw new Failure(`invalid filter 'all=${value}': true or false is expected`);
}

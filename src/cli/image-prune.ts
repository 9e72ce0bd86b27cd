/** `image prune`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, list } from "../flags/flags.ts";
import { prune } from "../image/image.ts";
import { confirm } from "./confirm.ts";
import { imageLines, parsePruneFilters, pruneFilters, reclaimed } from "./pruning.ts";
import { verb } from "./verb.ts";

const warning = (all: boolean) =>
	`WARNING! This will remove ${all ? "all images without at least one container associated to them" : "all dangling images"}.\nAre you sure you want to continue?`;

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		all: bool("a", "also those that have a name, if no container uses them"),
		filter: list("", "only those that fit: label=KEY[=VALUE], label!=KEY, until=TIME"),
		force: bool("f", "do not ask"),
	},
	examples: ["image prune", "image prune -a -f --filter until=24h"],
	async run({ values, open }) {
		const filters = await parsePruneFilters(values.filter, [...pruneFilters, "dangling"]);
		if (!values.force && !confirm(warning(values.all))) return 0;
		const store = await open();
		const pruned = await prune(store, { all: values.all, filters });
		writeOut(STDOUT, `${imageLines(pruned)}${reclaimed(pruned.bytes)}`);
		return 0;
	},
});

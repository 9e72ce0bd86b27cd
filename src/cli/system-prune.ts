/** `system prune`: all that is not used. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { prune as pruneContainers, pruneNetworks } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { bool, list, type Values } from "../flags/flags.ts";
import { prune as pruneImages } from "../image/image.ts";
import { pruneVolumes } from "../volume/volume.ts";
import { confirm } from "./confirm.ts";
import {
	containerLines,
	imageLines,
	networkLines,
	parsePruneFilters,
	pruneFilters,
	reclaimed,
	volumeLines,
} from "./pruning.ts";
import { verb } from "./verb.ts";

const flags = {
	all: bool("a", "also images that have a name, if no container uses them"),
	filter: list("", "only what fits: label=KEY[=VALUE], label!=KEY, until=TIME"),
	force: bool("f", "do not ask"),
	volumes: bool("", "anonymous volumes, too"),
};

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags,
	examples: ["system prune", "system prune -a -f --filter label!=keep"],
	async run({ values, open }) {
		const filters = await parsePruneFilters(values.filter, pruneFilters);
		if (values.volumes && filters.has("until"))
			throw new Failure('the "until" filter is not supported with "--volumes"');
		if (!values.force && !confirm(warning(values))) return 0;
		const store = await open();
		const stopped = await pruneContainers(store, filters);
		writeOut(STDOUT, containerLines(stopped));
		writeOut(STDOUT, networkLines(await pruneNetworks(store, filters)));
		const volumes = values.volumes ? await pruneVolumes(store, { all: false, filters }) : { names: [], bytes: 0 };
		writeOut(STDOUT, volumeLines(volumes));
		const unused = await pruneImages(store, { all: values.all, filters });
		writeOut(STDOUT, `${imageLines(unused)}${reclaimed(stopped.bytes + volumes.bytes + unused.bytes)}`);
		return 0;
	},
});

/** docker's lines (docker/cli, cli/command/system/prune.go): nothing of ours is a cache yet. */
function warning({ all, filter, volumes }: Values<typeof flags>): string {
	const doomed = [
		"all stopped containers",
		"all networks not used by at least one container",
		...(volumes ? ["all anonymous volumes not used by at least one container"] : []),
		all ? "all images without at least one container associated to them" : "all dangling images",
		all ? "all build cache" : "unused build cache",
	];
	const lines = (items: readonly string[]) => items.map((item) => `  - ${item}\n`).join("");
	const filtered =
		filter.length > 0 ? `\n  Items to be pruned will be filtered with:\n${lines([...filter].sort())}` : "";
	return `WARNING! This will remove:\n${lines(doomed)}${filtered}\nAre you sure you want to continue?`;
}

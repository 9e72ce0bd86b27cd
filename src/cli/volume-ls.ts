/** `volume ls`: volumes, one a line. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, list, string } from "../flags/flags.ts";
import { compareNaturally } from "../text/natural.ts";
import { table } from "../text/table.ts";
import { listVolumes } from "../volume/volume.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		filter: list("f", "list only those that fit: dangling=true, driver=local, label=KEY[=VALUE], name=PATTERN"),
		format: string("", "print with a Go template: 'table TEMPLATE', 'json', 'raw', or a template"),
		quiet: bool("q", "print names only"),
	},
	examples: ["volume ls", "volume ls -q --filter dangling=true", "volume ls --format '{{.Name}}: {{.Mountpoint}}'"],
	async run({ values: { filter, format, quiet }, open }) {
		const { parseFilters, volumeFilters } = await import("../flags/filter.ts");
		const filters = parseFilters(filter, volumeFilters);
		const store = await open();
		const volumes = await listVolumes(store, filters);
		volumes.sort((one, other) => compareNaturally(one.name, other.name));
		if (format && format !== "table") {
			const { formatRows } = await import("../template/format.ts");
			const { volumeListing, volumeRow } = await import("./volume-rows.ts");
			const rows = volumes.map((volume) => volumeRow(volume, store.places));
			writeOut(STDOUT, formatRows(rows, format, volumeListing(quiet)));
		} else if (quiet) writeOut(STDOUT, volumes.map(({ name }) => `${name}\n`).join(""));
		else writeOut(STDOUT, table([["DRIVER", "VOLUME NAME"], ...volumes.map(({ name }) => ["local", name])]));
		return 0;
	},
});

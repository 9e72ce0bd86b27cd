/** The lines of `volume ls` for --format, as docker's fields have them. Imported only when --format is given, and by `system df -v`. */

import { type Places, volumeContent } from "../places.ts";
import { type Listing, labelTitle } from "../template/format.ts";
import type { Method, Value } from "../template/template.ts";
import { formatSize } from "../text/size.ts";
import type { Volume } from "../volume/volume.ts";

/** docker's for what is a swarm's, and for what a listing does not ask. */
const NOT_SAID = "N/A";

/** What `volume ls --format` can print. */
export const volumeListing = (quiet: boolean): Listing => ({
	type: "volume",
	titles: {
		Availability: "AVAILABILITY",
		Driver: "DRIVER",
		Group: "GROUP",
		Labels: "LABELS",
		Links: "LINKS",
		Mountpoint: "MOUNTPOINT",
		Name: "VOLUME NAME",
		Scope: "SCOPE",
		Size: "SIZE",
		Status: "STATUS",
	},
	methods: { Label: labelTitle },
	raw: quiet ? "name: {{.Name}}" : "name: {{.Name}}\ndriver: {{.Driver}}\n",
});

/** Makes a row of a volume. @param usage what only `system df` says */
export function volumeRow(
	{ name, labels = {} }: Pick<Volume, "name" | "labels">,
	places: Places,
	usage?: { links: number; bytes: number },
): Record<string, Value | Method> {
	return {
		Availability: NOT_SAID,
		Driver: "local",
		Group: NOT_SAID,
		Label: (label: string) => (Object.hasOwn(labels, label) ? (labels[label] as string) : ""),
		Labels: Object.entries(labels)
			.map(([label, value]) => `${label}=${value}`)
			.sort()
			.join(","),
		Links: usage ? String(usage.links) : NOT_SAID,
		Mountpoint: volumeContent(places, name),
		Name: name,
		Scope: "local",
		Size: usage ? formatSize(usage.bytes, 4) : NOT_SAID,
		Status: NOT_SAID,
	};
}

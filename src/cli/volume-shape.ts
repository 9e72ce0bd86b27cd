/** A volume as docker's `inspect` says it (moby, api/types/volume), in JSON and for templates. */

import type { Places } from "../places.ts";
import { volumeContent } from "../places.ts";
import { labels, type Shape, struct, text } from "../template/shape.ts";
import type { Volume } from "../volume/volume.ts";
import { localTime } from "./event-text.ts";

/** volume.Volume */
export const volumeShape: Shape = struct("volume.Volume", {
	CreatedAt: text,
	Driver: text,
	Labels: labels,
	Mountpoint: text,
	Name: text,
	Options: labels,
	Scope: text,
});

/** docker's JSON of a volume, its fields in docker's order. */
export function describeVolume({ name, created, labels = {}, options = {} }: Volume, places: Places): object {
	return {
		CreatedAt: localTime(`${created.slice(0, 19)}Z`),
		Driver: "local",
		Labels: sorted(labels),
		Mountpoint: volumeContent(places, name),
		Name: name,
		Options: sorted(options),
		Scope: "local",
	};
}

/** As Go writes a map; null where it is empty. */
function sorted(pairs: Readonly<Record<string, string>>): Record<string, string> | null {
	const entries = Object.entries(pairs).sort(([one], [other]) => (one < other ? -1 : 1));
	return entries.length > 0 ? Object.fromEntries(entries) : null;
}

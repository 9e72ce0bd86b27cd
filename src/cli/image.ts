/** An image in the shape of docker's `inspect` (test/reference has one of docker's). */

import type { Image } from "../image/image.ts";
import { layersDirectory, type Places } from "../places.ts";

const NEVER = "0001-01-01T00:00:00Z";

/**
 * docker's JSON of an image, its fields in docker's order.
 * @param tagged when it was last given a name, RFC 3339
 */
export function describeImage(image: Image, places: Places, tagged = NEVER): object {
	const { config } = image;
	const directories = image.layers.map((layer) => `${layersDirectory(places)}/${layer}`).reverse();
	return {
		Id: image.id,
		RepoTags: image.references,
		RepoDigests: [],
		Parent: image.parent ?? "",
		Comment: lastComment(config.history),
		Created: image.created,
		DockerVersion: "",
		Author: config.author ?? "",
		Architecture: config.architecture,
		...(config.variant && { Variant: config.variant }),
		Os: config.os,
		Size: image.size,
		GraphDriver: { Data: layerDirectories(directories), Name: "overlay2" },
		RootFS: { Type: "layers", Layers: config.rootfs.diff_ids },
		Metadata: { LastTagTime: tagged },
		Config: {
			Cmd: null,
			Entrypoint: null,
			Env: null,
			Labels: null,
			OnBuild: null,
			User: "",
			Volumes: null,
			WorkingDir: "",
			...config.config,
		},
	};
}

/** As docker names them: the highest layer, and those below it. */
function layerDirectories([upper = "", ...lower]: readonly string[]): object {
	return { ...(lower.length > 0 && { LowerDir: lower.join(":") }), UpperDir: upper };
}

function lastComment(history: readonly object[] | undefined): string {
	const comment = (history?.at(-1) as { comment?: unknown } | undefined)?.comment;
	return typeof comment === "string" ? comment : "";
}

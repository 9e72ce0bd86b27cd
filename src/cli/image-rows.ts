/** The lines of `images` for --format, as docker's fields have them. Imported only when --format is given. */

import type { ImageSummary } from "../image/image.ts";
import type { Listing, Row } from "../template/format.ts";
import { since } from "../text/age.ts";
import { localTime } from "../text/localtime.ts";
import { formatSize } from "../text/size.ts";

/** What `images --format` can print. */
export const imageListing = (options: { digests: boolean; quiet: boolean }): Listing => ({
	type: "image",
	titles: {
		Containers: "CONTAINERS",
		CreatedAt: "CREATED AT",
		CreatedSince: "CREATED",
		Digest: "DIGEST",
		ID: "IMAGE ID",
		Repository: "REPOSITORY",
		SharedSize: "SHARED SIZE",
		Size: "SIZE",
		Tag: "TAG",
		UniqueSize: "UNIQUE SIZE",
		VirtualSize: "SIZE",
	},
	raw: options.quiet ? "image_id: {{.ID}}" : raw(options.digests),
});

const raw = (digests: boolean): string => `repository: {{.Repository}}
tag: {{.Tag}}
${digests ? "digest: {{.Digest}}\n" : ""}image_id: {{.ID}}
created_at: {{.CreatedAt}}
virtual_size: {{.Size}}
`;

/** docker's `images` does not know these three either; `system df` does. */
const UNKNOWN = "N/A";

/** Makes a row of an image under one of its names. */
export function imageRow(
	{ repository, tag, image }: { repository: string; tag: string; image: ImageSummary },
	id: string,
): Row {
	return {
		Containers: UNKNOWN,
		CreatedAt: () => localTime(image.created),
		CreatedSince: `${since(image.created)} ago`,
		Digest: "<none>",
		ID: id,
		Repository: repository,
		SharedSize: UNKNOWN,
		Size: formatSize(image.size),
		Tag: tag,
		UniqueSize: UNKNOWN,
		VirtualSize: formatSize(image.size, 4),
	};
}

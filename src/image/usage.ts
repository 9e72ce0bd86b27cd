/** What images take on the disk: each layer counts once, however many images have it. */

import type { Store } from "../kernel/store.ts";

/** Of one image; sizes in bytes. */
export interface ImageUsage {
	/** of layers that other images have, too */
	shared: number;
	/** of its own */
	unique: number;
	/** containers made of it */
	containers: number;
}

export interface Usage {
	/** bytes of all layers */
	bytes: number;
	/** bytes of the layers of no image that a container uses */
	reclaimable: number;
	/** id → what it takes; as docker's, without images that have no name and others were committed on top of */
	images: Map<string, ImageUsage>;
}

export function usageOf(store: Store): Usage {
	const sum = (sql: string) =>
		store.first<{ bytes: number | null }>(`SELECT sum(size) AS bytes FROM ${sql}`)?.bytes ?? 0;
	const bytes = sum("layer");
	const used = sum(
		"layer WHERE chain_id IN (SELECT chain_id FROM image_layer JOIN container ON container.image = image_layer.image)",
	);
	// A layer may be in an image twice: by its chain id it is another then.
	const rows = store.all<ImageUsage & { id: string }>(`
		SELECT id,
			(SELECT count(*) FROM container WHERE container.image = image.id) AS containers,
			(SELECT coalesce(sum(size), 0) FROM image_layer JOIN layer USING (chain_id) WHERE image = id
				AND chain_id IN (SELECT chain_id FROM image_layer AS other WHERE other.image != id)) AS shared,
			(SELECT coalesce(sum(size), 0) FROM image_layer JOIN layer USING (chain_id) WHERE image = id
				AND chain_id NOT IN (SELECT chain_id FROM image_layer AS other WHERE other.image != id)) AS "unique"
		FROM image
		WHERE id IN (SELECT image FROM tag) OR id NOT IN (SELECT parent FROM image WHERE parent IS NOT NULL)`);
	return { bytes, reclaimable: bytes - used, images: new Map(rows.map(({ id, ...usage }) => [id, usage])) };
}

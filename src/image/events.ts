/** Events of images, recorded where their rows change (moby, daemon/images). */

import { record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";

/**
 * Records an event of an image: within a transaction, whose caller announces it.
 * @param name what docker calls the image in it: the new name of a tag, else the id
 */
export function recordOf(
	store: Store,
	id: string,
	action: "delete" | "import" | "load" | "save" | "tag" | "untag",
	name: string = id,
): void {
	record(store, { type: "image", action, actor: id, attributes: { name } });
}

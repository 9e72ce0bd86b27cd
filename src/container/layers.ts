/** The directories that a container's root is made of, for those who read it without entering it. */

import { isDirectory } from "../../ffi/directory.ts";
import { Failure } from "../failure.ts";
import { get, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { baseDirectory, containerDirectory, layersDirectory } from "../places.ts";
import { byId, type Container } from "./table.ts";

/** Of a container on top of an image. */
export interface Layers {
	image: Image;
	/** what the container has written, and may be writing still; undefined if it was never started */
	upper: string | undefined;
	/** the image's layers and the base layer, the topmost first */
	below: string[];
}

/**
 * The layers of a container.
 * @param what for the error: `diff`
 * @throws Failure where its root is a directory of the host's, of which nobody knows what it was before
 */
export function layersOf(store: Store, container: Container, what: string): Layers {
	if (container.image === null)
		throw new Failure(
			`${what} ${container.name}: its root is the directory ${container.options.rootfs} (--rootfs), not an image that it changes`,
		);
	const image = get(store, container.image);
	const layers = image.layers.map((layer) => `${layersDirectory(store.places)}/${layer}`).reverse();
	const upper = `${containerDirectory(store.places, container.id)}/upper`;
	return {
		image,
		upper: isDirectory(upper) ? upper : undefined,
		below: [...layers, baseDirectory(store.places)].filter(isDirectory),
	};
}

/**
 * What was read of a container is all of it only if the container is still
 * there: a removal takes the files away first.
 * @throws Failure
 */
export function checkStill(store: Store, container: Container, what: string): void {
	if (!byId(store, container.id)) throw new Failure(`${what} ${container.name}: it was removed meanwhile`);
}

/** `import`: the tar archive of a root file system becomes an image of one layer. */

import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { type Source, settle } from "../tar/source.ts";
import { Workshop } from "../tar/workshop.ts";
import { BlobWriter } from "./blob.ts";
import { collect } from "./collect.ts";
import { importedConfig } from "./config.ts";
import { applyChanges, parseChanges } from "./instructions.ts";
import { makeLayer } from "./layer.ts";
import type { Platform } from "./platform.ts";
import { publish } from "./publish.ts";

/**
 * @param reference in familiar form
 * @param options.message the comment in its history
 * @param options.changes instructions of a Dockerfile
 * @param options.platform what the image says that it is for; this machine's if undefined
 * @returns the image's id
 * @throws Failure, and nothing is left behind
 */
export async function importArchive(
	store: Store,
	source: Source,
	reference: string | undefined,
	options: { message: string; changes: readonly string[]; platform?: Platform },
): Promise<string> {
	if (options.platform && options.platform.os !== "linux")
		throw new Failure(`import: images of ${options.platform.os}: operating system is not supported`);
	const config = applyChanges({}, parseChanges(options.changes));
	collect(store);
	using workshop = Workshop.open(store.places);
	await using writer = new BlobWriter();
	const finished = await makeLayer(settle(source, workshop), workshop, writer, { lowest: true });
	const layer = await finished();
	const { id, bytes } = importedConfig(layer.diffId, now(), options.message, config, options.platform);
	const references = reference === undefined ? [] : [reference];
	const made = new Map([[layer.diffId, layer]]);
	publish(store, workshop, [{ id, config: bytes, diffIds: [layer.diffId], made, references, action: "import" }]);
	return id;
}

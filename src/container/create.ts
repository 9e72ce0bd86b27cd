/** `create`: a container that waits for its start. `run` makes its own by the same steps. */

import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import { get, type Image } from "../image/image.ts";
import { isOrphan, type Store } from "../kernel/store.ts";
import { makeDirectoriesOf } from "./files.ts";
import { insert } from "./inserting.ts";
import { type Held, lockOperation } from "./locks.ts";
import { generateId } from "./names.ts";
import { resolveDonors, resolveLinks } from "./namespaces.ts";
import type { RunOptions } from "./options.ts";
import { needsSettling } from "./points.ts";
import { programArguments } from "./program.ts";
import { erase } from "./remove.ts";
import type { Container } from "./table.ts";

/** A container that was just made; its operation lock is held until it is disposed of. */
export interface Created extends Disposable {
	container: Container;
	/** what it is made of; undefined with --rootfs */
	image: Image | undefined;
}

/**
 * Makes a container that waits for `start`.
 * @returns its id
 * @throws Failure 125, with nothing made
 */
export async function create(store: Store, options: RunOptions): Promise<string> {
	using created = await createContainer(store, { ...options, waits: true }, null);
	return created.container.id;
}

/**
 * Makes a container. The lock comes before the row: a container that is about
 * to start is never without it, so one without it, made by `run --rm`, is what
 * a kill has left.
 * @param boot id of this boot, if it is started at once
 * @throws Failure 125, with nothing made
 */
export async function createContainer(store: Store, options: RunOptions, boot: string | null): Promise<Created> {
	const image = options.image === undefined ? undefined : imageFor(store, options.image);
	const volumes = needsSettling(options, image) ? await settleVolumes(store, options, image) : undefined;
	const resolved = resolveLinks(store, resolveDonors(store, { ...options, ...volumes?.options }));
	trace("time", "image found");
	const command = programArguments(options, image?.config.config);
	const id = generateId();
	const operation = lockOperation(store, id);
	try {
		const labels = { ...image?.config.config.Labels, ...options.labels };
		const container = insert(
			store,
			{ id, image: image?.id ?? null, command, options: resolved, boot, labels },
			volumes?.use,
		);
		trace("time", "container inserted");
		if (options.storage) await limitStorage(store, container, image);
		const made = volumes ? await volumes.make(container) : container;
		return { container: made, image, [Symbol.dispose]: operation[Symbol.dispose] };
	} catch (error) {
		await giveUp(store, id, operation);
		// The image was removed after we had found it; its name may be another's by now.
		if (isOrphan(error)) return await createContainer(store, options, boot);
		throw error;
	}
}

/** What is mounted in it: as it is stored, and what is to be done for it with the container's row, and then. */
async function settleVolumes(store: Store, options: RunOptions, image: Image | undefined) {
	const [{ hasVolumes, settle, useVolumes }, { fillVolumes }] = await Promise.all([
		import("./settling.ts"),
		import("./filling.ts"),
	]);
	const settled = settle(store, options, image);
	return {
		options: { points: settled.points, ...(image && hasVolumes(settled) && { unfilled: true as const }) },
		use: (id: string) => useVolumes(store, id, settled),
		make: (container: Container) => fillVolumes(store, container),
	};
}

async function limitStorage(store: Store, container: Container, image: Image | undefined): Promise<void> {
	makeDirectoriesOf(store, container.id, image?.layers[image.layers.length - 1]);
	await (await import("./storage.ts")).limitStorage(store, container);
}

/** There is little more than the lock's file. */
async function giveUp(store: Store, id: string, operation: Held): Promise<void> {
	using _operation = operation;
	await erase(store, id, { volumes: true });
}

/** An image that cannot be used keeps the program from starting: 125. */
function imageFor(store: Store, name: string): Image {
	try {
		return get(store, name);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

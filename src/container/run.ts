/** `run`: from options to an exit code, or to a container in the background. */

import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import { get, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { launchContainer, type Started } from "./launching.ts";
import { lockOperation } from "./locks.ts";
import { generateId } from "./names.ts";
import type { RunOptions } from "./options.ts";
import { erase, eraseEnded } from "./remove.ts";
import { follow } from "./session.ts";
import { programArguments } from "./spec.ts";
import { bootId } from "./state.ts";
import { byId, insert, noteFailedStart } from "./table.ts";

/** What `run` did. */
export interface RunResult {
	id: string;
	exitCode: number;
}

/**
 * Makes a container and runs it: to its end in the foreground, or until it has
 * started with `detach`.
 * @throws Failure 125, 126 or 127; the container stays as "created" unless --rm
 */
export async function run(store: Store, options: RunOptions): Promise<RunResult> {
	const image = options.image === undefined ? undefined : imageFor(store, options.image);
	trace("time", "image found");
	const id = generateId();
	const started = await createAndStart(store, id, image, options);
	if (options.detach) return { id, exitCode: 0 };
	const end = follow(started.control, { tty: options.tty, stdin: options.interactive, forwardSignals: true });
	trace("time", "program ended");
	if (end.ended && options.remove) eraseEnded(store, id);
	trace("time", "container removed");
	return { id, exitCode: end.exitCode };
}

/**
 * The lock comes before the row: a container that is about to start is never
 * without it, so one without it, created by `run --rm`, is what a kill has left.
 */
async function createAndStart(
	store: Store,
	id: string,
	image: Image | undefined,
	options: RunOptions,
): Promise<Started> {
	const command = programArguments(options, image?.config.config);
	using _operation = lockOperation(store, id);
	try {
		const container = insert(store, id, image?.id ?? null, command, options, bootId());
		trace("time", "container inserted");
		return await launchContainer(store, container, image, { attached: !options.detach, stdin: options.interactive });
	} catch (error) {
		// Also where the name was taken: then only the lock's file is there.
		if (options.remove || !byId(store, id)) erase(store, id);
		else if (error instanceof Failure) noteFailedStart(store, id, error.exitCode, error.message);
		throw error;
	}
}

/** An image that cannot be used keeps the program from starting: 125. */
function imageFor(store: Store, name: string): Image {
	try {
		return get(store, name);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

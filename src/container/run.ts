/** `run`: from options to an exit code, or to a container in the background. */

import { trace } from "../environment.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { foregroundOf } from "./callers.ts";
import { createContainer } from "./create.ts";
import { note } from "./events.ts";
import { launchContainer, type Started } from "./launching.ts";
import type { RunOptions } from "./options.ts";
import { erase, eraseEnded } from "./remove.ts";
import { follow } from "./session.ts";
import { bootId } from "./state.ts";
import { find, noteFailedStart } from "./table.ts";

/** What `run` did. */
export interface RunResult {
	id: string;
	exitCode: number;
}

/**
 * Makes a container and runs it: to its end in the foreground, or until it has
 * started with `detach`.
 * @param created told the id as soon as there is one
 * @throws Failure 125, 126 or 127; the container stays as "created" unless --rm
 */
export async function run(store: Store, options: RunOptions, created?: (id: string) => void): Promise<RunResult> {
	const { id, ...started } = await createAndStart(store, options, created);
	if (options.detach) return { id, exitCode: 0 };
	const { tty, detachKeys } = options;
	const end = follow(started.control, { tty, detachKeys, ...foregroundOf(options) });
	if (end.detached) note(store, find(store, id), "detach");
	trace("time", "program ended");
	if (end.ended && options.remove) await eraseEnded(store, id);
	trace("time", "container removed");
	return { id, exitCode: end.exitCode };
}

/** Under one lock: nobody sees, starts or removes it in between. */
async function createAndStart(
	store: Store,
	options: RunOptions,
	created?: (id: string) => void,
): Promise<Started & { id: string }> {
	using made = await createContainer(store, options, bootId());
	const { container, image } = made;
	const { id } = container;
	try {
		created?.(id);
		const started = await launchContainer(store, container, image, options.detach ? undefined : foregroundOf(options));
		return { id, ...started };
	} catch (error) {
		if (options.remove) await erase(store, id, { volumes: true });
		else if (error instanceof Failure) noteFailedStart(store, id, error.exitCode, error.message);
		throw error;
	}
}

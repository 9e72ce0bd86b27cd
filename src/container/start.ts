/** `start`: a container that exists is started again. */

import { Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { type Listening, launchContainer, type Started } from "./launching.ts";
import { dropLock, lockOperation } from "./locks.ts";
import { eraseEnded } from "./remove.ts";
import { follow } from "./session.ts";
import { bootId, isUp, lookHeld } from "./state.ts";
import { byId, type Container, find, noteFailedStart, noteStart } from "./table.ts";

/**
 * Starts a container; one that runs is no error.
 * @returns the exit code with `attach`, else 0
 * @throws Failure 1, as docker's start (126 and 127 are run's)
 */
export async function start(
	store: Store,
	name: string,
	options: { attach: boolean; interactive: boolean },
): Promise<number> {
	const container = find(store, name);
	const attached = options.attach || options.interactive;
	const started = await startOnce(store, container, { attached, stdin: options.interactive });
	if (!started && attached) throw new Failure(`attach to ${name}: it runs already, and attach comes later`);
	if (!started || !attached) return 0;
	const end = follow(started.control, {
		tty: container.options.tty,
		stdin: options.interactive,
		forwardSignals: true,
	});
	if (end.ended && container.options.remove) eraseEnded(store, container.id);
	return end.exitCode;
}

/** As it is when the user starts it: what its policy counts begins anew. */
const fresh = (container: Container): Container => ({ ...container, restarts: 0, restartDelay: 0, stopped: false });

/** Of several starts at once one does it; the others find it running. */
async function startOnce(store: Store, container: Container, listening: Listening): Promise<Started | undefined> {
	const { id } = container;
	using _operation = lockOperation(store, id);
	// Somebody may have removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const seen = lookHeld(store, find(store, id));
	if (isUp(seen)) return undefined;
	noteStart(store, id, bootId());
	try {
		const image = container.image === null ? undefined : get(store, container.image);
		return await launchContainer(store, fresh(seen.container), image, listening);
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		noteFailedStart(store, id, error.exitCode, error.message);
		throw error.withExitCode(1);
	}
}

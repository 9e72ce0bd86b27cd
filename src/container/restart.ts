/** Starting again what has ended, by its policy and not by the user: when its delay is over, and after a reboot. */

import { setCallersFileLimit } from "../../ffi/process.ts";
import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { launchContainer } from "./launching.ts";
import { dropLock, isFree, lockOperation, waitUntilFree } from "./locks.ts";
import { look } from "./looking.ts";
import { startsAtBoot } from "./policy.ts";
import { reconcileHeld } from "./reconciling.ts";
import { eraseEnded } from "./remove.ts";
import { start } from "./start.ts";
import { bootId, isUp } from "./state.ts";
import { all, byId, type Container, noteFailedStart, noteStart, noteWaiter } from "./table.ts";
import { isWaiting, self } from "./waiter.ts";

/**
 * What follows the end of a container that no CLI looks after: with --rm it is
 * removed, with a restart policy, whose delay is over by now, started again.
 * @param fileLimit the soft limit of open files of who started it first
 */
export async function reap(store: Store, id: string, fileLimit?: number): Promise<void> {
	if (fileLimit !== undefined) setCallersFileLimit(fileLimit);
	const container = byId(store, id);
	if (container?.options.remove) await eraseEnded(store, id);
	else if (container) await restart(store, id);
}

/** Unless the user has stopped or started it meanwhile, or somebody else is the one who waits. */
async function restart(store: Store, id: string): Promise<void> {
	while (!(await restartIfFree(store, id))) waitUntilFree(store, id);
}

/** @returns false where somebody copies from it, or into it: that is waited for, and the row says "restarting" */
async function restartIfFree(store: Store, id: string): Promise<boolean> {
	using _operation = lockOperation(store, id);
	const row = byId(store, id);
	if (!row) {
		dropLock(store, id);
		return true;
	}
	const { container } = reconcileHeld(store, row);
	const { waiter, stopped } = container;
	if (waiter === null || (waiter !== self() && isWaiting(waiter))) return true;
	// The user ended it just while its own end was written down (cancel.ts).
	if (stopped) {
		noteWaiter(store, id, null);
		return true;
	}
	if (!isFree(store, id)) return false;
	noteStart(store, id, bootId(), { byPolicy: true });
	await launch(store, container);
	return true;
}

/** docker gives up where a restart fails: the container is "exited", and says why. */
async function launch(store: Store, container: Container): Promise<void> {
	try {
		const image = container.image === null ? undefined : get(store, container.image);
		await launchContainer(store, { ...container, waiter: null }, image, undefined);
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		noteFailedStart(store, container.id, error.exitCode, error.message, now());
		throw error;
	}
}

/**
 * After a reboot: starts the containers that ran before it, or waited, and
 * whose policy is `always`, or `unless-stopped` and nobody has stopped them;
 * the oldest first.
 * @param failed told of each that cannot be started
 * @returns names of those that were
 */
export async function startAfterBoot(store: Store, failed: (name: string, error: unknown) => void): Promise<string[]> {
	const boot = bootId();
	const started: string[] = [];
	for (const container of all(store).reverse()) {
		if (!startsAtBoot(container) || container.boot === null || container.boot === boot) continue;
		if (isUp(await look(store, container))) continue;
		try {
			await start(store, container.id, { attach: false, interactive: false });
			started.push(container.name);
		} catch (error) {
			failed(container.name, error);
		}
	}
	return started;
}

/** `start` and `restart`: a container that exists is started again. */

import type { State } from "../../ffi/tape.ts";
import { Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { attachTo } from "./attach.ts";
import type { Foreground } from "./callers.ts";
import { note } from "./events.ts";
import { launchContainer, type Started } from "./launching.ts";
import { dropLock, isFree, lockOperation, lockRoot, waitUntilFree } from "./locks.ts";
import { hasPolicy } from "./policy.ts";
import { reconcileHeld } from "./reconciling.ts";
import { eraseEnded } from "./remove.ts";
import { follow, type SessionEnd } from "./session.ts";
import { signalNumber } from "./signals.ts";
import { bootId, isUp, type Look } from "./state.ts";
import { askToEnd, awaitEnd, type StopOptions } from "./stop.ts";
import { byId, type Container, find, noteFailedStart, noteStart, noteStopped } from "./table.ts";
import { cancelWait } from "./waiter.ts";

export interface StartOptions {
	/** stay with its output */
	attach: boolean;
	/** stay, and pass stdin on */
	interactive: boolean;
	/** as typed */
	detachKeys?: string;
}

/** As it is when the user starts it: what its policy counts begins anew. */
const fresh = (container: Container): Container => ({ ...container, restarts: 0, restartDelay: 0, stopped: false });

/**
 * Starts a container; one that runs is no error.
 * @returns how the session went, with `attach` or `interactive`
 * @throws Failure 1, as docker's start (126 and 127 are run's)
 */
export async function start(store: Store, name: string, options: StartOptions): Promise<SessionEnd | undefined> {
	const container = find(store, name);
	const { tty, interactive, remove } = container.options;
	const attached = options.attach || options.interactive;
	const streams = { stdin: options.interactive && interactive, stdout: true, stderr: true };
	const foreground = { streams, forwardSignals: !tty };
	const { started, seen } = await startOnce(store, container, attached ? foreground : undefined);
	if (!attached) return undefined;
	const { detachKeys } = options;
	if (!started) return attachTo(store, name, seen, { stdin: options.interactive, signalProxy: true, detachKeys });
	const end = follow(started.control, { tty, detachKeys, ...foreground });
	if (end.detached) note(store, container, "detach");
	if (end.ended && remove) await eraseEnded(store, container.id);
	return end;
}

/** What a start has found, and what it has started, unless that is up already. */
interface Start {
	seen: Look;
	started?: Started;
}

/** Of several starts at once one does it; the others find it running. */
async function startOnce(store: Store, container: Container, foreground: Foreground | undefined): Promise<Start> {
	for (;;) {
		const start = await startIfFree(store, container, foreground);
		if (start) return start;
		waitUntilFree(store, container.id);
	}
}

/** @returns undefined where somebody copies from it, or into it */
async function startIfFree(
	store: Store,
	{ id, name }: Container,
	foreground: Foreground | undefined,
): Promise<Start | undefined> {
	using _operation = lockOperation(store, id);
	// Somebody may have removed it while we waited for the lock.
	if (!byId(store, id)) dropLock(store, id);
	const seen = reconcileHeld(store, find(store, id));
	if (seen.paused) throw new Failure(`start ${name}: cannot start a paused container, try unpause instead`);
	if (isUp(seen)) return { seen };
	if (!isFree(store, id)) return undefined;
	return { seen, started: await startHeld(store, seen.container, foreground) };
}

/** Starts a container that does not run, by the holder of its operation lock. */
async function startHeld(store: Store, made: Container, foreground: Foreground | undefined): Promise<Started> {
	const { id } = made;
	noteStart(store, id, bootId());
	try {
		const container = made.options.unfilled ? await (await import("./filling.ts")).fillVolumes(store, made) : made;
		const image = container.image === null ? undefined : get(store, container.image);
		return await launchContainer(store, fresh(container), image, foreground);
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		noteFailedStart(store, id, error.exitCode, error.message);
		throw error.withExitCode(1);
	}
}

/**
 * Stops a container, if it runs, and starts it, under one lock: one with --rm
 * is not removed in between, as docker's is not, and no policy restarts it.
 * Who copies from it, or into it, is waited for before.
 * @returns whether it had to be killed
 * @throws Failure 1
 */
export async function restart(store: Store, name: string, options: StopOptions): Promise<boolean> {
	if (options.signal !== undefined) signalNumber(options.signal);
	const { id } = find(store, name);
	for (;;) {
		const { killed, busy } = await restartIfFree(store, id, options);
		if (!busy) return killed;
		waitUntilFree(store, id, busy.running);
	}
}

async function restartIfFree(
	store: Store,
	id: string,
	options: StopOptions,
): Promise<{ killed: boolean; busy?: { running: boolean } }> {
	using _operation = lockOperation(store, id);
	if (!byId(store, id)) dropLock(store, id);
	const { container, running } = reconcileHeld(store, find(store, id));
	if (!isFree(store, id, running !== undefined)) return { killed: false, busy: { running: running !== undefined } };
	if (hasPolicy(container.options)) noteStopped(store, id);
	if (container.waiter !== null) cancelWait(container.waiter);
	const killed = running !== undefined && (await stopHeld(store, container, running, options));
	await startHeld(store, find(store, id), undefined);
	note(store, container, "restart");
	return { killed };
}

/** Not until its monitor has ended, which with --rm waits for our lock: until it lets go of the container's root. */
async function stopHeld(store: Store, container: Container, running: State, options: StopOptions): Promise<boolean> {
	const killed = await awaitEnd(store, await askToEnd(store, container, running, options));
	lockRoot(store, container.id)[Symbol.dispose]();
	reconcileHeld(store, find(store, container.id));
	note(store, container, "stop");
	return killed;
}

/** `pause`, `unpause`, and the pause that a commit makes (moby, daemon/pause.go, unpause.go). */

import { O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { close, open, readFileIfThere } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { openSelf, sendSignal, waitReadable } from "../../ffi/process.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { HEALTH } from "../../ffi/tape.ts";
import { decodeText } from "../../ffi/text.ts";
import { freeze, freezerOf } from "../cgroup/cgroup.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import { compileGuard, Descriptors } from "../runtime/runtime.ts";
import { lookAlone } from "./alone.ts";
import type { Held } from "./locks.ts";
import { freezerGroups, notePause, release } from "./pausing.ts";
import { openNull } from "./play.ts";
import { reconcileHeld } from "./reconciling.ts";
import { type Look, notRunning } from "./state.ts";
import { type Container, PAUSED } from "./table.ts";

const SIGKILL = 9;

/**
 * Freezes all processes of a container.
 * @throws Failure if it does not run, is paused already, or cannot be frozen
 */
export async function pause(store: Store, name: string): Promise<void> {
	using held = lookAlone(store, name);
	const { seen } = held;
	if (!seen.running) throw notRunning(name, seen);
	if (seen.paused) throw new Failure(`container ${name} is already paused`);
	await freezeFor(store, seen, PAUSED.byUser);
}

/**
 * Lets the processes of a paused container run again.
 * @throws Failure if it is not paused
 */
export function unpause(store: Store, name: string): void {
	using held = lookAlone(store, name);
	const { container, paused } = held.seen;
	if (!paused) throw new Failure(`container ${name} is not paused`);
	release(store, container);
}

/** Freezes a container that runs, under its operation lock; the row says why before and after. */
async function freezeFor(store: Store, { container, running }: Look, why: number): Promise<Container> {
	const { name } = container;
	const meant = notePause(store, container, -why);
	if (!meant || !running) throw new Failure(`container ${name} is not running`);
	try {
		await freeze(freezerGroups(container));
	} catch (error) {
		notePause(store, meant, PAUSED.no);
		throw new Failure(`cannot pause container ${name}: ${(error as Error).message}`, { cause: error });
	}
	const frozen = isKilled(running.program) ? undefined : notePause(store, meant, why);
	if (frozen) return frozen;
	// A signal came first, and whoever sent it waits for its end (resuming.ts).
	release(store, meant);
	throw new Failure(`cannot pause container ${name}: it is just being stopped`);
}

/** True if a process is gone, or SIGKILL is on its way to it (proc_pid_status(5), ShdPnd). */
function isKilled(pid: number): boolean {
	const status = decodeText(readFileIfThere(`/proc/${pid}/status`) ?? new Uint8Array());
	const pending = /^ShdPnd:\s+([0-9a-f]+)$/m.exec(status)?.[1];
	return pending === undefined || ((BigInt(`0x${pending}`) >> BigInt(SIGKILL - 1)) & 1n) === 1n;
}

/** A container that is paused until its scope ends, or why it could not be. */
export interface Pause extends AsyncDisposable {
	failure?: Failure;
}

/**
 * Pauses a container for as long as a commit reads it; one that does not run, or
 * is paused already, is left as it is. If we are killed meanwhile, a guard thaws
 * it; if that is killed, too, whoever looks next, since the row says why it is
 * frozen and nobody holds the lock.
 * @param operation the container's lock, which the guard holds as long as it lives
 */
export async function pauseMeanwhile(store: Store, container: Container, operation: Held): Promise<Pause> {
	const seen = reconcileHeld(store, container);
	const nothing: Pause = { [Symbol.asyncDispose]: async () => {} };
	if (!seen.running || seen.paused) return nothing;
	const guard = spawnGuard(store, container, operation);
	try {
		const frozen = await freezeFor(store, seen, PAUSED.byCommit);
		return {
			[Symbol.asyncDispose]: async () => {
				release(store, frozen);
				dismiss(guard);
			},
		};
	} catch (error) {
		dismiss(guard);
		if (!(error instanceof Failure)) throw error;
		return { ...nothing, failure: error };
	}
}

/** @returns its pidfd; undefined where there is nothing to thaw */
function spawnGuard(store: Store, container: Container, operation: Held): number | undefined {
	const { id } = container;
	const freezer = freezerOf(freezerGroups(container));
	if (!freezer) return undefined;
	const descriptors = new Descriptors(openNull());
	descriptors.pass(operation.fd);
	const guarded = openSelf();
	const directory = open(runDirectory(store.places, id), O_PATH | O_DIRECTORY);
	const { tape, policy } = compileGuard({
		process: descriptors.pass(guarded),
		runDirectory: descriptors.pass(directory),
		mark: HEALTH.thawed,
		freezer,
	});
	const job = sealedMemfd("bunker-job", tape.encode(policy.place));
	const { pidfd } = spawnHelper(descriptors.withJob(job), `commit ${id.slice(0, 12)}`);
	for (const fd of [job, guarded, directory]) close(fd);
	return pidfd;
}

/** Not before it is gone the lock may go: what it does late would undo somebody else's pause. */
function dismiss(guard: number | undefined): void {
	if (guard === undefined) return;
	sendSignal(guard, SIGKILL);
	waitReadable([guard]);
	close(guard);
}

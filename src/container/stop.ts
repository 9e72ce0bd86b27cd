/** Signals and ends: stop, kill, wait. Nothing polls: a pidfd says when a process has ended. */

import { O_RDONLY } from "../../ffi/constants.ts";
import { close, openIfThere, readToEnd } from "../../ffi/file.ts";
import { openProcess, sendSignal, waitReadable } from "../../ffi/process.ts";
import { decodeRecords, RECORD_DIED, type State } from "../../ffi/tape.ts";
import { hold } from "../cgroup/cgroup.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import type { Ending } from "./cancel.ts";
import { groupsOf } from "./cgroups.ts";
import { note } from "./events.ts";
import { dropLock, lockOperation, lockRoot } from "./locks.ts";
import { loadReconciling, look } from "./looking.ts";
import { outcomeOf } from "./outcome.ts";
import { hasPolicy } from "./policy.ts";
import { relay } from "./relay.ts";
import { readSpec } from "./run-directory.ts";
import { STOP_SIGNAL_ANNOTATION, signalNumber } from "./signals.ts";
import { byId, type Container, find, PAUSED } from "./table.ts";
import { self, waitForWaiter } from "./waiter.ts";

const SIGKILL = 9;
const DEFAULT_GRACE = 10;
const DEFAULT_SIGNAL = "SIGTERM";

/** A container that has been asked to end. */
export interface Stopping {
	container: Container;
	running: State;
	pidfd: number | undefined;
	/** when it is killed, on the clock of performance.now; undefined: never */
	deadline: number | undefined;
}

/** What became of a container that was to stop. */
export interface Stopped {
	failure?: unknown;
	/** the time was used up, so it was killed */
	killed?: boolean;
}

/** How containers are stopped; what is not said is the container's own. */
export interface StopOptions {
	/** seconds; negative: wait for ever */
	timeout?: number;
	/** by name or number */
	signal?: string;
}

/**
 * Asks programs to end, all at once, waits, and kills those that have not.
 * A container that does not run is no error.
 * @returns what became of each, by the index of the name
 */
export async function stop(store: Store, names: readonly string[], options: StopOptions = {}): Promise<Stopped[]> {
	const asked: { value?: Stopping | undefined; failure?: unknown }[] = [];
	for (const name of names) asked.push(await outcomeOf(() => askToStop(store, name, options)));
	const stopped: Stopped[] = [];
	for (const { value, failure } of asked) {
		const ended = value && (await outcomeOf(() => finishStop(store, value)));
		stopped.push(ended ? { failure: ended.failure, killed: ended.value } : { failure });
	}
	return stopped;
}

async function askToStop(store: Store, name: string, options: StopOptions): Promise<Stopping | undefined> {
	// A wrong one must not end anything.
	if (options.signal !== undefined) signalNumber(options.signal);
	const { container, running, cancelled } = await lookToEnd(store, find(store, name));
	if (cancelled) note(store, container, "stop");
	if (!running) return undefined;
	return askToEnd(store, container, running, options);
}

/** With a restart policy it is the user's word that ends it (cancel.ts). */
async function lookToEnd(store: Store, container: Container): Promise<Ending> {
	if (!hasPolicy(container.options)) return look(store, container);
	return (await import("./cancel.ts")).cancelPolicy(store, container);
}

/** Sends the signal. */
export async function askToEnd(
	store: Store,
	container: Container,
	running: State,
	options: StopOptions,
): Promise<Stopping> {
	const own = readSpec(store, container.id)?.annotations[STOP_SIGNAL_ANNOTATION];
	const signal = signalNumber(options.signal ?? own ?? DEFAULT_SIGNAL);
	const grace = options.timeout ?? container.options.stopTimeout ?? DEFAULT_GRACE;
	const deadline = grace < 0 ? undefined : performance.now() + grace * 1000;
	const pidfd = openProcess(running.program, running.programStart);
	if (pidfd !== undefined) await send(store, container, pidfd, signal);
	return { container, running, pidfd, deadline };
}

/**
 * The event first: what follows from the signal comes after it, also that a
 * paused one runs again. SIGKILL is for all of the container, which ends with its
 * first process anyway: that one may not be given the time to die where
 * thousands of others fork, and not at all while the container has frozen itself.
 */
async function send(store: Store, container: Container, pidfd: number, signal: number): Promise<void> {
	const { id, options } = container;
	note(store, container, "kill", { attributes: { signal: String(signal) } });
	// In our hand before: once the signal was taken, it is the cgroup of the run that is meant.
	using all = signal === SIGKILL ? hold(groupsOf(id, options.cgroupParent)) : undefined;
	const isThere = sendSignal(pidfd, signal);
	if (mayBeFrozen(store, id)) (await import("./resuming.ts")).resumeFor(store, id, signal);
	if (isThere) all?.kill();
}

/** It may be, by its row as it is now that the signal was sent (resuming.ts). */
const mayBeFrozen = (store: Store, id: string): boolean => (byId(store, id)?.paused ?? PAUSED.no) !== PAUSED.no;

/** @returns true if it had to be killed */
async function finishStop(store: Store, stopping: Stopping): Promise<boolean> {
	await loadReconciling();
	const killed = await awaitEnd(store, stopping);
	await waitForRecord(store, stopping.container, stopping.running);
	note(store, stopping.container, "stop");
	return killed;
}

/** Waits for the program's end, and brings it about when the time is used up. @returns true if it did */
export async function awaitEnd(store: Store, { container, pidfd, deadline }: Stopping): Promise<boolean> {
	if (pidfd === undefined) return false;
	const left = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
	const killed = waitReadable([pidfd], left).length === 0;
	if (killed) await send(store, container, pidfd, SIGKILL);
	if (killed) waitReadable([pidfd]);
	close(pidfd);
	return killed;
}

/** Kills a container's program without waiting for its end. */
export async function killProgram(store: Store, container: Container, running: State): Promise<void> {
	const pidfd = openProcess(running.program, running.programStart);
	if (pidfd === undefined) return;
	await send(store, container, pidfd, SIGKILL);
	close(pidfd);
}

/**
 * Kills a container's program and waits until its end is recorded and its root
 * is free. Not for the monitor itself: with --rm that goes on as the clean-up,
 * which waits for the operation lock that our caller holds.
 * @param killed the caller has sent it the signal before: it is an event once
 */
export async function killAndWait(store: Store, container: Container, running: State, killed: boolean): Promise<void> {
	const pidfd = openProcess(running.program, running.programStart);
	if (pidfd !== undefined) {
		if (killed) sendSignal(pidfd, SIGKILL);
		else await send(store, container, pidfd, SIGKILL);
		await loadReconciling();
		waitReadable([pidfd]);
		close(pidfd);
	}
	using _root = lockRoot(store, container.id);
}

/**
 * Sends a signal to a container's program.
 * @throws Failure if it does not run, or there is no such signal
 */
export async function kill(store: Store, name: string, options: { signal: string }): Promise<void> {
	const container = find(store, name);
	const signal = signalNumber(options.signal);
	const { running, cancelled } = await lookToEnd(store, container);
	if (cancelled) return;
	const pidfd = running && openProcess(running.program, running.programStart);
	if (running === undefined || pidfd === undefined)
		throw new Failure(`cannot kill container: ${name}: container ${container.id.slice(0, 12)} is not running`);
	await send(store, container, pidfd, signal);
	if (signal === SIGKILL) await waitForRecord(store, container, running);
	close(pidfd);
}

/** Waits until a container has ended. @returns its exit code */
export async function wait(store: Store, name: string): Promise<number> {
	let seen = await look(store, find(store, name));
	// docker: what waits for its restart runs, and has not ended.
	while (seen.container.waiter !== null) {
		if (seen.container.waiter === self()) await passOn(store, seen.container.id);
		else waitForWaiter(seen.container.waiter);
		seen = await look(store, find(store, seen.container.id));
	}
	const { container, running } = seen;
	const code = running ? await waitForRecord(store, container, running) : (container.exitCode ?? 0);
	// Its restart must not wait for what else we wait for.
	await relay(store);
	return code;
}

/**
 * The restart is ours to see to, since whoever waited was killed: somebody else
 * waits from now on, or we would wait for ourselves. Where another command has
 * the container in hand, our look has only guessed: that one is waited for.
 */
async function passOn(store: Store, id: string): Promise<void> {
	awaitOperation(store, id);
	await relay(store);
}

function awaitOperation(store: Store, id: string): void {
	using _operation = lockOperation(store, id);
	if (!byId(store, id)) dropLock(store, id);
}

/**
 * Sleeps until the monitor has recorded the end: it exits then, or takes its
 * container with it. The record is opened before, since with --rm it goes.
 * @returns the exit code
 */
async function waitForRecord(store: Store, container: Container, running: State): Promise<number> {
	const record = openIfThere(`${runDirectory(store.places, container.id)}/record`, O_RDONLY);
	await loadReconciling();
	const monitor = openProcess(running.monitor, running.monitorStart);
	if (monitor !== undefined) {
		waitReadable([monitor]);
		close(monitor);
	}
	const died = record === undefined ? undefined : lastEnd(record);
	const row = byId(store, container.id);
	const seen = row && (await look(store, row)).container;
	return died ?? seen?.exitCode ?? 128 + SIGKILL;
}

/** The exit code of the last end that a record says; closes it. */
export function lastEnd(record: number): number | undefined {
	try {
		return decodeRecords(readToEnd(record)).findLast((entry) => entry.kind === RECORD_DIED)?.status;
	} finally {
		close(record);
	}
}

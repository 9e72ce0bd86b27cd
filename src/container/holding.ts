/**
 * The root of a container as the container sees it, its volumes included,
 * whether it runs or not: one that runs shows it in /proc, of one that does not
 * a helper makes the mounts, in a namespace of its own, and goes with us
 * (runtime/holding.ts). Paths in it are to be resolved below the root's
 * descriptor (openat2(2), RESOLVE_IN_ROOT), never from ours.
 */

import { O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { close, open } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { isAlive } from "../../ffi/process.ts";
import { packetPair, receive } from "../../ffi/socket.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { decodePacket, PACKET } from "../../ffi/tape.ts";
import { Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import type { Step } from "../kernel/tape.ts";
import { containerDirectory, volumeContent } from "../places.ts";
import { compileHold, Descriptors, type Mount } from "../runtime/runtime.ts";
import { makeBase, makeDirectoriesOf, prepareBinds } from "./files.ts";
import { dropLock, lockOperation, lockRoot, lockUpper } from "./locks.ts";
import { userMounts } from "./mounting.ts";
import { rootSource } from "./plan.ts";
import { openNull, stepFailure, traceSteps } from "./play.ts";
import { pointsOf } from "./points.ts";
import { lookHeld } from "./state.ts";
import { byId, type Container, find } from "./table.ts";

/** A root that can be read and written as long as this is held. */
export interface Hold extends Disposable {
	container: Container;
	/** descriptor of the root, O_PATH */
	root: number;
}

/**
 * Takes hold of a container's root.
 *
 * Nobody mounts its upper layer a second time meanwhile, which the kernel would
 * allow: who starts it waits until a hold of one that does not run is gone, and
 * of one that has ended meanwhile, too (lockUpper).
 * @param what for errors: `cp`
 * @throws Failure where there is no such container, or its root cannot be made
 */
export async function hold(store: Store, name: string, what: string): Promise<Hold> {
	const { id } = find(store, name);
	using _operation = lockOperation(store, id);
	const row = byId(store, id);
	// Somebody has removed it while we waited: the lock's file is ours, made anew.
	if (!row) dropLock(store, id);
	if (!row) throw new Failure(`${what} ${name}: it was removed meanwhile`);
	const { container, running } = lookHeld(store, row);
	if (!running) return await holdStopped(store, container);
	const upper = container.image === null ? undefined : lockUpper(store, id);
	const root = open(`/proc/${running.program}/root`, O_PATH | O_DIRECTORY);
	// The pid may have become another's before we opened it.
	if (!isAlive(running.program, running.programStart)) {
		close(root);
		upper?.[Symbol.dispose]();
		return await holdStopped(store, lookHeld(store, row).container);
	}
	return {
		container,
		root,
		[Symbol.dispose]: () => {
			close(root);
			upper?.[Symbol.dispose]();
		},
	};
}

async function holdStopped(store: Store, container: Container): Promise<Hold> {
	const { options } = container;
	// A volatile upper refuses to be mounted again while this is there (overlayfs.rst, Volatile mount).
	if (options.remove) removeTree(`${containerDirectory(store.places, container.id)}/work/work/incompat/volatile`);
	const content = (volume: string) => volumeContent(store.places, volume);
	// What is written to a tmpfs would be gone with the hold.
	const mounts = userMounts(options, { content }, false).filter(({ type }) => type !== "tmpfs");
	return await mountRoot(store, container, { mounts, readOnly: options.readOnly });
}

/**
 * Mounts the root of a container that does not run; under its operation lock.
 * @param options.mounts what is mounted in it
 * @throws Failure with the sentence of the step that failed
 */
export async function mountRoot(
	store: Store,
	container: Container,
	{ mounts, readOnly }: { mounts: Mount[]; readOnly: boolean },
): Promise<Hold> {
	const { id, options } = container;
	const image = container.image === null ? undefined : get(store, container.image);
	makeBase(store);
	makeDirectoriesOf(store, id, image?.layers[image.layers.length - 1]);
	using lock = lockRoot(store, id);
	const spec = { mounts, root: { path: options.rootfs ?? "rootfs", readonly: readOnly } };
	const [control, theirs] = packetPair();
	const descriptors = new Descriptors(openNull());
	const compiled = compileHold(spec, {
		root: rootSource({ options, image, places: store.places, id }),
		directories: prepareBinds(spec, pointsOf(options)),
		control: descriptors.pass(theirs),
		lock: descriptors.pass(lock.fd),
	});
	const { steps } = compiled.tape;
	traceSteps(steps);
	const job = sealedMemfd("bunker-job", compiled.tape.encode(compiled.policy.place));
	const { pid, pidfd } = await spawnHelper(descriptors.withJob(job), `hold ${id.slice(0, 12)}`);
	for (const fd of [job, theirs]) close(fd);
	const release = () => {
		for (const fd of [control, pidfd]) close(fd);
	};
	try {
		awaitRoot(control, steps, container.name);
		const root = open(`/proc/${pid}/root`, O_PATH | O_DIRECTORY);
		return {
			container,
			root,
			[Symbol.dispose]: () => {
				close(root);
				release();
			},
		};
	} catch (error) {
		release();
		throw error;
	}
}

function awaitRoot(control: number, steps: readonly Step[], name: string): void {
	const said = receive(control, PACKET.header);
	if (said?.length === 1) return;
	const packet = said && decodePacket(said);
	throw packet
		? stepFailure(steps, packet.value, packet.extra)
		: new Failure(`make the root of container ${name}: the helper was killed`);
}

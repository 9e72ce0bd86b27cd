/**
 * The root of a container as the container sees it, its volumes included,
 * whether it runs or not: of one that runs a helper copies the mounts, of one
 * that does not it makes them, in a namespace of its own either way, and goes
 * with us (runtime/holding.ts). It is not /proc/PID/root of the container: that
 * is what its program has made its own root, and when the program has ended,
 * nothing is mounted in it any more, so that what is meant for a volume would be
 * written below it. Paths in it are to be resolved below the root's descriptor
 * (openat2(2), RESOLVE_IN_ROOT), never from ours.
 */

import { O_DIRECTORY, O_PATH, O_RDONLY } from "../../ffi/constants.ts";
import { errno } from "../../ffi/errno.ts";
import { close, closing, open } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { openProcess, waitReadable } from "../../ffi/process.ts";
import { packetPair, receive } from "../../ffi/socket.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { decodePacket, PACKET, type State } from "../../ffi/tape.ts";
import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import type { Step } from "../kernel/tape.ts";
import { type Compiled, compileCopy, compileHold, Descriptors, ENTER, type Mount } from "../runtime/runtime.ts";
import { lookAtBinds } from "./binds.ts";
import { forgetVolatile, makeBase, makeDirectoriesOf } from "./files.ts";
import { dropLock, isFree, lockOperation, lockRoot, lockUpper, waitForHolds, waitUntilFree } from "./locks.ts";
import { userMounts } from "./mounting.ts";
import { rootSource } from "./plan.ts";
import { openNull, traceSteps } from "./play.ts";
import { reconcileHeld } from "./reconciling.ts";
import { stepFailure } from "./step-failure.ts";
import { byId, type Container, find } from "./table.ts";
import { withoutLinks } from "./targets.ts";

/** A root that can be read and written as long as this is held. */
export interface Hold extends Disposable {
	container: Container;
	/** descriptor of the root, O_PATH */
	root: number;
	/** The tmpfs that a path would be on if the container ran; what was written to one here would be gone with the hold. */
	lacks(path: string): string | undefined;
	/** False if the helper was killed: then nothing is mounted in the root any more. */
	isWhole(): boolean;
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
	for (;;) {
		const held = await holdIfFree(store, { id, name }, what);
		if (held) return held;
		waitUntilFree(store, id);
	}
}

/** @returns undefined where it does not run, and another holds it */
async function holdIfFree(
	store: Store,
	{ id, name }: Pick<Container, "id" | "name">,
	what: string,
): Promise<Hold | undefined> {
	using _operation = lockOperation(store, id);
	const row = byId(store, id);
	// Somebody has removed it while we waited: the lock's file is ours, made anew.
	if (!row) dropLock(store, id);
	if (!row) throw new Failure(`${what} ${name}: it was removed meanwhile`);
	const { container, running } = reconcileHeld(store, row);
	try {
		const held = running && (await holdRunning(store, container, running));
		return held ?? (isFree(store, id) ? await holdStopped(store, container) : undefined);
	} catch (error) {
		// What would keep it from starting is 125 of a start.
		throw error instanceof Failure ? error.withExitCode(EXIT.failed) : error;
	}
}

/** Ours. */
const MOUNT_NAMESPACE = "/proc/self/ns/mnt";

/** Milliseconds in which a process that is ending has ended. */
const ENDING = 1000;

/** @returns undefined where its program has ended */
async function holdRunning(store: Store, container: Container, running: State): Promise<Hold | undefined> {
	const pidfd = openProcess(running.program, running.programStart);
	if (pidfd === undefined) return undefined;
	using _program = closing(pidfd);
	using undo = new DisposableStack();
	const upper = container.image === null ? undefined : undo.use(lockUpper(store, container.id));
	const descriptors = new Descriptors(openNull());
	const [control, theirs] = packetPair();
	const lock = upper ? descriptors.pass(upper.fd) : -1;
	using host = closing(open(MOUNT_NAMESPACE, O_RDONLY));
	const facts = {
		control: descriptors.pass(theirs),
		lock,
		pidfd: descriptors.pass(pidfd),
		host: descriptors.pass(host.fd),
	};
	const held = holdBy(container, compileCopy(facts), descriptors, { control, theirs, undo });
	if (!("step" in held)) return held;
	if (held.step?.what !== ENTER || held.errno !== errno.ESRCH) throw held.failure;
	// Who ends lets go of its namespaces before it is seen to have ended.
	if (waitReadable([pidfd], ENDING).length > 0) return undefined;
	// Its other threads run on, but the kernel gives the namespaces of the first only.
	throw new Failure(`enter container ${container.name}: the first thread of its program has ended`, {
		hint: "stop it, or use exec",
	});
}

async function holdStopped(store: Store, container: Container): Promise<Hold> {
	const { options } = container;
	const { makeMissing, sourcesOf } = await import("./volume-sources.ts");
	await makeMissing(store, options);
	const content = sourcesOf(store, options);
	const mounts = userMounts(options, { content }, false);
	const there = mounts.filter(({ type }) => type !== "tmpfs");
	const held = await mountRoot(store, container, { mounts: there, readOnly: options.readOnly, kept: true });
	const lacks = (path: string) => {
		const above = mounts.filter(({ destination }) => path === destination || path.startsWith(`${destination}/`));
		const [nearest] = above.sort((a, b) => b.destination.length - a.destination.length);
		return nearest?.type === "tmpfs" ? nearest.destination : undefined;
	};
	return { ...held, lacks };
}

/**
 * Mounts the root of a container that does not run; under its operation lock.
 * @param options.mounts what is mounted in it
 * @param options.kept what is written has to outlive a reboot, also with --rm: its start may come after that
 * @throws Failure with the sentence of the step that failed
 */
export async function mountRoot(
	store: Store,
	container: Container,
	{ mounts, readOnly, kept }: { mounts: Mount[]; readOnly: boolean; kept?: true },
): Promise<Hold> {
	const { id, options } = container;
	const image = container.image === null ? undefined : get(store, container.image);
	makeBase(store);
	makeDirectoriesOf(store, id, image?.layers[image.layers.length - 1]);
	using undo = new DisposableStack();
	const lock = undo.use(lockRoot(store, id));
	if (image) waitForHolds(store, id);
	if (options.storage) await (await import("./storage.ts")).limitStorage(store, container);
	if (options.remove) forgetVolatile(store, id);
	const asked = { mounts, root: { path: options.rootfs ?? "rootfs", readonly: readOnly } };
	const spec = await withoutLinks(store, { id, options, image }, asked);
	const sources = await lookAtBinds(store, spec, options);
	const source = rootSource({ options, image, places: store.places, id });
	const root = kept && source.kind === "overlay" ? { ...source, volatile: false } : source;
	const descriptors = new Descriptors(openNull());
	const [control, theirs] = packetPair();
	using host = closing(open(MOUNT_NAMESPACE, O_RDONLY));
	const numbers = {
		control: descriptors.pass(theirs),
		lock: descriptors.pass(lock.fd),
		host: descriptors.pass(host.fd),
	};
	const facts = { ...numbers, root, ...sources };
	const held = holdBy(container, compileHold(spec, facts), descriptors, { control, theirs, undo });
	if ("step" in held) throw held.failure;
	return held;
}

/** A helper that has ended before the root was there. */
interface Ended {
	/** what failed; undefined where it was killed */
	step: Step | undefined;
	errno: number;
	failure: Failure;
}

/**
 * Starts the helper, and waits until the root is there.
 * @param given.undo its lock, which we keep, too: who kills the helper frees nothing that we still write to
 */
function holdBy(
	container: Container,
	{ tape, policy }: Compiled,
	descriptors: Descriptors,
	{ control, theirs, undo }: { control: number; theirs: number; undo: DisposableStack },
): Hold | Ended {
	const { steps } = tape;
	traceSteps(steps);
	const job = sealedMemfd("bunker-job", tape.encode(policy.place));
	const { pid, pidfd } = spawnHelper(descriptors.withJob(job), `hold ${container.id.slice(0, 12)}`);
	for (const fd of [job, theirs]) close(fd);
	const said = receive(control, PACKET.header);
	trace("time", "root held");
	if (said?.length !== 1) {
		for (const fd of [control, pidfd]) close(fd);
		return ended(container, steps, said && decodePacket(said));
	}
	const kept = undo.move();
	const root = open(`/proc/${pid}/root`, O_PATH | O_DIRECTORY);
	// The helper is told last: it is who unmounts, which may take its time.
	for (const fd of [control, pidfd, root]) kept.defer(() => close(fd));
	return {
		container,
		root,
		lacks: () => undefined,
		isWhole: () => waitReadable([pidfd], 0).length === 0,
		[Symbol.dispose]: () => kept.dispose(),
	};
}

function ended({ name }: Container, steps: readonly Step[], packet: ReturnType<typeof decodePacket>): Ended {
	if (!packet)
		return {
			step: undefined,
			errno: 0,
			failure: new Failure(`make the root of container ${name}: the helper was killed`),
		};
	const { value, extra } = packet;
	return { step: steps[value], errno: extra, failure: stepFailure(steps, value, extra).withExitCode(EXIT.failed) };
}

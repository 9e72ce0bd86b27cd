/**
 * Handing a container to the resolver of its network: its sockets are made
 * while its root is, so that the program's first question waits in them; then
 * they go to the resolver, which is started where there is none. Nobody waits
 * for it to be ready.
 */

import { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { close, lock, open, openIfThere, unlink } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { openPid, sendSignal, waitReadable } from "../../ffi/process.ts";
import { knockIn, listenIn, sendRights } from "../../ffi/rights.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { OWN_ENVIRONMENT, trace, variable } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { doors, servedBy } from "../names/names.ts";
import { resolversDirectory } from "../places.ts";
import { compileWait, Descriptors } from "../runtime/runtime.ts";
import type { Held } from "./locks.ts";
import { openNull } from "./play.ts";
import { type Mark, networkOf, unwatch, watchResolver } from "./watched.ts";

/** The numbers of descriptors that a resolver is started with: behind the helper's own. */
export const RESOLVER_DESCRIPTORS = { job: 3, listening: 4, log: 5 };

/** A container's way to its resolver, as it starts. */
export interface Naming extends Disposable {
	/** makes it, once the container's first process is there */
	open(pid: number): void;
	/** the resolver answers from now on: before the program runs, so that what fails here keeps it from starting */
	handOver(): Promise<void>;
}

/** @param network whose resolver serves the container */
export async function prepareNaming(store: Store, id: string, network: string): Promise<Naming> {
	const { closeDoors, openDoors } = await doors();
	let made: { doors: ReturnType<typeof openDoors>; pidfd: number } | undefined;
	const dispose = () => {
		if (!made) return;
		closeDoors(made.doors);
		close(made.pidfd);
		made = undefined;
	};
	return {
		open: (pid) => {
			const pidfd = openPid(pid);
			if (pidfd === undefined) return;
			try {
				// Gone already: its last words say why.
				if (!sendSignal(pidfd, 0)) close(pidfd);
				else made = { doors: openDoors(pidfd), pidfd };
			} catch (error) {
				close(pidfd);
				throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
			}
			trace("time", "resolver's sockets made");
		},
		handOver: async () => {
			// Over already: nobody is started for it.
			if (made && waitReadable([made.pidfd], 0).length === 0)
				await give(store, network, id, [made.doors.udp, made.doors.tcp, made.pidfd]);
			dispose();
			trace("time", "handed to the resolver");
		},
		[Symbol.dispose]: dispose,
	};
}

/** Held by who hands a container over or starts a resolver, and by a resolver that ends. */
export function lockNames(store: Store): Held {
	const path = `${resolversDirectory(store.places)}/lock`;
	let fd = openIfThere(path, O_RDWR | O_CREAT, undefined, 0o600);
	if (fd === undefined) {
		makeDirectories(resolversDirectory(store.places), 0o700);
		fd = open(path, O_RDWR | O_CREAT, 0o600);
	}
	lock(fd, { wait: true });
	const taken = fd;
	return { fd, [Symbol.dispose]: () => close(taken) };
}

async function give(store: Store, network: string, id: string, descriptors: readonly number[]): Promise<void> {
	using _lock = lockNames(store);
	const directory = resolversDirectory(store.places);
	const known = knockIn(directory, network);
	// So many wait that it finds this one by itself, when it comes to look.
	if (known === "full") return;
	const parcel = new TextEncoder().encode(id);
	if (known !== undefined) {
		sendRights(known, parcel, descriptors);
		close(known);
		return;
	}
	const listening = listen(store, network);
	const own = knockIn(directory, network) as number;
	sendRights(own, parcel, descriptors);
	close(own);
	startResolver(store, network, listening, false);
}

/** The socket of a network's resolver, made anew by the holder of the lock. */
function listen(store: Store, network: string): number {
	unlink(`${resolversDirectory(store.places)}/${network}`);
	return listenIn(resolversDirectory(store.places), network);
}

/**
 * Starts a resolver again that was killed.
 * @param mark what is left of it
 */
export async function revive(store: Store, mark: Mark): Promise<void> {
	using _lock = lockNames(store);
	unwatch(store, mark);
	const network = networkOf(mark);
	const known = knockIn(resolversDirectory(store.places), network);
	if (known !== undefined) {
		if (known !== "full") close(known);
		return;
	}
	unlink(`${resolversDirectory(store.places)}/${network}`);
	const { stayingWith } = await import("./staying.ts");
	const served = [...(await servedBy(store, network)), ...stayingWith(store, network)];
	if (served.length > 0) startResolver(store, network, listen(store, network), true);
	else unlink(logPath(store, network));
}

/** Where a resolver says what has gone wrong; gone with it. */
const logPath = (store: Store, network: string): string => `${resolversDirectory(store.places)}/${network}.log`;

/** @param listening closed here @param adopt it makes the sockets of containers that run */
function startResolver(store: Store, network: string, listening: number, adopt: boolean): void {
	const { places } = store;
	const log = open(logPath(store, network), O_WRONLY | O_CREAT | O_APPEND, 0o600);
	const argv = [process.execPath, "--root", places.root, "--run-root", places.runRoot, "__resolve", network];
	if (adopt) argv.push("adopt");
	const traced = variable("BUNKER_TRACE");
	const environment = [...OWN_ENVIRONMENT, ...(traced ? [`BUNKER_TRACE=${traced}`] : [])];
	const { tape, policy } = compileWait(0, argv, environment);
	const job = sealedMemfd("bunker-job", tape.encode(policy.place));
	const descriptors = new Descriptors(openNull());
	descriptors.pass(listening);
	descriptors.pass(log);
	const helper = spawnHelper(descriptors.withJob(job), `names ${network.slice(0, 12)}`);
	watchResolver(store, helper.pid, network);
	for (const fd of [job, helper.pidfd, listening, log]) close(fd);
}

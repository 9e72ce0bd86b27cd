/** A container's networks as it starts and ends: where the rows of containers and those of networks meet. */

import { O_CLOEXEC, O_RDONLY } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { openPid, sendSignal } from "../../ffi/process.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { attach, connect, type Endpoint, join, leave, prepare } from "../network/network.ts";
import { donorOf } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";

/** What is asked of a container here: rows of containers know this file, not the other way round. */
interface Asking {
	id: string;
	name: string;
	options: RunOptions;
}

/** True for one that has a network stack of its own, and something in it. */
export const isNetworked = ({ network }: RunOptions): boolean =>
	network !== "none" && network !== "host" && donorOf(network) === undefined;

/** Notes which networks a container is on; in the transaction that makes it. @throws Failure (125) where there is none of a name */
export function connectAll(store: Store, { id, name, options }: Asking): void {
	if (!isNetworked(options)) return;
	const networks = options.networks ?? [{ network: options.network }];
	networks.forEach((network, position) => {
		const hostname = options.hostname === undefined ? [] : [options.hostname];
		connect(store, id, network, position, [name, id.slice(0, 12), ...hostname]);
	});
}

/** A container's part in its networks, from its start to the moment when it runs. */
export interface Networking extends Disposable {
	endpoints: Endpoint[];
	/** makes the interfaces, once the container's first process is there */
	attach: (pid: number) => void;
	/** it runs: what it has taken stays taken */
	keep: () => void;
}

/**
 * Takes addresses for a container that starts, and makes what the host lacks of its networks.
 * @param sweep makes containers that have ended give back what is theirs
 * @throws Failure 125
 */
export async function takeNetworks(
	store: Store,
	{ id, options }: Asking,
	sweep: () => void,
): Promise<Networking | undefined> {
	if (!isNetworked(options)) return undefined;
	let kept = false;
	const endpoints = join(store, id, sweep);
	const networking: Networking = {
		endpoints,
		attach: (pid) => attachTo(endpoints, pid),
		keep: () => {
			kept = true;
		},
		[Symbol.dispose]: () => {
			if (!kept) leave(store, id);
		},
	};
	try {
		await prepare(store, endpoints);
		return networking;
	} catch (error) {
		networking[Symbol.dispose]();
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

function attachTo(endpoints: readonly Endpoint[], pid: number): void {
	const pidfd = openPid(pid);
	const namespace = open(`/proc/${pid}/ns/net`, O_RDONLY | O_CLOEXEC);
	try {
		// Alive after the namespace was opened: it was this process's.
		if (pidfd !== undefined && sendSignal(pidfd, 0)) attach(endpoints, namespace);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	} finally {
		close(namespace);
		if (pidfd !== undefined) close(pidfd);
	}
}

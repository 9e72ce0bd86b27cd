/** A container's networks as it starts; imported where it has some. */

import { O_CLOEXEC, O_RDONLY } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { openPid, sendSignal } from "../../ffi/process.ts";
import { call } from "../../ffi/system.ts";
import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import {
	attach,
	type Endpoint,
	forgetLeftFlows,
	join,
	leave,
	type PortSocket,
	type Publication,
	prepare,
	type Wiring,
	wiringOf,
} from "../network/network.ts";
import { detach, undoPath } from "./detaching.ts";
import { type Asking, resolverOf } from "./networking.ts";
import type { RunOptions } from "./options.ts";

/** What a start has to know of its image, and of other containers. */
export interface Others {
	/** what the image says of ports: `{"80/tcp": {}}` */
	exposed: Readonly<Record<string, unknown>>;
	/** makes containers that have ended give back what is theirs */
	sweep: () => void;
	/** the name of a container, by its id */
	named: (id: string) => string | undefined;
}

/** A container's part in its networks, from its start to the moment when it runs. */
export interface Networking extends Disposable {
	endpoints: Endpoint[];
	/** what holds its published ports, for its monitor */
	sockets: PortSocket[];
	/** works out what makes the interfaces, while the helper starts */
	plan: () => void;
	/** leads ports to the container, makes its interfaces and hands it to its resolver, while its first process makes the root */
	wire: (pid: number) => Promise<void>;
	/** makes the interfaces where they have to wait for --sysctl; once the root is made */
	finish: (pid: number) => void;
	/** it runs: what it has taken stays taken */
	keep: () => void;
}

/**
 * Takes addresses and ports for a container that starts, and makes what the host lacks of its networks.
 * @throws Failure 125
 */
export async function takeNetworks(store: Store, container: Asking, others: Others): Promise<Networking> {
	const { id, options } = container;
	let kept = false;
	let publication: Publication | undefined;
	const endpoints = join(store, id, others.sweep);
	// A number for the namespace before there is one.
	const namespace = open("/dev/null", O_RDONLY | O_CLOEXEC);
	trace("time", "addresses taken");
	const dispose = () => {
		publication?.close();
		close(namespace);
		if (kept) return;
		detach(store, id);
		leave(store, id);
	};
	try {
		if (options.publish || options.publishAll)
			publication = await (await import("./publishing.ts")).publishPorts(store, container, endpoints, others);
		await prepare(store, endpoints, id);
		await forgetLeftFlows(store);
	} catch (error) {
		dispose();
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
	const late = setsInterfaces(options);
	let wirings: Wiring[] | undefined;
	const plan = () => {
		try {
			wirings = wiringOf(endpoints, namespace);
		} catch {
			// plugIn says so, when there is a child to be ended for it.
		}
	};
	const plugIn = (pid: number) => {
		attachTo(wirings ?? wiringOf(endpoints, namespace), pid, namespace);
		publication?.turn();
	};
	return {
		endpoints,
		sockets: publication?.sockets ?? [],
		plan,
		wire: async (pid) => {
			await publication?.lead(undoPath(store, id));
			if (!late) plugIn(pid);
			const network = resolverOf(endpoints);
			if (network !== undefined) await handToResolver(store, id, network, pid);
		},
		finish: (pid) => {
			if (late) plugIn(pid);
		},
		keep: () => {
			kept = true;
		},
		[Symbol.dispose]: dispose,
	};
}

/** `all` and `default` of --sysctl are for the interfaces too: these have the last word, so they come after (as docker's do). */
function setsInterfaces({ sysctls }: RunOptions): boolean {
	for (const name in sysctls) if (/^net\.[^.]+\.(conf|neigh)\./.test(name)) return true;
	return false;
}

/** Before the program runs: its first question waits for the answer, and what fails here keeps it from starting. */
async function handToResolver(store: Store, id: string, network: string, pid: number): Promise<void> {
	using naming = await (await import("./naming.ts")).prepareNaming(store, id, network);
	naming.open(pid);
	await naming.handOver();
}

/** @param namespace descriptor that becomes its network namespace's */
function attachTo(wirings: readonly Wiring[], pid: number, namespace: number): void {
	const pidfd = openPid(pid);
	const opened = open(`/proc/${pid}/ns/net`, O_RDONLY | O_CLOEXEC);
	try {
		call("give the network namespace its number", "dup3", opened, namespace, O_CLOEXEC);
		// Alive after the namespace was opened: it was this process's.
		if (pidfd !== undefined && sendSignal(pidfd, 0)) attach(wirings, namespace);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	} finally {
		close(opened);
		if (pidfd !== undefined) close(pidfd);
	}
}

/** `network connect` and `network disconnect`: a container's networks, changed while it exists (moby, daemon/container_operations.go). */

import { O_CLOEXEC, O_RDONLY } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { openProcess, sendSignal } from "../../ffi/process.ts";
import { connectIn, finish, send } from "../../ffi/socket.ts";
import { ATTACH, encodePortsMoved, type State } from "../../ffi/tape.ts";
import { EXIT, Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import {
	attach,
	detach,
	type Endpoint,
	type EndpointOption,
	findNetwork,
	forgetLeftFlows,
	later,
	prepare,
	releading,
	route,
	wiringOf,
} from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { donorOf } from "../runtime/runtime.ts";
import { lookAlone } from "./alone.ts";
import { undoPath } from "./detaching.ts";
import { addNetwork, removeNetwork } from "./etc.ts";
import { namesOf, resolverOf } from "./networking.ts";
import { sweepEnded } from "./reconciling.ts";
import { forgetStaying, noteStaying } from "./staying.ts";
import type { Container } from "./table.ts";

/** Milliseconds that a monitor may take to read where its ports lead: before an address is given back, and another has it. */
const PATIENCE = 1000;

/**
 * Connects a container to a network, at once if it runs.
 * @param asked the network, by name, id or the beginning of one, and what is wanted of it
 * @throws Failure (1), with nothing changed
 */
export async function connectNetwork(store: Store, name: string, asked: EndpointOption): Promise<void> {
	try {
		const network = findNetwork(store, asked.network);
		using held = lookAlone(store, name);
		const { container, running } = held.seen;
		requireJoinable(container, network.driver);
		const parts = await later();
		if (!running) return parts.noteConnected(store, container.id, asked, namesOf(container));
		const before = parts.partIn(store, container.id, network.id);
		if (before && !parts.isHalfMade(before))
			throw new Failure(`endpoint with name ${container.name} already exists in network ${network.name}`);
		if (before) within(container, running, (namespace) => detach(parts.tracesOf(before, network), namespace));
		await connectRunning(store, container, running, asked);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.failed) : error;
	}
}

async function connectRunning(
	store: Store,
	container: Container,
	running: State,
	asked: EndpointOption,
): Promise<void> {
	const parts = await later();
	const { id } = container;
	const all = parts.takeLater(store, id, asked, namesOf(container), () => sweepEnded(store));
	const endpoint = all.pop() as Endpoint;
	try {
		await prepare(store, [endpoint]);
		await forgetLeftFlows(store);
		within(container, running, (namespace) => {
			try {
				attach(wiringOf([endpoint], namespace), namespace);
			} catch (error) {
				const others = parts.othersThan(store, id, endpoint.network.id);
				detach({ ...endpoint, driver: endpoint.network.driver }, namespace);
				route(others, namespace);
				throw error;
			}
		});
	} catch (error) {
		parts.forgetPart(store, id, endpoint.network.id);
		throw error;
	}
	parts.noteMade(store, id, endpoint);
	announce(store);
	await movePorts(store, container, [...all, endpoint]);
	addNetwork(store, container, endpoint);
	// One that is on a user's network already has its resolver, which answers for all its networks.
	const served = resolverOf(all) === undefined ? resolverOf([endpoint]) : undefined;
	if (served !== undefined) await serve(store, container, running, served);
}

async function movePorts(store: Store, { id, options }: Container, endpoints: readonly Endpoint[]): Promise<void> {
	if (!options.publish && !options.publishAll) return;
	const addresses = await (await releading()).leadAnew(store, id, endpoints, undoPath(store, id));
	// One of an older bunker publishes nothing.
	const line = connectIn(runDirectory(store.places, id), ATTACH.name);
	if (typeof line !== "number") return;
	send(line, encodePortsMoved(addresses));
	finish(line, PATIENCE);
	close(line);
}

async function serve(store: Store, { id }: Container, { program, programStart }: State, network: string) {
	using naming = await (await import("./naming.ts")).prepareNaming(store, id, network);
	// What prepareNaming is told is a pid: it is this process's as long as we hold its pidfd.
	const pidfd = openProcess(program, programStart);
	if (pidfd === undefined) return;
	try {
		naming.open(program);
		await naming.handOver();
		forgetStaying(store, id);
	} finally {
		close(pidfd);
	}
}

/**
 * Disconnects a container from a network, at once if it runs.
 * @param options.force also from one that is gone
 * @throws Failure (1), with nothing changed
 */
export async function disconnectNetwork(
	store: Store,
	name: string,
	from: string,
	options: { force: boolean },
): Promise<void> {
	const parts = await later();
	using held = lookAlone(store, name);
	const { container, running } = held.seen;
	const { id, network } = parts.leaving(store, container.id, from, options.force);
	if (network?.driver === "host" && container.options.network === "host") throw ofHost();
	const part = parts.partIn(store, container.id, id);
	if (!part) throw new Failure(`container ${container.name} is not connected to network ${network?.name ?? from}`);
	const addresses = parts.addressesIn(store, container.id, id);
	if (running && resolverOf(parts.joinedOf(store, container.id)) === id) noteStaying(store, container.id, id, running);
	// The interface first: with the rows its address is another's.
	if (running && network && part.id !== null)
		try {
			within(container, running, (namespace) => {
				detach(parts.tracesOf(part, network), namespace);
				route(parts.othersThan(store, container.id, id), namespace);
			});
		} catch (error) {
			// It has just ended, and its interfaces with it.
			if (!(error instanceof Ended)) throw error;
		}
	if (running) await movePorts(store, container, parts.othersThan(store, container.id, id));
	parts.noteDisconnected(store, container.id, id);
	announce(store);
	if (running) removeNetwork(store, container, addresses);
}

/** The container has ended since we looked. */
class Ended extends Failure {}

/**
 * Does something with the network namespace of a container that runs.
 * @throws Ended, before or after it was done
 */
function within({ name }: Container, { program, programStart }: State, work: (namespace: number) => void): void {
	const pidfd = openProcess(program, programStart);
	const ended = () => new Ended(`container ${name} is not running`);
	if (pidfd === undefined) throw ended();
	let namespace = -1;
	try {
		namespace = openNamespace(program) ?? -1;
		// Alive after the namespace was opened: it was this process's.
		if (namespace < 0 || !sendSignal(pidfd, 0)) throw ended();
		try {
			work(namespace);
		} catch (error) {
			throw sendSignal(pidfd, 0) ? error : ended();
		}
	} finally {
		if (namespace >= 0) close(namespace);
		close(pidfd);
	}
}

function openNamespace(pid: number): number | undefined {
	try {
		return open(`/proc/${pid}/ns/net`, O_RDONLY | O_CLOEXEC);
	} catch {
		return undefined;
	}
}

/** docker's sentences (moby, daemon/network.go and runconfig/errors.go). */
function requireJoinable({ options: { network } }: Container, driver: string): void {
	if (donorOf(network) !== undefined || (network === "host" && driver !== "host"))
		throw new Failure(
			"container sharing network namespace with another container or host cannot be connected to any other network",
		);
	if (driver === "host") throw ofHost();
	if (network === "none" || driver === "null")
		throw new Failure(
			"container cannot be connected to multiple networks with one of the networks in private (none) mode",
		);
}

const ofHost = () => new Failure("container cannot be disconnected from host network or connected to host network");

/**
 * `network rm` and `network prune`: a network's rows, then what the host has of
 * it. As with docker only containers that run keep a network; one that does not
 * run cannot be started any more when a network of its is gone.
 */

import { list, makeDirectories } from "../../ffi/directory.ts";
import { readFileIfThere, unlink, writeFile } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { type Filters, isUntil, matchesLabels } from "../filters.ts";
import { announce, record } from "../kernel/event.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { goingBridgesDirectory } from "../places.ts";
import { bridgeName } from "./bridge.ts";
import { recordNetwork } from "./events.ts";
import { hostLinks } from "./host.ts";
import { deleteLink } from "./link.ts";
import { all, byId, isPredefined, type Network } from "./table.ts";

/** What containers know of themselves. */
export interface Users {
	/** makes those that have ended, and nobody has looked since, give back what is theirs */
	sweep(): void;
	/** the name of a container, by its id */
	nameOf(container: string): string;
}

/**
 * Removes a network.
 * @throws Failure for a predefined one, one that is gone, and one that containers use (kind "network in use")
 */
export function remove(store: Store, network: Network, users: Users): void {
	if (isPredefined(network.name)) throw new Failure(`${network.name} is a pre-defined network and cannot be removed`);
	sweepBridges(store);
	if (usersOf(store, network.id).length > 0) users.sweep();
	const bridge = network.driver === "bridge" ? bridgeName(network) : undefined;
	if (bridge !== undefined) noteGoing(store, bridge, network.id);
	try {
		store.transaction(() => {
			const left = usersOf(store, network.id);
			if (left.length > 0) throw inUse(network, left, users);
			if (store.run("DELETE FROM network WHERE id = ?", network.id) === 0)
				throw new Failure(`network ${network.name} not found`, { kind: "no such network" });
			recordNetwork(store, network, "destroy");
		});
	} catch (error) {
		if (bridge !== undefined) unlink(goingPath(store, bridge));
		throw error;
	}
	announce(store);
	if (bridge !== undefined) removeBridge(store, bridge);
}

/**
 * Removes all networks that no running container uses.
 * @returns their names
 * @throws Failure for a filter's value that is none
 */
export function prune(store: Store, filters: Filters, users: Users): string[] {
	sweepBridges(store);
	users.sweep();
	const names: string[] = [];
	for (const network of all(store)) {
		if (isPredefined(network.name) || !isUntil(filters, network.created)) continue;
		if (!matchesLabels(filters, network.options.labels ?? {}) || usersOf(store, network.id).length > 0) continue;
		if (attempt(() => remove(store, network, users))) names.push(network.name);
	}
	store.transaction(() => {
		record(store, { type: "network", action: "prune", actor: "", attributes: { reclaimed: "0" } });
	});
	announce(store);
	return names;
}

/** False where somebody has begun to use it since, or has removed it. */
function attempt(work: () => void): boolean {
	try {
		work();
		return true;
	} catch (error) {
		if (error instanceof Failure && error.kind !== undefined) return false;
		throw error;
	}
}

/** Containers that have a part in a network now. */
const usersOf = (store: Store, network: string): { container: string; id: string }[] =>
	store.all("SELECT container, id FROM endpoint WHERE network = ? AND id NOT NULL ORDER BY container", network);

function inUse({ name }: Network, users: { container: string; id: string }[], { nameOf }: Users): Failure {
	const named = users.map(({ container, id }) => `name:"${nameOf(container)}" id:"${id.slice(0, 12)}"`);
	return new Failure(`network ${name} has active endpoints (${named.join(", ")})`, {
		kind: "network in use",
		hint: "stop these containers, or disconnect them from it",
	});
}

const goingPath = (store: Store, bridge: string): string => `${goingBridgesDirectory(store.places)}/${bridge}`;

/** Before the row goes: with it goes the name of the bridge, and a kill would leave that on the host. */
function noteGoing(store: Store, bridge: string, id: string): void {
	makeDirectories(goingBridgesDirectory(store.places), 0o700);
	writeFile(goingPath(store, bridge), id, 0o600);
}

/** Somebody else's interface of that name stays. */
function removeBridge(store: Store, name: string): void {
	const link = hostLinks().find((one) => one.name === name);
	if (link?.kind === "bridge") playMessages([deleteLink(name, false)]);
	unlink(goingPath(store, name));
}

/** Removes bridges that a removal has left which was killed. */
export function sweepBridges(store: Store): void {
	for (const bridge of list(goingBridgesDirectory(store.places))) {
		const id = decodeText(readFileIfThere(goingPath(store, bridge)) ?? new Uint8Array());
		if (id === "" || byId(store, id)) continue;
		if (all(store).some((network) => network.driver === "bridge" && bridgeName(network) === bridge))
			unlink(goingPath(store, bridge));
		else removeBridge(store, bridge);
	}
}

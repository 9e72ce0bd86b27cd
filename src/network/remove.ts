/**
 * `network rm` and `network prune`: a network's rows, then what the host has of
 * it. As with docker only containers that run keep a network; one that does not
 * run cannot be started any more when a network of its is gone.
 */

import { list, makeDirectories } from "../../ffi/directory.ts";
import { unlink, writeFile } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import { type Filters, isUntil, matchesLabels } from "../filters.ts";
import { announce, record } from "../kernel/event.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { goingBridgesDirectory } from "../places.ts";
import { bridgeMac, bridgeName } from "./bridge.ts";
import { networkElements } from "./elements.ts";
import { recordNetwork } from "./events.ts";
import { forget } from "./firewall.ts";
import { hostLinks } from "./host.ts";
import { inspect } from "./inspection.ts";
import { deleteLink } from "./link.ts";
import { readNote } from "./note.ts";
import { parentOf } from "./parent.ts";
import { all, byId, isPredefined, type Network, tableName } from "./table.ts";

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
export async function remove(store: Store, network: Network, users: Users): Promise<void> {
	if (isPredefined(network.name)) throw new Failure(`${network.name} is a pre-defined network and cannot be removed`);
	await sweepBridges(store);
	if (usersOf(store, network.id).length > 0) users.sweep();
	const hasBridge = network.driver === "bridge";
	if (hasBridge) noteGoing(store, network);
	try {
		store.transaction(() => {
			const left = usersOf(store, network.id);
			if (left.length > 0) throw inUse(network, left, users);
			if (store.run("DELETE FROM network WHERE id = ?", network.id) === 0)
				throw new Failure(`network ${network.name} not found`, { kind: "no such network" });
			recordNetwork(store, network, "destroy");
		});
	} catch (error) {
		if (hasBridge) unlink(goingPath(store, network));
		throw error;
	}
	announce(store);
	if (hasBridge) await removeBridge(store, network);
	else removeParent(store, network);
}

/**
 * Removes all networks that no running container uses.
 * @returns their names
 * @throws Failure for a filter's value that is none
 */
export async function prune(store: Store, filters: Filters, users: Users): Promise<string[]> {
	await sweepBridges(store);
	users.sweep();
	const names: string[] = [];
	for (const network of all(store)) {
		if (isPredefined(network.name) || !isUntil(filters, network.created)) continue;
		if (!matchesLabels(filters, network.options.labels ?? {}) || usersOf(store, network.id).length > 0) continue;
		if (await attempt(() => remove(store, network, users))) names.push(network.name);
	}
	store.transaction(() => {
		record(store, { type: "network", action: "prune", actor: "", attributes: { reclaimed: "0" } });
	});
	announce(store);
	return names;
}

/** False where somebody has begun to use it since, or has removed it. */
async function attempt(work: () => Promise<void>): Promise<boolean> {
	try {
		await work();
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

const goingPath = (store: Store, network: Network): string =>
	`${goingBridgesDirectory(store.places)}/${bridgeName(network)}`;

/** Before the row goes: with it goes what tells of the bridge, and a kill would leave that on the host. */
function noteGoing(store: Store, network: Network): void {
	makeDirectories(goingBridgesDirectory(store.places), 0o700);
	writeFile(goingPath(store, network), JSON.stringify(network), 0o600);
}

/** Removes the bridge, known by its MAC address, and what the firewall says of it. Somebody else's interface of that name stays. */
async function removeBridge(store: Store, network: Network): Promise<void> {
	const name = bridgeName(network);
	const link = hostLinks().find((one) => one.name === name);
	if (link?.kind === "bridge" && link.mac === bridgeMac(network)) playMessages([deleteLink(name, false)]);
	if (hasRules(store, network)) await forget(store);
	unlink(goingPath(store, network));
}

/** True if the firewall knows the network: of one that was never used there may be no firewall at all, and none is made. */
function hasRules(store: Store, network: Network): boolean {
	const present = inspect(tableName(store));
	if (typeof present === "string") return present === "broken";
	const keys = networkElements(network).map(({ set, key }) => `${set} ${key.toHex()}`);
	return present.some(({ set, key }) => keys.includes(`${set} ${key}`));
}

/** The parent of a macvlan or ipvlan: one that the network has made, when the last that is on it goes. */
function removeParent(store: Store, network: Network): void {
	const { madeParent, driverOptions } = network.options;
	if (driverOptions?.parent !== undefined && !madeParent) return;
	const name = parentOf(network);
	const other = all(store).find((one) => one.options.driverOptions?.parent === name);
	if (!other && hostLinks().some((link) => link.name === name)) playMessages([deleteLink(name, false)]);
}

/** Removes bridges that a removal has left which was killed. */
export async function sweepBridges(store: Store): Promise<void> {
	for (const name of list(goingBridgesDirectory(store.places))) {
		const network = readNote<Network>(`${goingBridgesDirectory(store.places)}/${name}`);
		if (!network || byId(store, network.id)) continue;
		const isAnothers = all(store).some((other) => other.driver === "bridge" && bridgeName(other) === name);
		if (isAnothers) unlink(goingPath(store, network));
		else await removeBridge(store, network);
	}
}

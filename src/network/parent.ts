/**
 * Parents of macvlan and ipvlan networks: an interface of the host, a VLAN of one,
 * or a dummy where none is named (moby, libnetwork/drivers/{macvlan,ipvlan}).
 * Pure.
 */

import type { Message } from "../kernel/netlink.ts";
import { addDummy, addVlan } from "./link.ts";
import type { Network } from "./table.ts";

type Named = Pick<Network, "id" | "driver" | "options">;

/** `-o parent`; docker's name of the dummy where there is none. */
export function parentOf({ id, driver, options }: Named): string {
	const parent = options.driverOptions?.parent;
	return parent ? parent : `${driver === "macvlan" ? "dm" : "di"}-${id.slice(0, 12)}`;
}

/** What makes the parent of a network; undefined for an interface that only the host can have. */
export function parentMessage(network: Named): Message | undefined {
	const name = parentOf(network);
	if (!network.options.driverOptions?.parent) return addDummy(name);
	const [, base, id] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
	return base !== undefined && Number(id) >= 1 && Number(id) <= 4094 ? addVlan(name, base, Number(id)) : undefined;
}

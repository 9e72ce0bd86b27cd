/** Networks of the drivers macvlan and ipvlan. Loaded only where a container is on one. */

import { close } from "../../ffi/file.ts";
import { interfaceIndex, NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import { Failure } from "../failure.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Endpoint } from "./endpoint.ts";
import { ipvlanOf } from "./ipvlan.ts";
import type { Shared } from "./link.ts";
import { macvlanOf } from "./macvlan.ts";
import { parentMessage, parentOf } from "./parent.ts";

/** What is made on the parent of its network for a container. */
export const sharedOf = (endpoint: Endpoint): Shared =>
	endpoint.network.driver === "macvlan" ? macvlanOf(endpoint) : ipvlanOf(endpoint);

/**
 * Makes the parent of a network where it is missing, and says what is made on it for a container.
 * @throws Failure where it cannot be made
 */
export function prepareShared(endpoint: Endpoint): void {
	const { network } = endpoint;
	endpoint.shared = sharedOf(endpoint);
	const name = parentOf(network);
	const socket = openNetlink(NETLINK_ROUTE);
	const there = interfaceIndex(socket, name) !== undefined;
	close(socket);
	if (there) return;
	const message = parentMessage(network);
	if (!message) throw new Failure(`the network ${network.name} has no parent: there is no interface ${name}`);
	playMessages([message]);
}

/** Putting a container's interfaces into its network namespace, and taking them out. */

import { inNamespace } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { type Message, playMessages } from "../kernel/netlink.ts";
import type { Endpoint } from "./endpoint.ts";
import { addressMessages, interfaceMessages, interfaceSettings, routeMessages } from "./interfaces.ts";
import { deleteLink } from "./link.ts";
import { type Setting, writeSetting } from "./setting.ts";

/** What makes one interface of a container, in this order. */
export interface Wiring {
	made: Message[];
	settings: Setting[];
	addressed: Message[];
}

/**
 * What makes the interfaces of a container.
 * @param namespace number of the descriptor that its network namespace will have by then
 */
export const wiringOf = (endpoints: readonly Endpoint[], namespace: number): Wiring[] =>
	endpoints.map((endpoint) => ({
		made: interfaceMessages(endpoint, namespace),
		settings: interfaceSettings(endpoint),
		addressed: [...addressMessages(endpoint), ...routeMessages(endpoint)],
	}));

/**
 * Makes the interfaces of a container.
 * @param namespace descriptor of its network namespace
 * @throws Failure with the sentence of what was refused
 */
export function attach(wirings: readonly Wiring[], namespace: number): void {
	for (const { made, settings, addressed } of wirings) {
		playMessages(made, namespace);
		inNamespace(namespace, () => {
			for (const setting of settings) writeSetting(setting);
		});
		playMessages(addressed, namespace);
	}
	trace("time", "interfaces made");
}

/**
 * Removes a container's interface in a network. A veth pair goes by its end in
 * our namespace, whatever the container has made of its own.
 * @param part the driver of the network, and what the interfaces are called
 */
export function detach(part: { driver: string; outside: string; interface: string }, namespace: number): void {
	const bridged = part.driver === "bridge";
	playMessages([deleteLink(bridged ? part.outside : part.interface, !bridged)], namespace);
}

/** Makes the gateways chosen the container's way to everywhere, in the place of others. */
export function route(endpoints: readonly Endpoint[], namespace: number): void {
	for (const endpoint of endpoints) playMessages(routeMessages(endpoint), namespace);
}

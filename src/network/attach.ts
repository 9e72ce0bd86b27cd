/** Putting a container's interfaces into its network namespace, and taking them out. */

import { inNamespace } from "../../ffi/netlink.ts";
import { trace } from "../environment.ts";
import { playMessages } from "../kernel/netlink.ts";
import type { Endpoint } from "./endpoint.ts";
import { addressMessages, interfaceMessages, interfaceSettings, routeMessages } from "./interfaces.ts";
import { deleteLink } from "./link.ts";
import { writeSetting } from "./setting.ts";

/**
 * Makes the interfaces of a container.
 * @param namespace descriptor of its network namespace
 * @throws Failure with the sentence of what was refused
 */
export function attach(endpoints: readonly Endpoint[], namespace: number): void {
	for (const endpoint of endpoints) {
		const settings = interfaceSettings(endpoint);
		playMessages(interfaceMessages(endpoint, namespace), namespace);
		inNamespace(namespace, () => {
			for (const setting of settings) writeSetting(setting);
		});
		playMessages([...addressMessages(endpoint), ...routeMessages(endpoint)], namespace);
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

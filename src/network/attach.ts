/** Putting a container's interfaces into its network namespace. */

import { trace } from "../environment.ts";
import { playMessages } from "../kernel/netlink.ts";
import { endpointMessages } from "./bridge.ts";
import type { Endpoint } from "./joining.ts";

/**
 * Makes the interfaces of a container.
 * @param namespace descriptor of its network namespace
 * @throws Failure with the sentence of the message that was refused
 */
export function attach(endpoints: readonly Endpoint[], namespace: number): void {
	for (const endpoint of endpoints) playMessages(endpointMessages(endpoint, namespace), namespace);
	trace("time", "interfaces made");
}

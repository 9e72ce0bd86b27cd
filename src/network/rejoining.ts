/** Containers that have lost their way with a bridge that somebody has deleted. Loaded where one is made. */

import { interfaceIndex } from "../../ffi/netlink.ts";
import type { Message } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeName } from "./bridge.ts";
import { outsideName } from "./joining.ts";
import { allowHairpin, isolatePort, setMaster } from "./link.ts";
import { isOff, OPTION } from "./option-names.ts";
import { endpointsOn, type Network, portsOf } from "./table.ts";

/**
 * What puts the containers of a network that run on its bridge, as they were.
 * @param socket of rtnetlink: who is just starting has no interface yet
 */
export function portsOn(store: Store, network: Network, socket: number): Message[] {
	const messages: Message[] = [];
	for (const { id, container } of endpointsOn(store, network.id)) {
		if (id === null) continue;
		const outside = outsideName(id);
		if (interfaceIndex(socket, outside) === undefined) continue;
		messages.push(setMaster(outside, bridgeName(network)));
		if (isOff(network, OPTION.icc)) messages.push(isolatePort(outside));
		if (portsOf(store, container).length > 0) messages.push(allowHairpin(outside));
	}
	return messages;
}

/** What the firewall is told of published ports. Loaded with the first of them. Pure, but for the table's name. */

import type { Message } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { addElement, deleteElement, type Published, portElement } from "./elements.ts";
import type { Outlet } from "./gateway.ts";
import { allowHairpin } from "./link.ts";
import { tableName } from "./table.ts";

export { type Published, publishedOf } from "./elements.ts";

/** Leads ports of the host to a container, from the inside of the kernel; those it cannot are left out. */
export function publishMessages(store: Store, ports: readonly Published[]): Message[] {
	return portMessages(store, ports, addElement);
}

/** The other way round: what `publishMessages` adds is gone. All of it must be there, or nothing of it goes. */
export function withdrawMessages(store: Store, ports: readonly Published[]): Message[] {
	return portMessages(store, ports, deleteElement);
}

/** Lets a container reach its own ports: on each of its networks that they are published in. */
export function hairpinMessages({ parts }: Outlet): Message[] {
	const [one, other] = parts;
	const messages = one ? [allowHairpin(one.endpoint.outside)] : [];
	if (other && other.endpoint !== one?.endpoint) messages.push(allowHairpin(other.endpoint.outside));
	return messages;
}

function portMessages(store: Store, ports: readonly Published[], make: typeof addElement): Message[] {
	const table = tableName(store);
	const messages: Message[] = [];
	for (const port of ports) {
		const element = portElement(port);
		if (element) messages.push(make(table, element));
	}
	return messages;
}

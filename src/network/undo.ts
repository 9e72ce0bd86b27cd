/** The undo list of a container's part in the firewall: written before the part is added, played by whoever records its end. */

import { makeDirectories } from "../../ffi/directory.ts";
import { close, writeFile } from "../../ffi/file.ts";
import { NETLINK_NETFILTER, openNetlink, talk } from "../../ffi/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { flowsDirectory } from "../places.ts";
import { portsOf } from "./table.ts";

/**
 * Plays an undo list.
 * @param batch a transaction as it is sent; where some of what it takes away is
 * gone already nothing is done, and the next start that looks at the table mends it
 */
export function playUndo(batch: Uint8Array): void {
	const socket = openNetlink(NETLINK_NETFILTER);
	try {
		talk(socket, batch);
	} finally {
		close(socket);
	}
}

/**
 * Notes what the undo list leaves: conversations by UDP with the container's
 * ports. Before its addresses are given back: who gets one forgets them
 * (left-flows.ts), since nobody who only looks should load what that needs.
 */
export function noteFlows(store: Store, container: string): void {
	const ports = portsOf(store, container).filter(({ protocol, inside }) => protocol === "udp" && inside);
	if (ports.length === 0) return;
	makeDirectories(flowsDirectory(store.places), 0o700);
	writeFile(`${flowsDirectory(store.places)}/${container}`, JSON.stringify(ports), 0o600);
}

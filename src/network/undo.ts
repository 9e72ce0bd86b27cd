/** The undo list of a container's part in the firewall: written before the part is added, played by whoever records its end. */

import { close } from "../../ffi/file.ts";
import { NETLINK_NETFILTER, openNetlink, talk } from "../../ffi/netlink.ts";

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

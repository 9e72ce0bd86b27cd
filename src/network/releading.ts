/**
 * The published ports of a container whose way to everywhere has changed: they
 * lead to its address on that network, as docker has it. Loaded where somebody
 * connects or disconnects a container that publishes some.
 */

import { unlink, writeFile } from "../../ffi/file.ts";
import { encodeBatch, playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { type Address, addressBytes, parseAddress } from "./address.ts";
import { insideOf } from "./claim.ts";
import type { Endpoint } from "./endpoint.ts";
import { change } from "./firewall.ts";
import { doubt } from "./firewall-note.ts";
import { type Outlet, outletOf } from "./gateway.ts";
import { hairpinMessages, publishedOf, publishMessages, withdrawMessages } from "./port-messages.ts";
import { type PortRow, portsOf } from "./table.ts";

/**
 * Leads ports to where the container is now; to nowhere if it has no way out.
 * Before an address is given back: it is another container's next.
 * @param endpoints its parts in networks, with the ways to everywhere chosen
 * @param undo file of its undo list
 * @returns the addresses that they lead to now, for the monitor's forwarder
 */
export async function leadAnew(
	store: Store,
	container: string,
	endpoints: readonly Endpoint[],
	undo: string,
): Promise<Uint8Array[]> {
	const rows = portsOf(store, container);
	const outlet = outletOf(endpoints);
	await leadRows(store, rows, outlet, undo);
	return (outlet?.addresses ?? []).map(({ address }) => addressBytes(parseAddress(address) as Address));
}

async function leadRows(
	store: Store,
	rows: readonly PortRow[],
	outlet: Outlet | undefined,
	undo: string,
): Promise<void> {
	const moved = rows.map((row) => ({ ...row, inside: outlet ? insideOf(row.address, outlet) : "" }));
	if (moved.every(({ inside }, at) => inside === rows[at]?.inside)) return;
	doubt(store);
	store.transaction(() => {
		for (const { protocol, address, port, inside } of moved)
			store.run(
				"UPDATE port SET inside = ? WHERE protocol = ? AND address = ? AND port = ?",
				inside,
				protocol,
				address,
				port,
			);
	});
	const withdrawn = withdrawMessages(store, publishedOf(rows));
	const led = publishedOf(moved);
	if (led.length > 0) writeFile(undo, encodeBatch(withdrawMessages(store, led)), 0o600);
	await change(store, [...withdrawn, ...publishMessages(store, led)]);
	if (led.length === 0) unlink(undo);
	else if (outlet) playMessages(hairpinMessages(outlet));
}

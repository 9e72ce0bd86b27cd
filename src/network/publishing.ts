/** What becomes of the ports of a container that starts: sockets, rules, and how both go again. Loaded with the first `-p`. */

import { SOCK_DGRAM } from "../../ffi/constants.ts";
import { writeFile } from "../../ffi/file.ts";
import { familyOf, socketAddress } from "../../ffi/inet.ts";
import { encodeBatch, playMessages } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { type Address, addressBytes, parseAddress } from "./address.ts";
import { type ClaimOptions, claimPorts, closePorts, type HeldPort } from "./claim.ts";
import { forgetFlows } from "./conntrack.ts";
import { change } from "./firewall.ts";
import type { Outlet } from "./gateway.ts";
import { hairpinMessages, publishedOf, publishMessages, withdrawMessages } from "./port-messages.ts";

/** A socket for the monitor, and where in the container what arrives at it is copied to. */
export interface PortSocket {
	fd: number;
	/** AF_INET, AF_INET6 */
	family: number;
	/** SOCK_STREAM, SOCK_DGRAM */
	type: number;
	/** struct sockaddr */
	target: Uint8Array;
}

/** The published ports of a container that starts: held, and not led anywhere yet. */
export interface Publication {
	sockets: PortSocket[];
	/**
	 * Leads the ports to the container.
	 * @param undo file that the undo list is written to, before that
	 */
	lead: (undo: string) => Promise<void>;
	/** lets the container reach its own ports: once its interface is there */
	turn: () => void;
	/** closes our copies of the sockets */
	close: () => void;
}

/**
 * Takes ports of the host.
 * @throws PortTaken, or Failure (125), with nothing taken
 */
export function publish(store: Store, options: ClaimOptions): Publication {
	const { outlet } = options;
	const held = claimPorts(store, options);
	const published = publishedOf(held);
	return {
		sockets: held.filter(({ fd }) => fd >= 0).map((port) => socketOf(port, outlet)),
		lead: async (file) => {
			if (published.length === 0) return;
			writeFile(file, encodeBatch(withdrawMessages(store, published)), 0o600);
			await change(store, publishMessages(store, published));
			if (held.some(({ type }) => type === SOCK_DGRAM)) forgetFlows(published);
		},
		turn: () => {
			if (published.length > 0) playMessages(hairpinMessages(outlet));
		},
		close: () => closePorts(held),
	};
}

/** What has no address of the socket's family in the container is reached by the other. */
function socketOf({ fd, type, address, inside, target }: HeldPort, { addresses }: Outlet): PortSocket {
	const reached = inside ?? (addresses[0]?.address as string);
	const bytes = addressBytes(parseAddress(reached) as Address);
	const family = familyOf(addressBytes(parseAddress(address) as Address));
	return { fd, family, type, target: socketAddress(bytes, target) };
}

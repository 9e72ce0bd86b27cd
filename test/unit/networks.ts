/** Networks and parts in them, for tests of lists. */

import type { Endpoint } from "../../src/network/endpoint.ts";
import type { Network } from "../../src/network/table.ts";

export const NETWORK_ID = "0123456789abcdef".repeat(4);

/** A network. */
export const networkOf = (what: Partial<Network> = {}): Network => ({
	id: NETWORK_ID,
	name: "n",
	driver: "bridge",
	created: "2025-01-01T00:00:00.000000000Z",
	options: {},
	...what,
});

/** A part in a network, with the addresses 10.1.2.3/24 and fd00::3/64 unless told. */
export function endpointOn(network: Partial<Network> = {}, what: Partial<Endpoint> = {}): Endpoint {
	const base = { leads: true, isDefault: true };
	return {
		network: networkOf(network),
		id: "fedcba9876543210".repeat(4),
		interface: "eth0",
		outside: "vethfedcba9",
		mac: "02:42:0a:01:02:03",
		addresses: [
			{ ...base, family: 4, address: "10.1.2.3", prefix: 24, gateway: "10.1.2.1" },
			{ ...base, family: 6, address: "fd00::3", prefix: 64, gateway: "fd00::1" },
		],
		asked: { network: "n" },
		...what,
	};
}

/** Whether a network can give what is asked of it: known when a container is made, not only when it starts. */

import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { contains, parseAddress, parseCidr } from "./address.ts";
import type { EndpointOption } from "./options.ts";
import { type Network, subnetsOf } from "./table.ts";

/**
 * Checks the addresses that are asked for (moby, api/types/network/endpoint.go:
 * IsInRange). A subnet that was picked is as good as one that was configured: it stays.
 * @throws Failure (125) for one that is in no subnet of the network
 */
export function checkAsked(store: Store, network: Network, { address, address6 }: EndpointOption): void {
	for (const wanted of [address, address6]) {
		const parsed = wanted === undefined ? undefined : parseAddress(wanted);
		if (!parsed) continue;
		const cidrs = subnetsOf(store, network.id).map(({ cidr }) => parseCidr(cidr));
		if (cidrs.some((cidr) => cidr && contains(cidr, parsed))) continue;
		const hasSome = cidrs.some((cidr) => cidr?.family === parsed.family);
		throw new Failure(
			hasSome
				? `no configured subnet or ip-range contain the IP address ${wanted}`
				: `user specified IP address is supported only when connecting to networks with user configured subnets: network ${network.name} has none of IPv${parsed.family}`,
			{ exitCode: EXIT.refused },
		);
	}
}

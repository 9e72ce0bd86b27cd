/** What a start would do for a container's networks, as sentences; nothing is done. Loaded by `run --explain`. */

import { close } from "../../ffi/file.ts";
import { interfaceIndex, NETLINK_ROUTE, openNetlink } from "../../ffi/netlink.ts";
import type { Message } from "../kernel/netlink.ts";
import type { Store } from "../kernel/store.ts";
import { bridgeAddresses, bridgeMessage, bridgeName, bridgeSettings } from "./bridge.ts";
import { addressesFor, insideOf } from "./claim.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Outlet, outletOf } from "./gateway.ts";
import { addressMessages, interfaceMessage, interfaceSettings, routeMessages } from "./interfaces.ts";
import type { PublishOption } from "./options.ts";
import { hairpinMessages, type Published, publishMessages } from "./port-messages.ts";
import { repairMessages } from "./repair.ts";
import { sharedOf } from "./shared.ts";
import { type Network, subnetsOf } from "./table.ts";

/** A number for what is known only when it is played. */
const UNKNOWN = 0;

/**
 * The sentences of a start, in the order in which its lists are played.
 * @param endpoints joined in a copy of the database
 * @param wanted ports to be published
 */
export function explainNetworks(
	store: Store,
	endpoints: readonly Endpoint[],
	wanted: readonly PublishOption[],
	comment: string,
): string[] {
	const bridged = endpoints.map(({ network }) => network).filter(({ driver }) => driver === "bridge");
	const outlet = outletOf(endpoints);
	return [
		...(bridged.length > 0 ? sentences(repairMessages(store, bridged)) : []),
		...bridged.filter(isMissing).flatMap((network) => bridgeLines(store, network)),
		...(outlet ? wanted.flatMap((port) => portLines(store, outlet, port, comment)) : []),
		...endpoints.flatMap(interfaceLines),
		...(outlet && wanted.length > 0 ? sentences(hairpinMessages(outlet)) : []),
	];
}

const sentences = (described: readonly Pick<Message, "what">[]): string[] => described.map(({ what }) => what);

function isMissing(network: Network): boolean {
	const socket = openNetlink(NETLINK_ROUTE);
	const there = interfaceIndex(socket, bridgeName(network)) !== undefined;
	close(socket);
	return !there;
}

function bridgeLines(store: Store, network: Network): string[] {
	const addresses = bridgeAddresses(network, subnetsOf(store, network.id));
	return sentences([bridgeMessage(network), ...bridgeSettings(network), ...addresses]);
}

/** A random port is known only once it is held. */
function portLines(store: Store, outlet: Outlet, option: PublishOption, comment: string): string[] {
	const { protocol, host, port } = option;
	const number = (typeof host === "number" && host) || undefined;
	const shown = number ? `port ${number}` : host ? `one of the ports ${(host as number[]).join("-")}` : "a free port";
	const places = addressesFor(option, outlet);
	const led = places.flatMap((hostAddress): Published[] => {
		const address = insideOf(hostAddress, outlet);
		return address === null ? [] : [{ protocol, hostAddress, hostPort: number ?? UNKNOWN, address, port, comment }];
	});
	return [
		...places.map((place) => `hold ${shown} of ${place} for ${port}/${protocol}`),
		...(number === undefined ? [] : sentences(publishMessages(store, led))),
	];
}

function interfaceLines(asked: Endpoint): string[] {
	const endpoint = asked.network.driver === "bridge" ? asked : { ...asked, shared: sharedOf(asked) };
	return [
		...sentences([interfaceMessage(endpoint, UNKNOWN)]),
		...sentences(interfaceSettings(endpoint)),
		...sentences([...addressMessages(endpoint), ...routeMessages(endpoint)]),
	];
}

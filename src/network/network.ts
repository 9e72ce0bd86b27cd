/** Networks: the face of this folder. What is under it knows nothing of containers but their ids. */

import { typeIfThere } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { flowsDirectory } from "../places.ts";
import type { Publication } from "./publishing.ts";

export { addressBytes, addressOf, formatAddress, parseAddress } from "./address.ts";
export { attach, detach, route, type Wiring, wiringOf } from "./attach.ts";
export type { NewNetwork } from "./create.ts";
export type { Endpoint } from "./endpoint.ts";
export { recordPart } from "./events.ts";
export { distrust } from "./firewall-note.ts";
export { outletOf } from "./gateway.ts";
export { join } from "./joining.ts";
export { leave } from "./leaving.ts";
export { type Link, linksTo } from "./links.ts";
export type { NetworkSummary } from "./list.ts";
export { bridged, type Membership, memberships, published, publishedBy, type Settings, settingsOf } from "./listing.ts";
export type { EndpointOption, NetworkOptions, Protocol, PublishOption } from "./options.ts";
export { usePools } from "./pool.ts";
export { defaultGateways, prepare } from "./prepare.ts";
export type { PortSocket, Publication } from "./publishing.ts";
export type { Users } from "./remove.ts";
export { connect, renameEndpoints } from "./rows.ts";
export {
	createNetwork,
	firewallWarnings,
	inspectNetwork,
	listNetworks,
	pairSubnets,
	pruneNetworks,
	removeNetwork,
} from "./seldom.ts";
export { addressesOf, all, DEFAULT_NETWORK, find as findNetwork, type PortRow, portsOf } from "./table.ts";
export { noteFlows, playUndo } from "./undo.ts";

/** Taking ports, for those few containers that publish some: see publishing.ts. */
export const publish = async (...given: Parameters<typeof import("./publishing.ts").publish>): Promise<Publication> =>
	(await import("./publishing.ts")).publish(...given);
/** Forgets conversations with those that had our addresses before, and were killed. Between an address and the interface that has it. */
export async function forgetLeftFlows(store: Store): Promise<void> {
	const directory = flowsDirectory(store.places);
	if (typeIfThere(directory) !== undefined) (await import("./left-flows.ts")).forgetLeft(directory);
}
/** Leading published ports elsewhere. */
export const releading = () => import("./releading.ts");
/** Connecting and disconnecting a container that is there. */
export const later = () => import("./later.ts");
/** Taking links of --link away. */
export const unlinking = () => import("./unlink.ts");
/** What a start would do, as sentences. */
export const explainNetworks = async (...given: Parameters<typeof import("./explaining.ts").explainNetworks>) =>
	(await import("./explaining.ts")).explainNetworks(...given);

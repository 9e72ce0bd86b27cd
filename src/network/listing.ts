/** What listings say of networks and ports: of all containers with one query each. */

import type { Store } from "../kernel/store.ts";
import {
	type AddressRow,
	byId,
	type EndpointRow,
	endpointsOf,
	type Network,
	type PortRow,
	portsOf,
	type Subnet,
} from "./table.ts";

/** A network that a container is on. */
export interface Membership {
	container: string;
	/** id of the network */
	network: string;
	name: string;
}

/** Which networks each container is on, by its id, in the order in which they were asked for. */
export function memberships(store: Store): Map<string, Membership[]> {
	return byContainer(
		store.all<Membership>(
			`SELECT container, network, coalesce(name, endpoint.options ->> 'network') AS name
			 FROM endpoint LEFT JOIN network ON network.id = endpoint.network ORDER BY container, position`,
		),
	);
}

/** Which ports of each container are published, by its id. */
export function published(store: Store): Map<string, PortRow[]> {
	return byContainer(portsOf(store).filter(leads));
}

/** Which ports of a container are published. */
export const publishedBy = (store: Store, container: string): PortRow[] => portsOf(store, container).filter(leads);

const leads = ({ inside }: PortRow): boolean => inside !== "";

/** Containers that are on a bridge now. */
export function bridged(store: Store): Set<string> {
	const rows = store.all<{ container: string }>(
		`SELECT DISTINCT container FROM endpoint JOIN network ON network.id = endpoint.network
		 WHERE endpoint.id NOT NULL AND driver = 'bridge'`,
	);
	return new Set(rows.map(({ container }) => container));
}

function byContainer<Row extends { container: string }>(rows: readonly Row[]): Map<string, Row[]> {
	const grouped = new Map<string, Row[]>();
	for (const row of rows) {
		const group = grouped.get(row.container);
		if (group) group.push(row);
		else grouped.set(row.container, [row]);
	}
	return grouped;
}

/** An address, and what its subnet says. */
export type SettledAddress = Pick<AddressRow, "address"> & Pick<Subnet, "cidr" | "gateway">;

/** All that is known of a container's part in a network; the addresses while it runs. */
export interface Settings {
	network: Network;
	endpoint: EndpointRow;
	addresses: SettledAddress[];
}

/** A network that was removed while the container did not run: what the container knows of it. */
const gone = ({ network, options }: EndpointRow): Network => ({
	id: network,
	name: options.network,
	driver: "bridge",
	created: "",
	options: {},
});

/** A container's parts in networks, in order. */
export function settingsOf(store: Store, container: string): Settings[] {
	return endpointsOf(store, container).map((endpoint) => ({
		network: byId(store, endpoint.network) ?? gone(endpoint),
		endpoint,
		addresses: store.all<SettledAddress>(
			"SELECT address, cidr, gateway FROM address JOIN subnet ON subnet.id = address.subnet WHERE container = ? AND address.network = ? ORDER BY subnet.id",
			container,
			endpoint.network,
		),
	}));
}

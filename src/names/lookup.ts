/** Names and addresses of the networks that a container is on, as the rows say now. */

import type { Store } from "../kernel/store.ts";
import type { EndpointOption, NetworkOptions } from "../network/network.ts";
import { DEFAULT_NETWORK } from "../network/network.ts";

/** An address of who has a name. */
export interface Named {
	container: string;
	/** null: it has none (yet) */
	address: string | null;
}

interface Row extends Named {
	position: number;
	whole: number;
}

/**
 * Who is called so on the first of a container's networks where anybody is:
 * `name`, and `name.network`, whose dots may be part of either. What is in a
 * row that does not run has no endpoint.
 */
const ADDRESSES = `
SELECT n.container, a.address, mine.position, n.name = ?2 AS whole
FROM endpoint mine
JOIN network ON network.id = mine.network
JOIN endpoint_name n ON n.network = mine.network AND n.name IN (?2,
	iif(substr(?2, -length(network.name) - 1) = '.' || lower(network.name),
		substr(?2, 1, length(?2) - length(network.name) - 1), ?2))
JOIN endpoint other ON other.container = n.container AND other.network = n.network AND other.id NOT NULL
LEFT JOIN address a ON a.container = n.container AND a.network = n.network
WHERE mine.container = ?1 AND mine.id NOT NULL
ORDER BY whole DESC, mine.position`;

/** @returns none where nobody is called so */
export function named(store: Store, asking: string, name: string): Named[] {
	const rows = store.all<Row>(ADDRESSES, asking, name);
	const found: Named[] = [];
	for (const row of rows) {
		if (row.position !== rows[0]?.position || row.whole !== rows[0].whole) break;
		found.push(row);
	}
	return found;
}

const LINKS = `SELECT options FROM endpoint WHERE container = ?1 AND instr(options, '"links"')`;

/** What a container alone calls others: `--link CONTAINER[:ALIAS]`. @returns the other's name, in lower case */
export function linked(store: Store, asking: string, alias: string): string | undefined {
	for (const { options } of store.all<{ options: string }>(LINKS, asking))
		for (const link of (JSON.parse(options) as EndpointOption).links ?? []) {
			const colon = link.indexOf(":");
			const target = (colon < 0 ? link : link.slice(0, colon)).replace(/^\//, "");
			if ((colon < 0 ? target : link.slice(colon + 1)).toLowerCase() !== alias) continue;
			return (/^[0-9a-f]{64}$/.test(target) ? target.slice(0, 12) : target).toLowerCase();
		}
	return undefined;
}

const OWNER = `
SELECT a.container, network.name AS network FROM endpoint mine
JOIN subnet ON subnet.network = mine.network
JOIN address a ON a.subnet = subnet.id AND a.address = ?2
JOIN network ON network.id = a.network
WHERE mine.container = ?1 AND mine.id NOT NULL
ORDER BY mine.position LIMIT 1`;

/** Who has an address, and the name of the network. */
export function ownerOf(
	store: Store,
	asking: string,
	address: string,
): { container: string; network: string } | undefined {
	return store.first(OWNER, asking, address);
}

const NETWORKS = `
SELECT network.options FROM endpoint JOIN network ON network.id = endpoint.network
WHERE endpoint.container = ?1 AND endpoint.id NOT NULL`;

/** True for a container that has a way out: one on internal networks only asks nobody outside, either (CVE-2024-29018). */
export function hasWayOut(store: Store, asking: string): boolean {
	return store
		.all<{ options: string }>(NETWORKS, asking)
		.some(({ options }) => !(JSON.parse(options) as NetworkOptions).internal);
}

const SERVED = `
SELECT mine.container FROM endpoint mine
WHERE mine.network = ?1 AND mine.id NOT NULL AND NOT EXISTS (
	SELECT 1 FROM endpoint other JOIN network ON network.id = other.network
	WHERE other.container = mine.container AND other.position < mine.position AND network.name <> '${DEFAULT_NETWORK}')`;

/** Containers that the resolver of a network is there for: it is the first of theirs that has one. */
export function servedBy(store: Store, network: string): string[] {
	return store.all<{ container: string }>(SERVED, network).map(({ container }) => container);
}

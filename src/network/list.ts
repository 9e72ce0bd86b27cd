/** `network ls`: networks, and which of them filters let through (moby, daemon/network/filter.go). */

import { Failure } from "../failure.ts";
import { type Filters, matchesExactly, matchesLabels, matchesPattern, truthOf } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { all, isPredefined, type Network } from "./table.ts";

/** What a listing shows of a network. */
export interface NetworkSummary {
	id: string;
	name: string;
	driver: string;
	scope: "local";
	/** RFC 3339 */
	created: string;
	ipv4: boolean;
	ipv6: boolean;
	internal: boolean;
	labels: Record<string, string>;
}

/**
 * Networks, by name.
 * @throws Failure for a filter's value that is none
 */
export function list(store: Store, filters: Filters = new Map()): NetworkSummary[] {
	const dangling = truthOf(filters, "dangling");
	for (const type of filters.get("type") ?? [])
		if (type !== "builtin" && type !== "custom")
			throw new Failure(`invalid filter 'type=${type}': builtin or custom is expected`);
	const used = dangling === undefined ? undefined : usedNetworks(store);
	return all(store)
		.filter((network) => fits(network, filters))
		.filter(({ id, name }) => used === undefined || dangling === !(isPredefined(name) || used.has(id)))
		.map(summarize);
}

function fits({ id, name, driver, options }: Network, filters: Filters): boolean {
	return (
		matchesExactly(filters, "driver", driver) &&
		matchesExactly(filters, "scope", "local") &&
		matchesExactly(filters, "type", isPredefined(name) ? "builtin" : "custom") &&
		matchesPattern(filters, "id", id) &&
		matchesPattern(filters, "name", name) &&
		matchesLabels(filters, options.labels ?? {})
	);
}

/** Networks that running containers are on. */
const usedNetworks = (store: Store): Set<string> =>
	new Set(
		store
			.all<{ network: string }>("SELECT DISTINCT network FROM endpoint WHERE id NOT NULL")
			.map(({ network }) => network),
	);

function summarize({ id, name, driver, created, options }: Network): NetworkSummary {
	return {
		id,
		name,
		driver,
		scope: "local",
		created,
		ipv4: !options.noIpv4,
		ipv6: options.ipv6 === true,
		internal: options.internal === true,
		labels: options.labels ?? {},
	};
}

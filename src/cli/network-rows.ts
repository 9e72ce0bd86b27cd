/** The lines of `network ls` for --format, as docker's fields have them. Imported only when --format is given. */

import type { NetworkSummary } from "../network/network.ts";
import { type Listing, labelTitle, type Row } from "../template/format.ts";

/** What `network ls --format` can print. */
export const networkListing = (quiet: boolean): Listing => ({
	type: "network",
	titles: {
		CreatedAt: "CREATED AT",
		Driver: "DRIVER",
		ID: "NETWORK ID",
		IPv4: "IPV4",
		IPv6: "IPV6",
		Internal: "INTERNAL",
		Labels: "LABELS",
		Name: "NAME",
		Scope: "SCOPE",
	},
	methods: { Label: labelTitle },
	raw: quiet ? "network_id: {{.ID}}" : "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
});

/** Makes a row of a network. */
export function networkRow(network: NetworkSummary, id: string): Row {
	const { labels } = network;
	return {
		CreatedAt: goTime(network.created),
		Driver: network.driver,
		ID: id,
		IPv4: String(network.ipv4),
		IPv6: String(network.ipv6),
		Internal: String(network.internal),
		Label: (name: string) => (Object.hasOwn(labels, name) ? labels[name] : ""),
		Labels: Object.entries(labels)
			.map(([name, value]) => `${name}=${value}`)
			.sort()
			.join(","),
		Name: network.name,
		Scope: network.scope,
	};
}

/** Go's time.Time as it prints itself: `2026-11-21 00:26:29.126241546 +0000 UTC`. */
const goTime = (time: string): string => `${time.replace("T", " ").replace(/\.?0*Z$/, "")} +0000 UTC`;

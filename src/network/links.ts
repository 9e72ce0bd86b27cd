/** Names that containers have for others by --link. */

import type { Store } from "../kernel/store.ts";
import type { EndpointOption } from "./options.ts";

/** A container's name for another, on one network. */
export interface Link {
	asker: string;
	alias: string;
}

/** Containers that run and have a name of their own for this one on a network (--link). */
export function linksTo(store: Store, container: string, network: string): Link[] {
	const links: Link[] = [];
	const rows = store.all<{ container: string; options: string }>(
		// The first condition is that of an index, so that this looks at few.
		"SELECT container, options FROM endpoint WHERE instr(options, '\"links\"') > 0 AND network = ? AND id NOT NULL",
		network,
	);
	for (const { container: asker, options } of rows) {
		const { links: asked = [] }: EndpointOption = JSON.parse(options);
		for (const link of asked)
			if (link.startsWith(`${container}:`)) links.push({ asker, alias: link.slice(container.length + 1) });
	}
	return links;
}

/** Links as docker shows them: by name, although they are kept by id. */

import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK } from "../network/network.ts";
import { parseLinked } from "./links.ts";
import type { RunOptions } from "./options.ts";
import { find } from "./table.ts";

/** HostConfig.Links: `/web:/this/alias`, those of the default network (moby, daemon/links). @param name the container's */
export function defaultLinks(store: Store, { name, options }: { name: string; options: RunOptions }): string[] {
	const onDefault = options.networks?.find(({ network }) => network === DEFAULT_NETWORK);
	return (onDefault?.links ?? []).map((link) => {
		const { id, alias } = parseLinked(link);
		return `/${nameOf(store, id)}:/${name}/${alias}`;
	});
}

/** Links of one network of a user's: `web:alias`. */
export function networkLinks(store: Store, links: readonly string[]): string[] {
	return links.map((link) => {
		const { id, alias } = parseLinked(link);
		return `${nameOf(store, id)}:${alias}`;
	});
}

/** Its id if it is gone. */
function nameOf(store: Store, id: string): string {
	try {
		return find(store, id).name;
	} catch (error) {
		if (error instanceof Failure) return id;
		throw error;
	}
}

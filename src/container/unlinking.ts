/** `rm --link`: a container's name for another on the default network goes, and neither container (moby, daemon/delete.go, rmLink). */

import { writeFile } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type EndpointOption, unlinking } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { lookAlone } from "./alone.ts";
import { textOf } from "./etc.ts";
import type { RunOptions } from "./options.ts";
import { find, noteOptions } from "./table.ts";

/**
 * Removes a link, at once if its container runs; the environment of that stays as it is.
 * @param name `NAME/ALIAS`, as docker has it: the container's name, not its id
 * @throws Failure (1) where there is no such link
 */
export async function removeLink(store: Store, name: string): Promise<void> {
	const { dropLink } = await unlinking();
	const typed = name.replace(/^\/+|\/+$/g, "");
	const slash = typed.indexOf("/");
	if (slash < 0) {
		find(store, typed);
		throw new Failure(`remove link ${typed}: that is the container itself`, {
			hint: "a link is named after the container that has it: NAME/ALIAS",
		});
	}
	const [asker, alias] = [typed.slice(0, slash), typed.slice(slash + 1)];
	const missing = new Failure(`No such container: ${typed}`, { kind: "no such container" });
	if (!isNamed(store, asker)) throw missing;
	using held = lookAlone(store, asker);
	const { container, running } = held.seen;
	const isThere = store.transaction(() => {
		const left = dropLink(store, container.id, alias);
		if (left) noteOptions(store, container.id, withLinks(container.options, left));
		return left !== undefined;
	});
	if (!isThere) throw missing;
	if (running) forgetHost(`${runDirectory(store.places, container.id)}/hosts`, alias);
}

/** False for an id. */
function isNamed(store: Store, name: string): boolean {
	try {
		return find(store, name).name === name;
	} catch (error) {
		if (error instanceof Failure) return false;
		throw error;
	}
}

/** The row of the container says it, too. */
function withLinks(options: RunOptions, { links }: EndpointOption): RunOptions {
	const networks = options.networks?.map((one) => (one.network === DEFAULT_NETWORK ? { ...one, links } : one));
	return networks ? { ...options, networks } : options;
}

/** Its line begins with the alias, and has the other's host name behind it. In place: the file is bound into the container. */
function forgetHost(file: string, alias: string): void {
	const text = textOf(file);
	const lines = text?.split("\n").filter((line) => !line.split("\t")[1]?.startsWith(`${alias} `));
	if (lines && lines.join("\n") !== text) writeFile(file, lines.join("\n"));
}

/** --link on the default network (docker's legacy links): whom a container that starts is linked to, and who is linked to it. */

import { writeFile } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { addressesOf, DEFAULT_NETWORK, type Endpoint, type Link } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { committedConfig } from "./commit.ts";
import { textOf } from "./etc.ts";
import { type Linked, linkedNames, linkVariables, parseLinked } from "./links.ts";
import { look } from "./looking.ts";
import { hostHostname } from "./provided.ts";
import { containerHostname } from "./spec.ts";
import { byId, type Container } from "./table.ts";

/** What links bring to a container. */
export interface Brought {
	/** `NAMES:ADDRESS`, as --add-host has them */
	hosts: string[];
	/** for its environment, before all that the image and the user say */
	env: string[];
}

/**
 * What the links of a container that starts bring to it. One that is linked to a
 * container which was removed is not linked any more.
 * @throws Failure (125) for one that does not run, or is not on the default network
 */
export async function follow(store: Store, container: Container, endpoints: readonly Endpoint[]): Promise<Brought> {
	const brought: Brought = { hosts: [], env: [] };
	for (const { network, asked } of endpoints) {
		if (network.name !== DEFAULT_NETWORK) continue;
		for (const { id, alias } of (asked.links ?? []).map(parseLinked)) {
			const other = byId(store, id);
			if (!other) continue;
			for (const linked of await linkedAt(store, other, alias, container.name, network.id)) {
				brought.hosts.push(`${linkedNames(linked)}:${linked.address}`);
				if (!linked.address.includes(":")) brought.env.push(...linkVariables(linked, container.name));
			}
		}
	}
	return brought;
}

async function linkedAt(
	store: Store,
	other: Container,
	alias: string,
	asker: string,
	network: string,
): Promise<Linked[]> {
	if (!(await look(store, other)).running)
		throw refuse(`cannot link to a container that does not run: /${other.name} AS /${asker}/${alias}`);
	const addresses = addressesOf(store, other.id, network);
	if (addresses.length === 0)
		throw refuse(`cannot link to /${other.name}: it is not on the network ${DEFAULT_NETWORK}`);
	const image = other.image === null ? undefined : get(store, other.image).config.config;
	const { Env, ExposedPorts } = committedConfig(other.options, image ?? {});
	const published = (other.options.publish ?? []).map(({ port, protocol }) => `${port}/${protocol}`);
	const ports = [...new Set([...Object.keys(ExposedPorts ?? {}), ...published])];
	const hostname = containerHostname(other.options, { id: other.id, hostHostname: hostHostname() });
	return addresses.map(({ address }) => ({ alias, name: other.name, hostname, address, ports, env: Env ?? [] }));
}

const refuse = (message: string) => new Failure(message, { exitCode: EXIT.refused });

/** Writes a container's new addresses into /etc/hosts of those that are linked to it, and run. */
export function tell(store: Store, endpoints: readonly Endpoint[], links: readonly Link[]): void {
	const addresses = endpoints.find(({ network }) => network.name === DEFAULT_NETWORK)?.addresses ?? [];
	for (const { asker, alias } of links) {
		const file = `${runDirectory(store.places, asker)}/hosts`;
		const text = textOf(file);
		if (text === undefined) continue;
		const lines = text.split("\n").map((line) => {
			const [address = "", names = ""] = line.split("\t");
			if (names !== alias && !names.startsWith(`${alias} `)) return line;
			const family = address.includes(":") ? 6 : 4;
			const now = addresses.find((one) => one.family === family)?.address ?? address;
			return `${now}\t${names}`;
		});
		// In place: it is bound into the container.
		if (lines.join("\n") !== text) writeFile(file, lines.join("\n"));
	}
}

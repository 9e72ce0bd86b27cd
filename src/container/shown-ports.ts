/** Which ports of a container `ps`, `port` and `inspect` show: docker's NetworkSettings.Ports. */

import type { Store } from "../kernel/store.ts";
import { bridged, type PortRow, type Protocol, published, publishedBy } from "../network/network.ts";
import { Facts, type Subject } from "./facts.ts";
import { look } from "./looking.ts";
import { byName } from "./maps.ts";
import { isNetworked } from "./namespaces.ts";
import { find } from "./table.ts";

/** A port of a container's; one that is exposed only has neither an address nor a port of the host. */
export interface ShownPort {
	protocol: Protocol;
	/** the container's */
	port: number;
	/** of the host */
	address?: string;
	host?: number;
}

/** What is asked of a container: a summary has it. */
export interface Shown extends Subject {
	id: string;
	/** of its first process; undefined: it does not run */
	pid?: number;
}

/** What the ports of a container are. All are asked for with one query, or two. */
export function shownPorts(store: Store, facts = new Facts(store)): (container: Shown) => ShownPort[] {
	let rows: Map<string, PortRow[]> | undefined;
	let onBridges: Set<string> | undefined;
	return (container) =>
		shownOf(container, facts, {
			published: (id) => {
				rows ??= published(store);
				return rows.get(id) ?? [];
			},
			isBridged: (id) => {
				onBridges ??= bridged(store);
				return onBridges.has(id);
			},
		});
}

/** What networks know of containers. */
interface Known {
	published: (id: string) => readonly PortRow[];
	isBridged: (id: string) => boolean;
}

/** None of one that does not run, or is on no bridge: it has none that anybody could reach (moby, getPortMapInfo). */
function shownOf(container: Shown, facts: Facts, { published, isBridged }: Known): ShownPort[] {
	const { id, pid, options } = container;
	if (pid === undefined || !isNetworked(options)) return [];
	const rows = published(id);
	const shown = withExposed(rows, facts.exposed(container));
	return rows.length > 0 || shown.length === 0 || isBridged(id) ? shown : [];
}

/** Published ports, and those that are exposed and not published. */
function withExposed(rows: readonly PortRow[], exposed: readonly string[]): ShownPort[] {
	const shown = rows.map(
		({ protocol, target, address, port }): ShownPort => ({ protocol, port: target, address, host: port }),
	);
	const known = new Set(shown.map(({ protocol, port }) => `${port}/${protocol}`));
	const only = exposed.filter((name) => !known.has(name)).map(parsePort);
	return [...shown, ...only.filter((port) => port !== undefined)];
}

/** `80/tcp`; undefined for what an image says that is none. */
function parsePort(name: string): ShownPort | undefined {
	const [, port, protocol] = /^([0-9]{1,5})\/(tcp|udp|sctp)$/.exec(name) ?? [];
	return port === undefined ? undefined : { protocol: protocol as Protocol, port: Number(port) };
}

/** Docker's NetworkSettings.Ports of one container. @throws Failure if there is none of that name */
export async function ports(store: Store, name: string): Promise<PortMap> {
	const { container, running } = await look(store, find(store, name));
	const { id, image: imageId, options } = container;
	return portMapOf(store, { id, imageId, options, pid: running?.program });
}

/** Docker's NetworkSettings.Ports. */
export function portMapOf(store: Store, container: Shown): PortMap {
	const known = {
		published: (id: string) => publishedBy(store, id),
		isBridged: (id: string) => bridged(store).has(id),
	};
	return portMap(shownOf(container, new Facts(store), known));
}

export type PortMap = Record<string, { HostIp: string; HostPort: string }[] | null>;

/** `80/tcp` → where it is on the host, as docker sorts it; null where it is exposed only. */
export function portMap(ports: readonly ShownPort[]): PortMap {
	const map: PortMap = {};
	for (const { protocol, port, address, host } of ports) {
		const name = `${port}/${protocol}`;
		if (address === undefined) map[name] ??= null;
		else map[name] = [...(map[name] ?? []), { HostIp: address, HostPort: String(host) }];
	}
	for (const bindings of Object.values(map)) bindings?.sort((a, b) => (a.HostIp < b.HostIp ? -1 : 1));
	return byName(map);
}

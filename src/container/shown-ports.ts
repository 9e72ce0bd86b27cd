/** Which ports of a container `ps`, `port` and `inspect` show: docker's NetworkSettings.Ports. */

import type { Store } from "../kernel/store.ts";
import { type PortRow, type Protocol, portsOf, published } from "../network/network.ts";
import { Facts, type Subject } from "./facts.ts";
import { byName } from "./maps.ts";
import { isNetworked } from "./networking.ts";
import { look } from "./state.ts";
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

/** What the ports of a container are: none of one that does not run, or has no network of its own. All are asked for with one query. */
export function shownPorts(store: Store, facts = new Facts(store)): (container: Shown) => ShownPort[] {
	let rows: Map<string, PortRow[]> | undefined;
	return (container) => {
		if (!hasPorts(container)) return [];
		rows ??= published(store);
		return withExposed(rows.get(container.id) ?? [], facts.exposed(container));
	};
}

const hasPorts = ({ pid, options }: Shown): boolean => pid !== undefined && isNetworked(options);

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
export function ports(store: Store, name: string): PortMap {
	const { container, running } = look(store, find(store, name));
	const { id, image: imageId, options } = container;
	return portMapOf(store, { id, imageId, options, pid: running?.program });
}

/** Docker's NetworkSettings.Ports. */
export function portMapOf(store: Store, container: Shown): PortMap {
	if (!hasPorts(container)) return {};
	return portMap(withExposed(portsOf(store, container.id), new Facts(store).exposed(container)));
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

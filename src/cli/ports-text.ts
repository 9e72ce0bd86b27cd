/** The PORTS of `ps` (docker/cli, formatter/container.go: DisplayablePorts). Pure. */

import type { ShownPort } from "../container/container.ts";

/** `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 9000-9010/udp`: what has the same number on the host is shown as a range. */
export function portsText(ports: readonly ShownPort[]): string {
	const ranges: Range[] = [];
	const open = new Map<string, Range>();
	const others: string[] = [];
	for (const port of [...ports].sort(inOrder)) {
		const { address, host = 0, protocol } = port;
		if (address !== undefined && host !== port.port) {
			others.push(`${joined(address, String(host))}->${port.port}/${protocol}`);
			continue;
		}
		const key = `${address ?? ""}/${protocol}`;
		const range = open.get(key);
		if (range?.last === port.port - 1) range.last++;
		else {
			const next = { address, protocol, first: port.port, last: port.port };
			// A range that is closed stands before all that are still open.
			if (range) ranges.push(range);
			open.set(key, next);
		}
	}
	return [...[...ranges, ...open.values()].map(rangeText), ...others].join(", ");
}

interface Range extends Pick<ShownPort, "address" | "protocol"> {
	first: number;
	last: number;
}

function rangeText({ address, protocol, first, last }: Range): string {
	const numbers = first === last ? String(first) : `${first}-${last}`;
	return `${address === undefined ? "" : `${joined(address, numbers)}->`}${numbers}/${protocol}`;
}

/** Go's net.JoinHostPort. */
export const joined = (address: string, port: string): string =>
	address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

function inOrder(a: ShownPort, b: ShownPort): number {
	return (
		a.port - b.port ||
		compare(a.address ?? "", b.address ?? "") ||
		(a.host ?? 0) - (b.host ?? 0) ||
		compare(a.protocol, b.protocol)
	);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** /etc/hosts and /etc/resolv.conf of a container that runs, when it joins a network or leaves one. */

import { O_CLOEXEC, O_RDONLY } from "../../ffi/constants.ts";
import { close, openIfThere, readToEnd, statusIfThere, writeFile } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type Endpoint } from "../network/network.ts";
import { runDirectory } from "../places.ts";
import { ownLines } from "./hosts.ts";
import { addressesOf, hostResolvers, lacksIpv6 } from "./provided.ts";
import { resolversText } from "./resolvers.ts";
import { readSpec } from "./run-directory.ts";
import type { Container } from "./table.ts";

/**
 * Adds what a network that the container has joined brings: lines of its new
 * addresses, and on a user's network our resolver, where resolv.conf is still
 * as it was made. Files are written in place: they are bound into the container.
 */
export function addNetwork(store: Store, container: Container, joined: Endpoint): void {
	const hosts = `${runDirectory(store.places, container.id)}/hosts`;
	const text = textOf(hosts);
	if (text !== undefined) writeFile(hosts, text + linesOf(store, container, addressesOf([joined])));
	if (joined.network.name !== DEFAULT_NETWORK) useOwnResolver(store, container);
}

/** Takes the lines of addresses out that a container has had on a network it leaves; what somebody changed stays. */
export function removeNetwork(store: Store, container: Container, addresses: readonly string[]): void {
	const hosts = `${runDirectory(store.places, container.id)}/hosts`;
	const gone = new Set(linesOf(store, container, addresses).split("\n"));
	const lines = textOf(hosts)?.split("\n");
	if (lines) writeFile(hosts, lines.filter((line) => line === "" || !gone.has(line)).join("\n"));
}

function linesOf(store: Store, { id, options }: Container, addresses: readonly string[]): string {
	const hostname = readSpec(store, id)?.hostname ?? id.slice(0, 12);
	return ownLines({ addresses, hostname, domainname: options.domainname, noIpv6: lacksIpv6(options) });
}

function useOwnResolver(store: Store, { id, options }: Container): void {
	const directory = runDirectory(store.places, id);
	const file = `${directory}/resolv.conf`;
	const made = statusIfThere(`${directory}/config.json`);
	const now = statusIfThere(file);
	// config.json is the last that a start writes: what is younger was changed since, by the user or by us.
	if (!made || !now || now.mtime > made.mtime) return;
	writeFile(file, resolversText(hostResolvers(), options, "user", true));
}

/** Bytes: nobody has so many names. */
const MOST = 1024 * 1024;

/** The text of a file that a container can write to; undefined where that has made it larger than such a file ever is. */
export function textOf(path: string): string | undefined {
	const fd = openIfThere(path, O_RDONLY | O_CLOEXEC);
	if (fd === undefined) return "";
	try {
		const bytes = readToEnd(fd, `read ${path}`, MOST + 1);
		return bytes.length > MOST ? undefined : new TextDecoder().decode(bytes);
	} finally {
		close(fd);
	}
}

/**
 * Ports of the host: held by sockets while their container runs, so that one in
 * use is refused before anything is made and nobody else gets it later. Of two
 * that want the same one, one gets it.
 */

import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM } from "../../ffi/constants.ts";
import { errno, errnoText } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { type HeldSocket, holdPort, isUnsupported } from "../../ffi/held-port.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { type Address, addressBytes, formatAddress, parseAddress } from "./address.ts";
import type { Outlet } from "./gateway.ts";
import { FROM_INTERNAL } from "./mark.ts";
import { OPTION } from "./option-names.ts";
import type { Protocol, PublishOption } from "./options.ts";
import type { PortRow } from "./table.ts";

const EVERYWHERE4 = "0.0.0.0";
const EVERYWHERE6 = "::";
/** A number that is free for IPv4 may be somebody's for IPv6. */
const RANDOM_TRIES = 64;

/** A port that is held. */
export interface HeldPort extends PortRow {
	/** SOCK_STREAM, SOCK_DGRAM */
	type: number;
	/** the socket; -1: a row alone holds it (SCTP, which has no forwarder) */
	fd: number;
}

/** A port of the host that cannot be had. */
export class PortTaken extends Failure {
	/**
	 * @param what that it is wanted
	 * @param holder the container that has it; undefined: none of ours
	 */
	constructor(
		what: string,
		readonly holder?: string,
		why = errnoText(errno.EADDRINUSE),
	) {
		super(`${what}: ${why}`, { exitCode: EXIT.refused });
	}
}

const KINDS: Record<Protocol, { type: number; number: number }> = {
	tcp: { type: SOCK_STREAM, number: IPPROTO_TCP },
	udp: { type: SOCK_DGRAM, number: IPPROTO_UDP },
	sctp: { type: SOCK_STREAM, number: IPPROTO_SCTP },
};

/** Whose ports, and which. */
export interface ClaimOptions {
	container: string;
	/** its way to everywhere: its ports are published there */
	outlet: Outlet;
	wanted: readonly PublishOption[];
	/** what the ruleset says beside them */
	comment: string;
	/** makes containers that have ended, and nobody has looked since, give their ports back */
	sweep: () => void;
	/** the name of a container, by its id */
	named: (id: string) => string | undefined;
}

/**
 * Takes the ports of a container that starts: rows and sockets, all or none.
 * @throws PortTaken, or Failure (125)
 */
export function claimPorts(store: Store, options: ClaimOptions): HeldPort[] {
	try {
		return claimAll(store, options);
	} catch (error) {
		const holder = error instanceof PortTaken ? error.holder : undefined;
		if (holder === undefined || holder === options.container) throw error;
	}
	options.sweep();
	return claimAll(store, options);
}

/** Closes our copies of the sockets. */
export function closePorts(ports: readonly HeldPort[]): void {
	for (const { fd } of ports) if (fd >= 0) close(fd);
}

/** In one transaction, so that two of ours never meet at the sockets: both would be refused (inet_csk_listen_start). */
function claimAll(store: Store, options: ClaimOptions): HeldPort[] {
	const held: HeldPort[] = [];
	try {
		return store.transaction(() => {
			// What is asked for by number first: a range or the kernel might pick just that.
			for (const kind of ["number", "object", "undefined"])
				for (const option of options.wanted)
					if (typeof (option.host || undefined) === kind) claimOne(store, options, option, held);
			return held;
		});
	} catch (error) {
		closePorts(held);
		throw error;
	}
}

function claimOne(store: Store, options: ClaimOptions, option: PublishOption, held: HeldPort[]): void {
	const { protocol, host } = option;
	const addresses = addressesFor(option, options.outlet);
	const [first, last] = typeof host === "object" ? host : [host || 0, host || 0];
	const tries = first === 0 ? RANDOM_TRIES : last - first + 1;
	let refusal: PortTaken | undefined;
	for (let nth = 0; nth < tries; nth++) {
		const bound = tryNumber(store, options, option, addresses, first && first + nth);
		if (bound instanceof PortTaken) refusal ??= bound;
		else if (bound instanceof Failure) throw bound;
		else {
			note(store, options, option, bound, held);
			return;
		}
	}
	if (first === last) throw refusal;
	const where = nameOf(protocol, addresses[0] as string, `${first}-${last}`);
	throw new Failure(`${where}: every port of the range is in use`, { exitCode: EXIT.refused });
}

function note(store: Store, options: ClaimOptions, option: PublishOption, bound: Bound[], held: HeldPort[]): void {
	const { container, outlet, comment } = options;
	const { protocol, port: target } = option;
	for (const { address, port, fd } of bound) {
		const row: PortRow = { protocol, address, port, container, target, inside: insideOf(address, outlet), comment };
		held.push({ ...row, type: KINDS[protocol].type, fd });
		store.run(
			`INSERT INTO port (protocol, address, port, container, target, inside, comment)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			...[protocol, address, port, container, target, row.inside, comment],
		);
	}
}

/** The container's address of the same family: the kernel translates no other. */
export function insideOf(address: string, { addresses }: Pick<Outlet, "addresses">): string | null {
	const family = address.indexOf(":") < 0 ? 4 : 6;
	for (const one of addresses) if (one.family === family) return one.address;
	return null;
}

/**
 * The host's addresses, canonical, that a port is published on. Where none was
 * asked for it is what the network says (host_binding_ipv4, which may be IPv6's),
 * of the one that is its family's way; without a word all of IPv4 and IPv6.
 */
export function addressesFor({ address }: PublishOption, { parts }: Outlet): string[] {
	if (address !== undefined) return [canonical(address)];
	const found: string[] = [];
	let last = EVERYWHERE4;
	for (const { family, endpoint } of parts) {
		last = endpoint.network.options.driverOptions?.[OPTION.binding] || EVERYWHERE4;
		const own = family === 6 && last === EVERYWHERE4 ? EVERYWHERE6 : last;
		if (own.indexOf(":") >= 0 === (family === 6)) found.push(canonical(own));
	}
	return found.length > 0 ? found : [canonical(last)];
}

function canonical(text: string): string {
	const address = parseAddress(text);
	if (!address) throw new Failure(`publish a port on ${text}: that is no address`, { exitCode: EXIT.refused });
	return formatAddress(address);
}

const nameOf = (protocol: Protocol, address: string, port: number | string) =>
	`publish ${address.indexOf(":") < 0 ? address : `[${address}]`}:${port}/${protocol}`;

type Bound = HeldSocket & { address: string };

/**
 * One number on all addresses.
 * @param port 0: that which the kernel picks for the first
 */
function tryNumber(
	store: Store,
	options: ClaimOptions,
	{ protocol, address: asked }: PublishOption,
	addresses: readonly string[],
	port: number,
): Bound[] | Failure {
	const bound: Bound[] = [];
	for (const address of addresses) {
		const number = bound[0]?.port ?? port;
		const held = tryOne(store, protocol, address, number, options);
		// Where no address was named, and the kernel has no IPv6, IPv4 will do.
		if (held === undefined && asked === undefined && bound.length > 0) continue;
		if (held !== undefined && !(held instanceof Failure)) {
			bound.push({ ...held, address });
			continue;
		}
		for (const { fd } of bound) if (fd >= 0) close(fd);
		return held ?? unsupported(protocol, address, number);
	}
	return bound;
}

/** @returns undefined where the kernel has no such protocol */
function tryOne(
	store: Store,
	protocol: Protocol,
	address: string,
	port: number,
	options: ClaimOptions,
): HeldSocket | Failure | undefined {
	const { type, number } = KINDS[protocol];
	const what = nameOf(protocol, address, port);
	const before = port === 0 ? undefined : holderOf(store, protocol, address, port);
	if (before !== undefined) return new PortTaken(what, before, whoseIs(before, options));
	const socket = holdPort(type, number, addressBytes(parseAddress(address) as Address), port, FROM_INTERNAL);
	if (typeof socket === "number") return isUnsupported(socket) ? undefined : refused(what, socket);
	// Free for the kernel, and yet somebody's: a container that has ended, and nobody has looked since.
	const after = port === 0 ? holderOf(store, protocol, address, socket.port) : undefined;
	if (after === undefined && protocol !== "sctp") return socket;
	close(socket.fd);
	return after === undefined ? { ...socket, fd: -1 } : new PortTaken(what, after, whoseIs(after, options));
}

function whoseIs(holder: string, { container, named }: ClaimOptions): string {
	return holder === container
		? "asked for twice"
		: `port is already allocated to container ${named(holder) ?? holder.slice(0, 12)}`;
}

function refused(what: string, error: number): Failure {
	if (error === errno.EADDRINUSE) return new PortTaken(what);
	const why = error === errno.EADDRNOTAVAIL ? ": the host has no such address" : "";
	return new Failure(`${what}: ${errnoText(error)}${why}`, { exitCode: EXIT.refused });
}

function unsupported(protocol: Protocol, address: string, port: number): Failure {
	const lacks = protocol === "sctp" ? "SCTP (the module sctp)" : "IPv6";
	return new Failure(`${nameOf(protocol, address, port)}: this kernel has no ${lacks}`, { exitCode: EXIT.refused });
}

/** The container that has a port, by our rows, on that address or on one that includes it. */
function holderOf(store: Store, protocol: Protocol, address: string, port: number): string | undefined {
	const rows = store.all<PortRow>("SELECT * FROM port WHERE protocol = ? AND port = ?", protocol, port);
	const everywhere = address.indexOf(":") < 0 ? EVERYWHERE4 : EVERYWHERE6;
	for (const row of rows) {
		if (row.address.indexOf(":") < 0 !== address.indexOf(":") < 0) continue;
		if (row.address === address || row.address === everywhere || address === everywhere) return row.container;
	}
	return undefined;
}

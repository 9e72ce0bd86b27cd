/** Sockets that hold a port of the host (ip(7), ipv6(7), tcp(7)). */

import {
	IPPROTO_IPV6,
	IPPROTO_TCP,
	IPV6_V6ONLY,
	SO_REUSEADDR,
	SOCK_CLOEXEC,
	SOCK_NONBLOCK,
	SOL_SOCKET,
} from "./constants.ts";
import { errno } from "./errno.ts";
import { close } from "./file.ts";
import { boundPort, familyOf, socketAddress } from "./inet.ts";
import { attempt } from "./system.ts";

/** As many as net.core.somaxconn allows. */
const BACKLOG = 4096;
const ON = new Uint8Array(Int32Array.of(1).buffer);

/** A port that is held as long as the socket is open. */
export interface HeldSocket {
	fd: number;
	port: number;
}

/**
 * Binds a socket, IPv6's for IPv6 alone; TCP's listens, since only that keeps others away.
 * @param type SOCK_STREAM, SOCK_DGRAM
 * @param port 0: one that the kernel picks
 * @returns the errno if it cannot be had
 */
export function holdPort(type: number, protocol: number, address: Uint8Array, port: number): HeldSocket | number {
	const fd = attempt("socket", familyOf(address), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0) return -fd;
	const error = bindTo(fd, protocol, address, port);
	if (error === 0) return { fd, port: port || boundPort(fd) };
	close(fd);
	return error;
}

function bindTo(fd: number, protocol: number, address: Uint8Array, port: number): number {
	const where = socketAddress(address, port);
	// Connections that are over hinder nobody for a minute; with UDP it would let others have the port, too.
	if (protocol === IPPROTO_TCP) attempt("setsockopt", fd, SOL_SOCKET, SO_REUSEADDR, ON, ON.length);
	if (address.length === 16) attempt("setsockopt", fd, IPPROTO_IPV6, IPV6_V6ONLY, ON, ON.length);
	const error = attempt("bind", fd, where, where.length);
	return -(error === 0 && protocol === IPPROTO_TCP ? attempt("listen", fd, BACKLOG) : error);
}

/** True if the errno says that the kernel does not know the protocol or the family. */
export const isUnsupported = (error: number): boolean =>
	error === errno.EPROTONOSUPPORT || error === errno.ESOCKTNOSUPPORT || error === errno.EAFNOSUPPORT;

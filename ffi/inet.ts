/** Sockets of IPv4 and IPv6 that never wait: addresses are bytes, 4 or 16 of them (ip(7), ipv6(7)). */

import {
	AF_INET,
	AF_INET6,
	MSG_NOSIGNAL,
	SOCK_CLOEXEC,
	SOCK_DGRAM,
	SOCK_NONBLOCK,
	SOCK_STREAM,
	SOL_SOCKET,
} from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt, call } from "./system.ts";

const IPPROTO_IP = 0;
const IP_FREEBIND = 15;
const SO_ERROR = 4;
/** struct sockaddr_in6, the larger one */
export const ADDRESS_SIZE = 28;

export type Transport = "udp" | "tcp";

/** The family of an address of 4 or 16 bytes. */
export const familyOf = (address: Uint8Array): number => (address.length === 4 ? AF_INET : AF_INET6);

/** struct sockaddr_in or sockaddr_in6. @param address 4 or 16 bytes */
export function socketAddress(address: Uint8Array, port: number): Uint8Array {
	const bytes = new Uint8Array(address.length === 4 ? 16 : ADDRESS_SIZE);
	bytes[0] = familyOf(address);
	bytes[2] = port >> 8;
	bytes[3] = port & 255;
	bytes.set(address, address.length === 4 ? 4 : 8);
	return bytes;
}

function makeSocket(transport: Transport, address: Uint8Array): number {
	const type = transport === "udp" ? SOCK_DGRAM : SOCK_STREAM;
	return call(`make a ${transport} socket`, "socket", familyOf(address), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/**
 * A socket of this thread's network namespace, bound to a port that the kernel
 * picks; one of TCP listens. The address need not be there yet (IP_FREEBIND).
 */
export function bindAnywhere(transport: Transport, address: Uint8Array): { fd: number; port: number } {
	const fd = makeSocket(transport, address);
	call("bind to an address that comes", "setsockopt", fd, IPPROTO_IP, IP_FREEBIND, Uint8Array.of(1, 0, 0, 0), 4);
	const own = socketAddress(address, 0);
	call(`bind a ${transport} socket`, "bind", fd, own, own.length);
	if (transport === "tcp") call("listen", "listen", fd, 128);
	return { fd, port: boundPort(fd) };
}

/** The port that a socket is bound to. */
export function boundPort(fd: number): number {
	const own = new Uint8Array(ADDRESS_SIZE);
	call("ask for a socket's port", "getsockname", fd, own, Uint8Array.of(ADDRESS_SIZE, 0, 0, 0));
	return ((own[2] as number) << 8) | (own[3] as number);
}

/**
 * A socket that talks to one address only, from a port that the kernel picks.
 * @returns undefined where there is no way there; TCP may still be connecting
 */
export function connectTo(transport: Transport, address: Uint8Array, port: number): number | undefined {
	const fd = makeSocket(transport, address);
	const other = socketAddress(address, port);
	const result = attempt("connect", fd, other, other.length);
	if (result === 0 || result === -(errno.EINPROGRESS as number)) return fd;
	attempt("close", fd);
	return undefined;
}

/** What has gone wrong with a socket since somebody asked; 0: nothing. */
export function socketError(fd: number): number {
	const error = new Uint8Array(4);
	attempt("getsockopt", fd, SOL_SOCKET, SO_ERROR, error, Uint8Array.of(4, 0, 0, 0));
	return new DataView(error.buffer).getInt32(0, true);
}

/** Takes a connection. @returns undefined where none waits; "full": this process has too many files open for it */
export function accept(fd: number): number | "full" | undefined {
	const taken = attempt("accept4", fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (taken >= 0) return taken;
	return FULL.includes(-taken) ? "full" : undefined;
}

/** What stays so, while the connection waits: nobody is to try again at once (accept(2)). */
const FULL: readonly number[] = [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM];

/** "again": nothing now, or no room; "gone": the other side is closed, or refuses. */
export type Nothing = "again" | "gone";

const nothing = (result: number): Nothing =>
	result === -(errno.EAGAIN as number) || result === -(errno.EINTR as number) ? "again" : "gone";

/** Receives into a buffer. @returns how many bytes; an end is "gone" */
export function take(fd: number, buffer: Uint8Array): number | Nothing {
	const got = attempt("recvfrom", fd, buffer, buffer.length, 0, 0, 0);
	return got > 0 ? got : got === 0 ? "gone" : nothing(got);
}

/** Sends, as much as there is room for. */
export function give(fd: number, bytes: Uint8Array): number | Nothing {
	const sent = attempt("sendto", fd, bytes, bytes.length, MSG_NOSIGNAL, 0, 0);
	return sent >= 0 ? sent : nothing(sent);
}

const lengthBytes = new Uint8Array(4);

/** Receives a datagram. @param from filled with the sender's address, ADDRESS_SIZE bytes */
export function takeFrom(fd: number, buffer: Uint8Array, from: Uint8Array): number | "again" {
	lengthBytes[0] = ADDRESS_SIZE;
	const got = attempt("recvfrom", fd, buffer, buffer.length, 0, from, lengthBytes);
	return got < 0 ? "again" : got;
}

/** Sends a datagram to where one came from; lost where that is not there any more. */
export function giveTo(fd: number, bytes: Uint8Array, to: Uint8Array): void {
	const length = to[0] === AF_INET ? 16 : ADDRESS_SIZE;
	const sent = attempt("sendto", fd, bytes, bytes.length, MSG_NOSIGNAL, to, length);
	if (sent === -(errno.EBADF as number)) throw new SystemError("send a datagram", -sent);
}

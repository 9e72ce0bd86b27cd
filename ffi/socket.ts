/** Connected sockets between the CLI and the helper: packets, one message each. */

import {
	AF_UNIX,
	MSG_NOSIGNAL,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	SHUT_WR,
	SOCK_CLOEXEC,
	SOCK_SEQPACKET,
} from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { close, openIfThere } from "./file.ts";
import { waitReadable } from "./process.ts";
import { attempt, call } from "./system.ts";

/** A connected pair of packet sockets, close-on-exec. */
export function packetPair(): [number, number] {
	const pair = new Int32Array(2);
	call("make a pair of sockets", "socketpair", AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, new Uint8Array(pair.buffer));
	return [pair[0] as number, pair[1] as number];
}

/**
 * Connects to a listening socket in a directory; by way of /proc, since an
 * address holds 108 bytes and the directory's path may be longer (unix(7)).
 * @returns undefined where there is no such socket, "refused" where nobody listens on it any more
 */
export function connectIn(directory: string, name: string): number | "refused" | undefined {
	const at = openIfThere(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at === undefined) return undefined;
	const fd = call("make a socket", "socket", AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const error = connect(fd, `/proc/self/fd/${at}/${name}`);
	close(at);
	if (error === 0) return fd;
	close(fd);
	if (error === errno.ENOENT) return undefined;
	if (error === errno.ECONNREFUSED) return "refused";
	throw new SystemError(`connect to ${directory}/${name}`, error);
}

function connect(fd: number, path: string): number {
	const address = new Uint8Array(110); // struct sockaddr_un
	address[0] = AF_UNIX;
	new TextEncoder().encodeInto(path, address.subarray(2));
	for (;;) {
		const error = -attempt("connect", fd, address, address.length);
		if (error !== errno.EINTR) return error;
	}
}

/** Waits for a packet. @returns undefined when the other side is closed */
export function receive(fd: number, size: number): Uint8Array | undefined {
	const buffer = new Uint8Array(size);
	for (;;) {
		const got = attempt("recvfrom", fd, buffer, size, 0, 0, 0);
		if (got === -(errno.EINTR as number)) continue;
		if (got === 0 || got === -(errno.ECONNRESET as number)) return undefined;
		if (got < 0) throw new SystemError("receive a packet", -got);
		return buffer.subarray(0, got);
	}
}

/** Says that nothing more will be sent, and waits until the other side, having read it all, closes; not longer than `timeout` milliseconds. */
export function finish(fd: number, timeout: number): void {
	attempt("shutdown", fd, SHUT_WR);
	waitReadable([fd], timeout);
}

/** Sends a packet. @returns false when the other side is closed */
export function send(fd: number, bytes: Uint8Array): boolean {
	const sent = attempt("sendto", fd, bytes, bytes.length, MSG_NOSIGNAL, 0, 0);
	if (sent === -(errno.EPIPE as number) || sent === -(errno.ECONNRESET as number)) return false;
	if (sent < 0) throw new SystemError("send a packet", -sent);
	return true;
}

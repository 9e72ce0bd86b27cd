/** Pairs of connected sockets between the CLI and the helper: packets, one message each. */

import { AF_UNIX, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_SEQPACKET } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt, call } from "./system.ts";

/** A connected pair of packet sockets, close-on-exec. */
export function packetPair(): [number, number] {
	const pair = new Int32Array(2);
	call("make a pair of sockets", "socketpair", AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, new Uint8Array(pair.buffer));
	return [pair[0] as number, pair[1] as number];
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

/** Sends a packet. @returns false when the other side is closed */
export function send(fd: number, bytes: Uint8Array): boolean {
	const sent = attempt("sendto", fd, bytes, bytes.length, MSG_NOSIGNAL, 0, 0);
	if (sent === -(errno.EPIPE as number) || sent === -(errno.ECONNRESET as number)) return false;
	if (sent < 0) throw new SystemError("send a packet", -sent);
	return true;
}

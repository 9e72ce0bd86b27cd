/**
 * Netlink: sockets in a network namespace, datagrams, and the constants of
 * rtnetlink and nf_tables (include/uapi/linux/{netlink,rtnetlink,if_link,
 * if_addr,veth}.h, netfilter/nf_tables.h). What the messages say is src/kernel's.
 */

import { AF_NETLINK, O_CLOEXEC, O_RDONLY, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { close, open } from "./file.ts";
import { attempt, call } from "./system.ts";

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
export const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** struct nlmsghdr */
export const NLMSG_HEADER = 16;

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_NEWROUTE = 24;
export const RTM_GETROUTE = 26;

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFINDEX = 0x8933;
const CLONE_NEWNET = 0x40000000;
/** Offset of ifr_ifindex and ifr_flags in struct ifreq. */
const IFREQ_VALUE = 16;

/**
 * Does something in another network namespace: synchronous work only, since
 * the whole of this thread is there meanwhile.
 * @param namespace a descriptor of it, or a pidfd of a process in it; undefined: ours
 */
export function inNamespace<T>(namespace: number | undefined, work: () => T): T {
	if (namespace === undefined) return work();
	const home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	try {
		call("enter the container's network namespace", "setns", namespace, CLONE_NEWNET);
		try {
			return work();
		} finally {
			call("go back to our network namespace", "setns", home, CLONE_NEWNET);
		}
	} finally {
		close(home);
	}
}

/**
 * A netlink socket; it stays in the namespace where it was made.
 * @param protocol NETLINK_ROUTE …
 */
export function openNetlink(protocol: number, namespace?: number): number {
	return inNamespace(namespace, () =>
		call("make a netlink socket", "socket", AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
	);
}

const SO_NETNS_COOKIE = 71;
const cookie = new Uint8Array(8);
const cookieSize = Uint8Array.of(8, 0, 0, 0);

/**
 * What tells the network namespace of a socket from all others of this boot:
 * its inode's number is given to the next one when it is gone. A kernel before
 * 5.14 does not tell: undefined.
 */
export function namespaceCookie(socket: number): bigint | undefined {
	if (attempt("getsockopt", socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie, cookieSize) < 0) return undefined;
	return new DataView(cookie.buffer).getBigUint64(0, true);
}

const SO_SNDBUFFORCE = 32;
/** Less than what a socket takes at once if nothing is said (net.core.wmem_default, 212992), its own head included. */
const LARGE = 128 * 1024;

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const answer = new Uint8Array(32 * 1024);
const answerView = new DataView(answer.buffer);

/** What the kernel said to a datagram. */
export interface Refusal {
	/** of the message that failed */
	sequence: number;
	errno: number;
}

/**
 * Sends a datagram, and reads what comes: in a container's namespace that may be a
 * program's of its own (CAP_NET_ADMIN), and anything. The kernel works on it before `sendto` returns, and answers
 * a message without NLM_F_ACK only where it failed (netlink_rcv_skb, nfnetlink_rcv_batch).
 * @returns the first message that failed; undefined where all went well
 */
export function talk(socket: number, datagram: Uint8Array): Refusal | undefined {
	if (datagram.length > LARGE) {
		const size = new Uint8Array(Uint32Array.of(2 * datagram.length).buffer);
		call("make room for a large netlink message", "setsockopt", socket, SOL_SOCKET, SO_SNDBUFFORCE, size, 4);
	}
	call("send a netlink message", "sendto", socket, datagram, datagram.length);
	let refusal: Refusal | undefined;
	for (;;) {
		const got = attempt("recvfrom", socket, answer, answer.length, MSG_DONTWAIT);
		if (got === -(errno.EAGAIN as number)) return refusal;
		if (got === -(errno.EINTR as number)) continue;
		if (got < 0) throw new SystemError("receive a netlink message", -got);
		for (let at = 0; at + NLMSG_HEADER <= got; ) {
			const size = answerView.getUint32(at, true);
			if (size < NLMSG_HEADER) break;
			const error = answerView.getUint16(at + 4, true) === NLMSG_ERROR ? -answerView.getInt32(at + 16, true) : 0;
			if (error !== 0) refusal ??= { sequence: answerView.getUint32(at + 8, true), errno: error };
			at += (size + 3) & ~3;
		}
	}
}

/** A message of an answer: its type, and what follows the header. */
export interface Answer {
	type: number;
	body: Uint8Array;
}

/**
 * Sends a request that is answered with messages: one, or a dump.
 * @throws SystemError where the kernel refuses
 */
export function ask(what: string, socket: number, request: Uint8Array): Answer[] {
	call("send a netlink message", "sendto", socket, request, request.length);
	const answers: Answer[] = [];
	for (;;) {
		const got = attempt("recvfrom", socket, answer, answer.length, MSG_TRUNC);
		if (got === -(errno.EINTR as number)) continue;
		if (got < 0) throw new SystemError("receive a netlink message", -got);
		if (got > answer.length) throw new SystemError(what, errno.EMSGSIZE);
		for (let at = 0; at + NLMSG_HEADER <= got; ) {
			const size = answerView.getUint32(at, true);
			const type = answerView.getUint16(at + 4, true);
			if (size < NLMSG_HEADER) throw new SystemError(what, errno.EINVAL);
			if (type === NLMSG_DONE) return answers;
			if (type === NLMSG_ERROR) {
				const error = -answerView.getInt32(at + 16, true);
				if (error === 0) return answers;
				throw new SystemError(what, error);
			}
			answers.push({ type, body: answer.slice(at + NLMSG_HEADER, at + size) });
			at += (size + 3) & ~3;
		}
	}
}

/** The index of an interface in the namespace of a socket; undefined where there is none of that name. */
export function interfaceIndex(socket: number, name: string): number | undefined {
	return askInterface(socket, name, SIOCGIFINDEX)?.getInt32(IFREQ_VALUE, true);
}

/** The flags of an interface (netdevice(7)): IFF_UP …; undefined where there is none of that name. */
export function interfaceFlags(socket: number, name: string): number | undefined {
	return askInterface(socket, name, SIOCGIFFLAGS)?.getUint16(IFREQ_VALUE, true);
}

function askInterface(socket: number, name: string, what: number): DataView | undefined {
	const request = new Uint8Array(40);
	new TextEncoder().encodeInto(name, request.subarray(0, 15));
	const error = attempt("ioctl", socket, what, request);
	if (error === -(errno.ENODEV as number)) return undefined;
	if (error < 0) throw new SystemError(`look for the interface ${name}`, -error);
	return new DataView(request.buffer);
}

/** Descriptors handed from process to process (unix(7), SCM_RIGHTS; cmsg(3)), and the sockets they go through. */

import { ptr } from "bun:ffi";
import {
	AF_UNIX,
	MSG_CMSG_CLOEXEC,
	MSG_DONTWAIT,
	MSG_NOSIGNAL,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	SCM_RIGHTS,
	SOCK_CLOEXEC,
	SOCK_NONBLOCK,
	SOCK_SEQPACKET,
	SOL_SOCKET,
} from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { close, open } from "./file.ts";
import { attempt, call } from "./system.ts";

/** struct cmsghdr */
const HEADER = 16;

/** struct msghdr of one piece of data and some control data. */
class Parcel {
	readonly header = new Uint8Array(56);
	private readonly vector = new BigUint64Array(2);
	readonly control: Uint8Array;

	constructor(
		readonly data: Uint8Array,
		descriptors: number,
	) {
		// Its buffer first: a small array moves when that is asked for later, and the address would be stale.
		this.control = new Uint8Array(new ArrayBuffer((HEADER + descriptors * 4 + 7) & ~7));
		this.vector[0] = BigInt(ptr(data));
		this.vector[1] = BigInt(data.length);
		const view = new DataView(this.header.buffer);
		view.setBigUint64(16, BigInt(ptr(this.vector)), true);
		view.setBigUint64(24, 1n, true);
		view.setBigUint64(32, BigInt(ptr(this.control)), true);
		view.setBigUint64(40, BigInt(this.control.length), true);
	}
}

/**
 * Sends a packet with descriptors; it waits for nobody.
 * @param bytes at least one
 * @returns false if the other side is closed, or takes no more
 */
export function sendRights(socket: number, bytes: Uint8Array, descriptors: readonly number[]): boolean {
	const parcel = new Parcel(bytes, descriptors.length);
	const view = new DataView(parcel.control.buffer);
	view.setBigUint64(0, BigInt(HEADER + descriptors.length * 4), true);
	view.setInt32(8, SOL_SOCKET, true);
	view.setInt32(12, SCM_RIGHTS, true);
	for (let at = 0; at < descriptors.length; at++) view.setInt32(HEADER + at * 4, descriptors[at] as number, true);
	const sent = attempt("sendmsg", socket, parcel.header, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent === -(errno.EPIPE as number) || sent === -(errno.ECONNRESET as number)) return false;
	if (sent === -(errno.EAGAIN as number)) return false;
	if (sent < 0) throw new SystemError("hand over descriptors", -sent);
	return true;
}

/** A packet, and descriptors that came with it, close-on-exec: they are the receiver's to close. */
export interface Rights {
	bytes: Uint8Array;
	descriptors: number[];
}

/**
 * Takes a packet; it does not wait.
 * @param most descriptors that can come
 * @returns undefined when the other side is closed, "later" when there is none yet
 */
export function receiveRights(socket: number, size: number, most: number): Rights | "later" | undefined {
	const parcel = new Parcel(new Uint8Array(size), most);
	const got = attempt("recvmsg", socket, parcel.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got === -(errno.EAGAIN as number) || got === -(errno.EINTR as number)) return "later";
	if (got <= 0) return undefined;
	return { bytes: parcel.data.subarray(0, got), descriptors: descriptorsIn(parcel) };
}

function descriptorsIn({ header, control }: Parcel): number[] {
	const used = Number(new DataView(header.buffer).getBigUint64(40, true));
	const view = new DataView(control.buffer);
	if (used < HEADER || view.getInt32(12, true) !== SCM_RIGHTS) return [];
	const found: number[] = [];
	const end = Math.min(Number(view.getBigUint64(0, true)), used);
	for (let at = HEADER; at + 4 <= end; at += 4) found.push(view.getInt32(at, true));
	return found;
}

/** By way of /proc, since an address holds 108 bytes and the directory's path may be longer (unix(7)). */
function inDirectory<T>(directory: string, name: string, work: (address: Uint8Array) => T): T {
	const at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	try {
		const address = new Uint8Array(110); // struct sockaddr_un
		address[0] = AF_UNIX;
		new TextEncoder().encodeInto(`/proc/self/fd/${at}/${name}`, address.subarray(2));
		return work(address);
	} finally {
		close(at);
	}
}

const packetSocket = () => call("make a socket", "socket", AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

/** Makes a packet socket of a name that is not there, and listens. */
export function listenIn(directory: string, name: string): number {
	const fd = packetSocket();
	inDirectory(directory, name, (address) => {
		call(`bind a socket to ${directory}/${name}`, "bind", fd, address, address.length);
		call(`listen on ${directory}/${name}`, "listen", fd, 4096);
	});
	return fd;
}

/**
 * Connects to a listening packet socket, if it takes us at once.
 * @returns undefined where nobody listens; "full" where too many wait already
 */
export function knockIn(directory: string, name: string): number | "full" | undefined {
	const fd = packetSocket();
	const error = -inDirectory(directory, name, (address) => attempt("connect", fd, address, address.length));
	if (error === 0) return fd;
	close(fd);
	if (error === errno.ENOENT || error === errno.ECONNREFUSED) return undefined;
	if (error === errno.EAGAIN) return "full";
	throw new SystemError(`connect to ${directory}/${name}`, error);
}

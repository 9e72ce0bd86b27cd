/** Sockets that hold a port of the host (ip(7), ipv6(7), tcp(7), socket(7)). */

import { ptr } from "bun:ffi";
import {
	IPPROTO_IPV6,
	IPPROTO_TCP,
	IPV6_V6ONLY,
	SO_ATTACH_FILTER,
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
 * @param deafTo the mark of packets that the socket never hears of, from its first moment
 * @returns the errno if it cannot be had
 */
export function holdPort(
	type: number,
	protocol: number,
	address: Uint8Array,
	port: number,
	deafTo: number,
): HeldSocket | number {
	const fd = attempt("socket", familyOf(address), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0) return -fd;
	const error = deafen(fd, deafTo) || bindTo(fd, protocol, address, port);
	if (error === 0) return { fd, port: port || boundPort(fd) };
	close(fd);
	return error;
}

/*
 * struct sock_filter (linux/filter.h, bpf_common.h), two words each: the operation
 * with how many to skip if it holds and if not, and its constant.
 */
const BPF_LD_W_ABS = 0x20;
/** SKF_AD_OFF + SKF_AD_MARK */
const PACKET_MARK = 0xfffff000 + 20;
const BPF_JEQ_OR_SKIP = 0x15 | (1 << 24);
const BPF_RET = 0x06;
const NOTHING = 0;
const ALL = 0xffffffff;

/** Drops packets with a mark before they arrive at a socket, or at those it accepts. @returns the errno */
function deafen(fd: number, mark: number): number {
	const filter = Uint32Array.of(BPF_LD_W_ABS, PACKET_MARK, BPF_JEQ_OR_SKIP, mark, BPF_RET, NOTHING, BPF_RET, ALL);
	// struct sock_fprog
	const program = BigUint64Array.of(BigInt(filter.length / 2), BigInt(ptr(filter)));
	return -attempt("setsockopt", fd, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(program.buffer), program.byteLength);
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

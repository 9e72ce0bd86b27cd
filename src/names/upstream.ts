/**
 * Questions that others answer. Each has a socket of its own: its port and the question's id are random, and nothing but
 * the server's answer to this very question goes back.
 */

import { EPOLLIN, EPOLLOUT } from "../../ffi/epoll.ts";
import { connectTo, give, socketError, type Transport, take } from "../../ffi/inet.ts";
import { inNamespace } from "../../ffi/netlink.ts";
import { randomBytes } from "../../ffi/random.ts";
import type { Deadlines, Loop } from "../kernel/loop.ts";
import { addressBytes, parseAddress } from "../network/network.ts";
import { Frames, framed } from "./frames.ts";
import { answers, hasFailed, idOf, type Query, RCODE, refuse, withId } from "./question.ts";
import { DNS_PORT } from "./redirect.ts";

/** As docker: what a server has to answer, how many are asked, how many questions are under way at once. */
const PATIENCE = 4000;
const MOST_SERVERS = 3;
const MOST = 1024;
/** Of one container: it cannot keep others from asking. */
const MOST_EACH = 256;

/** A server that is asked. */
export interface Server {
	/** IPv4 or IPv6 */
	address: string;
	/** from the host's network: the host's own servers; else from the container's, as docker does with --dns */
	fromHost: boolean;
}

/** A container that asks. */
export interface Asking {
	/** a pidfd of a process in its network namespace */
	pidfd: number;
}

/** One question under way. */
interface Asked {
	asking: Asking;
	query: Query;
	transport: Transport;
	/** not asked yet */
	servers: Server[];
	reply: (packet: Uint8Array) => void;
	id: number;
	fd: number;
}

export class Forwarder {
	private readonly deadlines: Deadlines;
	private readonly underway = new Set<Asked>();
	private readonly counts = new Map<Asking, number>();

	/** @param buffer for what comes */
	constructor(
		private readonly loop: Loop,
		private readonly buffer: Uint8Array,
	) {
		this.deadlines = loop.deadlinesOf(PATIENCE);
	}

	/**
	 * Passes a question on.
	 * @param transport UDP for what came by UDP: that an answer is truncated is the client's to know
	 * @param servers addresses, the first is asked first
	 */
	ask(
		asking: Asking,
		query: Query,
		transport: Transport,
		servers: readonly Server[],
		reply: (packet: Uint8Array) => void,
	): void {
		const count = this.counts.get(asking) ?? 0;
		if (this.underway.size >= MOST || count >= MOST_EACH) {
			reply(refuse(query, RCODE.refused));
			return;
		}
		const asked: Asked = {
			asking,
			query: { ...query, packet: query.packet.slice() },
			transport,
			servers: servers.slice(0, MOST_SERVERS),
			reply,
			id: 0,
			fd: -1,
		};
		this.underway.add(asked);
		this.counts.set(asking, count + 1);
		this.next(asked);
	}

	/** Nobody waits for this container's answers any more. */
	forget(asking: Asking): void {
		if (!this.counts.has(asking)) return;
		for (const asked of this.underway) if (asked.asking === asking) this.drop(asked);
	}

	/** Asks the next server, or gives up. */
	private next(asked: Asked): void {
		this.hangUp(asked);
		for (let server = asked.servers.shift(); server !== undefined; server = asked.servers.shift())
			if (this.begin(asked, server)) return;
		this.finish(asked, refuse(asked.query, RCODE.serverFailure));
	}

	private begin(asked: Asked, server: Server): boolean {
		const fd = attemptConnect(asked, server);
		if (fd === undefined) return false;
		asked.fd = fd;
		asked.id = idOf(randomBytes(2));
		const packet = withId(asked.query.packet, asked.id);
		if (asked.transport === "udp") this.converse(asked, packet);
		else this.connect(asked, framed(packet));
		this.deadlines.set(asked, () => this.next(asked));
		return true;
	}

	private converse(asked: Asked, packet: Uint8Array): void {
		give(asked.fd, packet);
		this.loop.watch(asked.fd, EPOLLIN, () => {
			const got = take(asked.fd, this.buffer);
			if (got === "gone") this.next(asked);
			else if (got !== "again") this.consider(asked, this.buffer.subarray(0, got));
		});
	}

	private connect(asked: Asked, packet: Uint8Array): void {
		const frames = new Frames();
		let left = packet;
		this.loop.watch(asked.fd, EPOLLIN | EPOLLOUT, (events) => {
			if (left.length > 0 && events & EPOLLOUT) {
				if (socketError(asked.fd) !== 0) return this.next(asked);
				const sent = give(asked.fd, left);
				if (sent === "gone") return this.next(asked);
				if (sent !== "again") left = left.subarray(sent);
				if (left.length === 0) this.loop.change(asked.fd, EPOLLIN);
			}
			if (!(events & ~EPOLLOUT)) return;
			const got = take(asked.fd, this.buffer);
			if (got === "gone") return this.next(asked);
			if (got === "again") return;
			frames.add(this.buffer.subarray(0, got));
			const frame = frames.next();
			if (frame && !this.consider(asked, frame)) this.next(asked);
		});
	}

	/** @returns false for what is no answer to the question: it is passed over */
	private consider(asked: Asked, packet: Uint8Array): boolean {
		if (!answers(packet, asked.query, asked.id)) return false;
		if (hasFailed(packet)) this.next(asked);
		else this.finish(asked, withId(packet, asked.query.id));
		return true;
	}

	private finish(asked: Asked, packet: Uint8Array): void {
		this.drop(asked);
		asked.reply(packet);
	}

	private drop(asked: Asked): void {
		this.hangUp(asked);
		this.underway.delete(asked);
		const count = (this.counts.get(asked.asking) ?? 1) - 1;
		if (count === 0) this.counts.delete(asked.asking);
		else this.counts.set(asked.asking, count);
	}

	private hangUp(asked: Asked): void {
		this.deadlines.clear(asked);
		if (asked.fd >= 0) this.loop.close(asked.fd);
		asked.fd = -1;
	}
}

/** Out of descriptors, or a container that has just ended, is as good as no way there. */
function attemptConnect({ asking, transport }: Asked, { address, fromHost }: Server): number | undefined {
	const parsed = parseAddress(address);
	if (!parsed) return undefined;
	try {
		return inNamespace(fromHost ? undefined : asking.pidfd, () => connectTo(transport, addressBytes(parsed), DNS_PORT));
	} catch {
		return undefined;
	}
}

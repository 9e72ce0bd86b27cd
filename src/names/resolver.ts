/**
 * The resolver of a network: one process that answers what containers ask of
 * 127.0.0.11, from the rows, and passes on what others know. A container's
 * sockets and a pidfd of it come by a packet socket; they are closed as soon as
 * it ends, since a socket keeps its network namespace, and so its interfaces.
 */

import { EPOLLIN } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { ADDRESS_SIZE, accept, giveTo, type Transport, takeFrom } from "../../ffi/inet.ts";
import { receiveRights } from "../../ffi/rights.ts";
import { trace, traces } from "../environment.ts";
import { type Deadlines, Loop } from "../kernel/loop.ts";
import type { Store } from "../kernel/store.ts";
import { answer, type Known } from "./answering.ts";
import { Clients } from "./clients.ts";
import { type Doors, openDoors } from "./doors.ts";
import { hasWayOut, linked, named, ownerOf, servedBy } from "./lookup.ts";
import { datagramSize, type Query, RCODE, readQuery, refuse } from "./question.ts";
import { Forwarder, type Server } from "./upstream.ts";

/** What the resolver asks of those who know containers. */
export interface Containers {
	/** false only where it is known to have ended: an address may stand in its row for a while */
	mayRun(id: string): boolean;
	name(id: string): string | undefined;
	/** those that stay with this resolver though they have left its network */
	staying(): string[];
	/** a pidfd of its first process, if it runs; the caller closes it */
	open(id: string): number | undefined;
	/** servers for what is not ours, and whether names without a dot are kept from them */
	policy(id: string): { servers: readonly Server[]; keepsSingle: boolean };
	/** True if nobody is about to hand a container over, and this process may end; then nobody finds it any more. */
	mayEnd(isIdle: () => boolean): boolean;
}

/** The kernel sends at most this much of a datagram's queue before others have their turn. */
const MOST_AT_ONCE = 32;
/** How long a client by TCP may say nothing. */
const QUIET = 10_000;
/** A container that runs and was not handed over by then: who was about to was killed. */
const LOST = 2000;
/** After so long without a question what they have left in memory is given back. */
const REST = 1000;

interface Served {
	id: string;
	pidfd: number;
	udp: number;
	clients: Clients;
}

export class Resolver {
	private readonly loop = new Loop();
	private readonly buffer = new Uint8Array(65536);
	private readonly from = new Uint8Array(ADDRESS_SIZE);
	private readonly forwarder = new Forwarder(this.loop, this.buffer);
	private readonly quiet: Deadlines = this.loop.deadlinesOf(QUIET);
	private readonly lost: Deadlines = this.loop.deadlinesOf(LOST);
	private readonly rest: Deadlines = this.loop.deadlinesOf(REST);
	private readonly served = new Set<Served>();
	/** how many of `served` each container has: two where it was taken for lost */
	private readonly counts = new Map<string, number>();
	private turn = 0;

	/**
	 * @param network its id
	 * @param listening the socket that containers are handed over by
	 */
	constructor(
		private readonly store: Store,
		private readonly network: string,
		private readonly listening: number,
		private readonly containers: Containers,
	) {}

	/**
	 * Serves until the last container has gone.
	 * @param adopt another one was killed: its containers are taken over at once
	 */
	run(adopt: boolean): void {
		this.loop.watch(this.listening, EPOLLIN, () => this.admit(), { first: true });
		this.admit();
		if (adopt) this.adoptLost();
		else this.lost.set(this, () => this.adoptLost());
		this.endIfIdle();
		this.loop.run();
	}

	/** Takes all that wait at the socket. */
	private admit(): void {
		for (;;) {
			const connection = accept(this.listening);
			if (connection === undefined) break;
			if (connection === "full") {
				this.loop.change(this.listening, 0);
				this.rest.set(this.served, () => this.loop.change(this.listening, EPOLLIN));
				break;
			}
			if (this.receive(connection)) close(connection);
			else
				this.loop.watch(connection, EPOLLIN, () => this.receive(connection) && this.loop.close(connection), {
					first: true,
				});
		}
		this.lost.set(this, () => this.adoptLost());
	}

	/** @returns false where nothing has come yet */
	private receive(connection: number): boolean {
		const rights = receiveRights(connection, 64, 3);
		if (rights === "later") return false;
		const [udp, tcp, pidfd] = rights?.descriptors ?? [];
		if (rights && udp !== undefined && tcp !== undefined && pidfd !== undefined)
			this.serve(new TextDecoder().decode(rights.bytes), { udp, tcp }, pidfd);
		else for (const fd of rights?.descriptors ?? []) close(fd);
		return true;
	}

	private serve(id: string, { udp, tcp }: Doors, pidfd: number): void {
		const clients = new Clients(this.loop, tcp, this.quiet, this.buffer, (packet, reply) =>
			this.handle(one, packet, "tcp", reply),
		);
		const one: Served = { id, pidfd, udp, clients };
		this.loop.watch(pidfd, EPOLLIN, () => this.leave(one), { first: true });
		this.loop.watch(udp, EPOLLIN, () => this.receiveDatagrams(one));
		this.served.add(one);
		this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
		trace("dns", `serve ${id}`);
	}

	private leave(one: Served): void {
		one.clients.close();
		this.loop.close(one.udp);
		this.loop.close(one.pidfd);
		this.forwarder.forget(one);
		this.served.delete(one);
		const count = (this.counts.get(one.id) ?? 1) - 1;
		if (count === 0) this.counts.delete(one.id);
		else this.counts.set(one.id, count);
		trace("dns", `${one.id} has ended`);
		this.endIfIdle();
	}

	private endIfIdle(): void {
		if (this.served.size > 0) return;
		const isIdle = () => {
			this.admit();
			return this.served.size === 0;
		};
		if (this.containers.mayEnd(isIdle)) this.loop.end();
	}

	/** Makes new sockets for containers that run and have none here: their resolver was killed, or who would have handed them over. */
	private adoptLost(): void {
		for (const id of [...servedBy(this.store, this.network), ...this.containers.staying()]) {
			if (this.counts.has(id)) continue;
			const pidfd = this.containers.open(id);
			if (pidfd !== undefined) this.adopt(id, pidfd);
		}
	}

	private adopt(id: string, pidfd: number): void {
		try {
			this.serve(id, openDoors(pidfd), pidfd);
		} catch (error) {
			// It has ended meanwhile, or will not have us: its own names are all it loses.
			trace("dns", `${id}: ${(error as Error).message}`);
			close(pidfd);
		}
	}

	private receiveDatagrams(one: Served): void {
		for (let count = 0; count < MOST_AT_ONCE; count++) {
			const got = takeFrom(one.udp, this.buffer, this.from);
			if (got === "again") return;
			const to = this.from.slice();
			const packet = this.buffer.slice(0, got);
			this.handle(one, packet, "udp", (reply) => this.served.has(one) && giveTo(one.udp, reply, to));
		}
	}

	private handle(one: Served, packet: Uint8Array, transport: Transport, reply: (packet: Uint8Array) => void): void {
		this.rest.set(this, () => Bun.gc(true));
		const query = readQuery(packet);
		if (query === undefined) return;
		if (query instanceof Uint8Array) {
			reply(query);
			return;
		}
		try {
			this.answer(one, query, transport, reply);
		} catch (error) {
			// The database is busy for longer than anybody waits, or broken: the next question may have more luck.
			trace("dns", `${query.name}: ${(error as Error).message}`);
			reply(refuse(query, RCODE.serverFailure));
		}
	}

	private answer(one: Served, query: Query, transport: Transport, reply: (packet: Uint8Array) => void): void {
		const most = () => (transport === "tcp" ? 65535 : datagramSize(query));
		const known = answer(query, this.knownTo(one.id), most, this.turn++);
		if (traces("dns")) trace("dns", `${one.id}: ${query.type} ${query.name}: ${known ? "ours" : "passed on"}`);
		if (known) {
			reply(known);
			return;
		}
		const servers = hasWayOut(this.store, one.id) ? this.containers.policy(one.id).servers : [];
		this.forwarder.ask(one, query, transport, servers, reply);
	}

	private knownTo(asking: string): Known {
		const runs = (id: string) => this.counts.has(id) || this.containers.mayRun(id);
		return {
			addresses: (name) => {
				const target = linked(this.store, asking, name) ?? name;
				const found = named(this.store, asking, target).filter(({ container }) => runs(container));
				if (found.length === 0) return undefined;
				return found.map(({ address }) => address).filter((address) => address !== null);
			},
			nameOf: (address) => {
				const owner = ownerOf(this.store, asking, address);
				const name = owner && runs(owner.container) ? this.containers.name(owner.container) : undefined;
				return owner && name && `${name}.${owner.network}`;
			},
			keepsSingle: () => this.containers.policy(asking).keepsSingle,
		};
	}
}

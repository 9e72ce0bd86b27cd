/** Clients of a container that ask by TCP: few, not for long, and none that makes us keep much for it. */

import { EPOLLIN, EPOLLOUT } from "../../ffi/epoll.ts";
import { accept, give, take } from "../../ffi/inet.ts";
import type { Deadlines, Loop } from "../kernel/loop.ts";
import { Frames, framed } from "./frames.ts";

/** Of one container; a further one waits in the kernel until one of these has gone. */
const MOST = 32;
/** Bytes of answers that a client has not taken yet: so many, and it is hung up on. */
const MOST_WAITING = 256 * 1024;
/** Bytes taken at once: a client that asks a thousand questions in one go waits for others in between. */
const PIECE = 1024;

/** One connection. */
interface Client {
	fd: number;
	frames: Frames;
	waiting: Uint8Array[];
	size: number;
	events: number;
}

/** What is done with a packet; `reply` may be called later, or never. */
export type Serve = (packet: Uint8Array, reply: (packet: Uint8Array) => void) => void;

/** The clients of one container. */
export class Clients {
	private readonly all = new Set<Client>();
	private listening = true;

	/**
	 * @param door the listening socket; closed with `close`
	 * @param quiet how long a client may say nothing
	 * @param buffer for what comes
	 */
	constructor(
		private readonly loop: Loop,
		private readonly door: number,
		private readonly quiet: Deadlines,
		private readonly buffer: Uint8Array,
		private readonly serve: Serve,
	) {
		loop.watch(door, EPOLLIN, () => this.admit());
	}

	close(): void {
		for (const client of this.all) this.hangUp(client, false);
		this.quiet.clear(this);
		this.loop.close(this.door);
	}

	private admit(): void {
		const fd = accept(this.door);
		if (fd === undefined) return;
		if (fd === "full") {
			this.listen(false);
			this.quiet.set(this, () => this.listen(true));
			return;
		}
		const client: Client = { fd, frames: new Frames(), waiting: [], size: 0, events: EPOLLIN };
		this.all.add(client);
		this.loop.watch(fd, EPOLLIN, (events) => this.handle(client, events));
		this.quiet.set(client, () => this.hangUp(client));
		if (this.all.size >= MOST) this.listen(false);
	}

	/** Level-triggered: a door that nobody opens would wake us again and again. */
	private listen(wanted: boolean): void {
		if (this.listening === wanted) return;
		this.listening = wanted;
		this.loop.change(this.door, wanted ? EPOLLIN : 0);
	}

	private handle(client: Client, events: number): void {
		if (events & EPOLLOUT) this.flush(client);
		if (!(events & ~EPOLLOUT) || !this.all.has(client)) return;
		const got = take(client.fd, this.buffer.subarray(0, PIECE));
		if (got === "again") return;
		if (got === "gone") {
			this.hangUp(client);
			return;
		}
		this.quiet.set(client, () => this.hangUp(client));
		client.frames.add(this.buffer.subarray(0, got));
		for (let packet = client.frames.next(); packet && this.all.has(client); packet = client.frames.next())
			this.serve(packet, (reply) => this.send(client, reply));
	}

	private send(client: Client, packet: Uint8Array): void {
		if (!this.all.has(client)) return;
		const frame = framed(packet);
		client.waiting.push(frame);
		client.size += frame.length;
		this.flush(client);
		if (client.size > MOST_WAITING) this.hangUp(client);
	}

	private flush(client: Client): void {
		for (let frame = client.waiting.shift(); frame; frame = client.waiting.shift()) {
			const sent = give(client.fd, frame);
			if (sent === "gone") {
				this.hangUp(client);
				return;
			}
			const done = sent === "again" ? 0 : sent;
			client.size -= done;
			if (done === frame.length) continue;
			client.waiting.unshift(frame.subarray(done));
			break;
		}
		const events = client.waiting.length > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN;
		if (events !== client.events) this.loop.change(client.fd, events);
		client.events = events;
	}

	private hangUp(client: Client, more = true): void {
		if (!this.all.delete(client)) return;
		this.quiet.clear(client);
		this.loop.close(client.fd);
		if (more) this.listen(true);
	}
}

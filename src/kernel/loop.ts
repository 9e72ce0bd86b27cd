/** A process's life as events: descriptors with what is done when they are ready, and deadlines. Nothing in it waits. */

import { Epoll } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";

type Handler = (events: number) => void;

interface Watched {
	handle: Handler;
	/** before others that are ready at the same time */
	first: boolean;
	/** the round in which it came: what is ready in that was its number's owner before it */
	since: number;
}

/** Work that is due after one and the same time for all: what was added first is due first. */
export class Deadlines {
	private readonly due = new Map<object, { at: number; work: () => void }>();

	/** @param milliseconds after which it is due */
	constructor(private readonly milliseconds: number) {}

	/** @param key what it is for; asked again, its time begins anew */
	set(key: object, work: () => void): void {
		this.due.delete(key);
		this.due.set(key, { at: performance.now() + this.milliseconds, work });
	}

	clear(key: object): void {
		this.due.delete(key);
	}

	/** When the first is due; Infinity: none */
	get next(): number {
		for (const { at } of this.due.values()) return at;
		return Number.POSITIVE_INFINITY;
	}

	/** Does what is due. */
	run(now: number): void {
		for (const [key, { at, work }] of this.due) {
			if (at > now) return;
			this.due.delete(key);
			work();
		}
	}
}

export class Loop {
	private readonly epoll = new Epoll();
	private readonly watched = new Map<number, Watched>();
	private readonly deadlines: Deadlines[] = [];
	private ended = false;
	private rounds = 0;

	/** @param options.first handled before others that are ready at the same time */
	watch(fd: number, events: number, handle: Handler, options: { first?: boolean } = {}): void {
		this.epoll.add(fd, events);
		this.watched.set(fd, { handle, first: options.first === true, since: this.rounds });
	}

	/** Other events of a descriptor from now on. */
	change(fd: number, events: number): void {
		this.epoll.change(fd, events);
	}

	/** Watches a descriptor no longer, and closes it. */
	close(fd: number): void {
		if (this.watched.delete(fd)) this.epoll.remove(fd);
		close(fd);
	}

	/** Deadlines of so many milliseconds each. */
	deadlinesOf(milliseconds: number): Deadlines {
		const made = new Deadlines(milliseconds);
		this.deadlines.push(made);
		return made;
	}

	/** No more rounds. */
	end(): void {
		this.ended = true;
	}

	/** Handles events until somebody says `end`. */
	run(): void {
		while (!this.ended) this.round();
	}

	private round(): void {
		this.rounds++;
		const ready = this.epoll.wait(this.timeout());
		for (const first of [true, false]) {
			for (const [fd, events] of ready) {
				const found = this.watched.get(fd);
				if (found?.first === first && found.since < this.rounds && !this.ended) found.handle(events);
			}
		}
		const now = performance.now();
		for (const deadlines of this.deadlines) deadlines.run(now);
	}

	private timeout(): number {
		let next = Number.POSITIVE_INFINITY;
		for (const deadlines of this.deadlines) next = Math.min(next, deadlines.next);
		return next === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(next - performance.now()));
	}
}

/**
 * `stats`: what containers use. A meter looks which there are, and measures
 * them; who asks does both again and again, and waits in between. A rate is of
 * what was counted since the measurement before.
 */

import { type Counters, counting, type Pressure, type Stalled, type Statistics } from "../cgroup/cgroup.ts";
import type { Store } from "../kernel/store.ts";
import { groupsOf } from "./cgroups.ts";
import { list } from "./list.ts";
import { look } from "./looking.ts";
import { hostMemory, type Processors, percentOf, processors } from "./machine.ts";
import type { RunOptions } from "./options.ts";
import { relay } from "./relay.ts";
import { byId, find } from "./table.ts";
import { type Traffic, trafficOf } from "./traffic.ts";

export type { Stalled };

/** A container and what it uses. */
export interface Usage {
	id: string;
	name: string;
	/** as it was asked for; its short id where nobody named it */
	given: string;
	/** undefined: it has been removed */
	amounts?: Amounts;
}

/** All zero of one that does not run; what nothing counts on this host is undefined. */
export interface Amounts extends Statistics, Traffic {
	/** percent of one processor */
	cpu?: number;
	/** undefined where it was not asked for */
	pressure?: Pressure;
}

export interface StatsOptions {
	/** also those that do not run; without names */
	all: boolean;
	/** how long they have waited, too: three more files for each */
	pressure: boolean;
}

/** A container that is measured. */
interface Subject {
	id: string;
	name: string;
	given: string;
	options: RunOptions;
	/** its first process, while it runs */
	pid?: number;
	/** it has been removed */
	gone?: boolean;
}

/** CPU times of containers by id, nanoseconds, and when they were read. */
interface Reading {
	at: Processors;
	times: Map<string, number>;
}

const NOTHING: Amounts = {
	cpu: 0,
	memory: 0,
	memoryLimit: 0,
	transferred: { read: 0, written: 0 },
	processes: 0,
	received: 0,
	sent: 0,
};

/** A meter for all containers, unless some are added by name. */
export async function meter(store: Store, options: StatsOptions): Promise<Meter> {
	return new Meter(store, options, await counting());
}

/** Measures containers. */
export class Meter {
	private readonly memory = hostMemory();
	private readonly named: Subject[] = [];
	private subjects: Subject[] = [];
	private readonly counters = new Map<string, Counters>();
	private last: Reading = { at: { time: 0, count: 0 }, times: new Map() };

	constructor(
		private readonly store: Store,
		private readonly options: StatsOptions,
		private readonly count: Awaited<ReturnType<typeof counting>>,
	) {}

	/** Adds a container by id or name. @throws Failure if there is none */
	add(given: string): void {
		const known = this.named.some((subject) => subject.given === given);
		if (!known) this.named.push(subjectOf(find(this.store, given), given));
	}

	/** Looks which containers there are, and which of them run. */
	async look(): Promise<void> {
		this.subjects = this.areNamed ? await this.namedAgain() : await this.everyone();
		this.forget();
		// It may have found that a restart is due.
		await relay(this.store);
	}

	/** Counts from here on. @returns when that was, by performance.now() */
	begin(): number {
		const now = performance.now();
		this.last = this.read();
		// Most of the work, now that nobody waits for it.
		for (const counters of this.counters.values()) counters.open();
		return now;
	}

	/** What they use, and have used since the last time, in the order of their names or the newest first. */
	async measure(): Promise<Usage[]> {
		const before = this.last;
		// The times of all together: so little passes from the first to the last that one clock does.
		this.last = this.read();
		const usages: Usage[] = [];
		for (const subject of this.subjects) {
			const usage = await this.usageOf(subject, before);
			if (usage) usages.push(usage);
		}
		return usages;
	}

	private get areNamed(): boolean {
		return this.named.length > 0;
	}

	private async namedAgain(): Promise<Subject[]> {
		const subjects: Subject[] = [];
		for (const subject of this.named) subjects.push(await this.again(subject));
		return subjects;
	}

	/** The same container as it is now. */
	private async again(subject: Subject): Promise<Subject> {
		const container = byId(this.store, subject.id);
		if (!container) return { ...subject, gone: true, pid: undefined };
		return { ...subject, name: container.name, pid: (await look(this.store, container)).running?.program };
	}

	/** Those that were shown stay where they are, as with docker, and what is new follows. */
	private async everyone(): Promise<Subject[]> {
		const listed = (await list(this.store, this.options)).map((summary) => subjectOf(summary, summary.id.slice(0, 12)));
		if (this.subjects.length === 0) return listed;
		const shown = this.subjects.map(({ id }) => listed.find((subject) => subject.id === id));
		return [
			...shown.filter((subject) => subject !== undefined),
			...listed.filter((one) => !shown.includes(one)).reverse(),
		];
	}

	/** What is not looked at any more is closed. */
	private forget(): void {
		const running = new Set(this.subjects.filter(({ pid }) => pid !== undefined).map(({ id }) => id));
		for (const [id, counters] of this.counters) {
			if (running.has(id)) continue;
			counters.close();
			this.counters.delete(id);
		}
	}

	private countersOf({ id, options }: Subject): Counters {
		let counters = this.counters.get(id);
		if (!counters) {
			counters = this.count(groupsOf(id, options.cgroupParent));
			this.counters.set(id, counters);
		}
		return counters;
	}

	private read(): Reading {
		const times = new Map<string, number>();
		for (const subject of this.subjects) {
			const time = subject.pid === undefined ? undefined : this.countersOf(subject).cpuTime();
			if (time !== undefined) times.set(subject.id, time);
		}
		return { at: processors(), times };
	}

	/** @returns undefined for one that is not to be shown any more */
	private async usageOf(subject: Subject, before: Reading): Promise<Usage | undefined> {
		const runs = subject.pid !== undefined;
		const statistics = runs ? this.countersOf(subject).statistics() : {};
		// The last one has left since we looked, or this host does not count processes.
		const { id, name, given, gone, pid } = runs && !statistics.processes ? await this.again(subject) : subject;
		if (pid !== undefined) return { id, name, given, amounts: this.amounts(subject, pid, statistics, before) };
		if (gone) return this.areNamed ? { id, name, given } : undefined;
		const isShown = this.areNamed || this.options.all || !runs;
		return isShown ? { id, name, given, amounts: NOTHING } : undefined;
	}

	private amounts(subject: Subject, pid: number, statistics: Statistics, before: Reading): Amounts {
		const { id, options } = subject;
		const time = this.last.times.get(id);
		const { memoryLimit } = statistics;
		return {
			...statistics,
			...trafficOf(pid, options),
			// docker: no limit, or one beyond it, is the host's memory.
			memoryLimit: memoryLimit === undefined ? undefined : Math.min(memoryLimit, this.memory),
			cpu: time === undefined ? undefined : percentOf(time - (before.times.get(id) ?? time), before.at, this.last.at),
			pressure: this.options.pressure ? this.countersOf(subject).pressure() : undefined,
		};
	}
}

function subjectOf(
	{ id, name, options, pid }: Pick<Subject, "id" | "name" | "options" | "pid">,
	given: string,
): Subject {
	return { id, name, given, options, pid };
}

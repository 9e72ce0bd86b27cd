/**
 * What a cgroup has used, from the files of whichever hierarchy counts it: of a
 * hybrid host's controllers some are on v1 and others on v2. What nothing counts
 * here, or counts no more, is undefined. Few calls: `stats` asks of a hundred.
 */

import { RecordFile, readRecordIfThere } from "../../ffi/record.ts";
import {
	numberIn,
	numberOf,
	type Stalled,
	stalledIn,
	type Transferred,
	transferredV1,
	transferredV2,
} from "./counters.ts";
import type { Group } from "./hierarchy.ts";

/** The counters but the processor's, which those who compare two moments read by itself. */
export interface Statistics {
	/** bytes, without the file cache that is given up first: as docker counts since 20.10 */
	memory?: number;
	/** bytes; Infinity: it has none of its own */
	memoryLimit?: number;
	transferred?: Transferred;
	/** processes and threads */
	processes?: number;
}

/** Pressure stall information. */
export interface Pressure {
	cpu?: Stalled;
	memory?: Stalled;
	io?: Stalled;
}

export type { Stalled, Transferred };

/** Where a counter is: of v1 and of v2 the controller, and its file. */
const FILES = {
	/** any cgroup of v2 counts CPU time, with the controller or without */
	cpu: { 1: ["cpuacct", "cpuacct.usage"], 2: ["", "cpu.stat"] },
	usage: { 1: ["memory", "memory.usage_in_bytes"], 2: ["memory", "memory.current"] },
	memory: { 1: ["memory", "memory.stat"], 2: ["memory", "memory.stat"] },
	limit: { 1: ["memory", "memory.limit_in_bytes"], 2: ["memory", "memory.max"] },
	/**
	 * v1's: the throttling policy counts for every scheduler (CFQ, whose file docker
	 * tries first, went with Linux 5.0), since 6.10 only once a device has a limit
	 */
	io: { 1: ["blkio", "blkio.throttle.io_service_bytes_recursive"], 2: ["io", "io.stat"] },
	pids: { 1: ["pids", "pids.current"], 2: ["pids", "pids.current"] },
} as const;

type Kind = keyof typeof FILES;
const KINDS = Object.keys(FILES) as Kind[];

/** A file and whose it is, which decides how it is read. */
interface Source {
	version: 1 | 2;
	file: RecordFile;
}

/** The counters of a cgroup. */
export function counters(groups: readonly Group[]): Counters {
	return new Counters(groups);
}

/** The counters of one cgroup. Its files stay open, which does not keep it from being removed. */
export class Counters {
	private readonly sources: { [kind in Kind]?: Source } = {};
	private readonly unified: Group | undefined;

	constructor(groups: readonly Group[]) {
		const v1 = new Map<string, Group>();
		for (const group of groups) {
			if (group.hierarchy.version === 2) this.unified = group;
			else for (const controller of group.hierarchy.controllers) v1.set(controller, group);
		}
		for (const kind of KINDS) this.sources[kind] = sourceOf(FILES[kind], v1, this.unified);
	}

	/** Opens all files, so that what reads them later takes less time. */
	open(): void {
		for (const kind of KINDS) this.sources[kind]?.file.open();
	}

	close(): void {
		for (const kind of KINDS) this.sources[kind]?.file.close();
	}

	/** CPU time so far, in nanoseconds. @throws SystemError for a file that is there and cannot be read, as all of them */
	cpuTime(): number | undefined {
		if (this.sources.cpu?.version === 1) return this.number("cpu");
		const microseconds = numberOf(this.text("cpu") ?? "", "usage_usec");
		return microseconds === undefined ? undefined : microseconds * 1000;
	}

	/** Everything but CPU time. */
	statistics(): Statistics {
		return { ...this.memory(), transferred: this.transferred(), processes: this.number("pids") };
	}

	/** How long tasks have waited for what they need: v2 knows, even where the controllers are v1's. */
	pressure(): Pressure {
		const stalled = (name: string) => {
			const text = this.unified && readRecordIfThere(`${this.unified.path}/${name}.pressure`);
			return text === undefined ? undefined : stalledIn(text);
		};
		return { cpu: stalled("cpu"), memory: stalled("memory"), io: stalled("io") };
	}

	private memory(): Pick<Statistics, "memory" | "memoryLimit"> {
		const used = this.number("usage");
		if (used === undefined) return {};
		const key = this.sources.memory?.version === 1 ? "total_inactive_file" : "inactive_file";
		const cache = numberOf(this.text("memory") ?? "", key) ?? 0;
		return { memory: cache < used ? used - cache : used, memoryLimit: this.number("limit") };
	}

	private transferred(): Transferred | undefined {
		const text = this.text("io");
		if (text === undefined) return undefined;
		return this.sources.io?.version === 1 ? transferredV1(text) : transferredV2(text);
	}

	private number(kind: Kind): number | undefined {
		const text = this.text(kind);
		return text === undefined ? undefined : numberIn(text);
	}

	private text(kind: Kind): string | undefined {
		return this.sources[kind]?.file.read();
	}
}

/** v1's, where there is the controller; undefined where there is none of either version. */
function sourceOf(
	files: (typeof FILES)[Kind],
	v1: ReadonlyMap<string, Group>,
	unified: Group | undefined,
): Source | undefined {
	const [controller, name] = files[1];
	const group = v1.get(controller);
	if (group) return { version: 1, file: new RecordFile(`${group.path}/${name}`) };
	const [controller2, name2] = files[2];
	if (!unified || (controller2 !== "" && !unified.hierarchy.controllers.includes(controller2))) return undefined;
	return { version: 2, file: new RecordFile(`${unified.path}/${name2}`) };
}

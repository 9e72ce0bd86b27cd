/**
 * The processes of a container, as the host's /proc shows them. Until a
 * container has a cgroup of its own they are told by their pid namespace, which
 * a program of `exec` is in as well, and by their descent: of namespaces within
 * it, and where the namespace is shared with others.
 */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { list } from "../../ffi/directory.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { readFileIfThere, statusIfThere } from "../../ffi/file.ts";
import { decodeText, splitNul } from "../../ffi/text.ts";
import type { Store } from "../kernel/store.ts";
import { note } from "./events.ts";
import { look } from "./looking.ts";
import { notRunning } from "./state.ts";
import { find } from "./table.ts";

/** A process, from /proc/PID/stat, status and cmdline (proc(5)). */
export interface ProcessInfo {
	pid: number;
	parent: number;
	group: number;
	session: number;
	/** the controlling terminal: its device number; 0: none */
	terminal: number;
	/** the foreground process group of the terminal */
	foreground: number;
	/** one letter: R, S, D, Z … */
	state: string;
	/** in clock ticks, 100 a second */
	cpuTime: number;
	nice: number;
	priority: number;
	threads: number;
	/** clock ticks since boot */
	start: number;
	/** bytes */
	virtualSize: number;
	residentSize: number;
	locked: boolean;
	user: number;
	groupId: number;
	/** the program's name, at most 15 bytes */
	name: string;
	/** empty for one that has none any more */
	command: string[];
}

/** What is needed to read the numbers of a ProcessInfo. */
export interface Clock {
	/** seconds since the epoch */
	boot: number;
	/** bytes */
	memory: number;
}

const PAGE = 4096;

/**
 * The processes of a container that runs, by pid.
 * @throws Failure if it does not run
 */
export async function processes(store: Store, name: string): Promise<ProcessInfo[]> {
	const seen = await look(store, find(store, name));
	const { container, running } = seen;
	if (!running) throw notRunning(name, seen);
	note(store, container, "top");
	const all = list("/proc")
		.filter((entry) => /^[0-9]+$/.test(entry))
		.map((entry) => readProcess(Number(entry)))
		.filter((found) => found !== undefined);
	const own = container.options.pid === undefined ? namespaceOf(running.program) : undefined;
	const isFirst = ({ pid }: ProcessInfo) => pid === running.program || (own !== undefined && namespaceOf(pid) === own);
	return withDescendants(all, new Set(all.filter(isFirst).map(({ pid }) => pid))).sort((a, b) => a.pid - b.pid);
}

/** When the host was booted, and what memory it has. */
export function clock(): Clock {
	const [, boot = "0"] = /^btime ([0-9]+)$/m.exec(text("/proc/stat")) ?? [];
	const [, memory = "0"] = /^MemTotal:\s+([0-9]+) kB$/m.exec(text("/proc/meminfo")) ?? [];
	return { boot: Number(boot), memory: Number(memory) * 1024 };
}

/** The number of a process's pid namespace; undefined if it is gone. */
function namespaceOf(pid: number): number | undefined {
	return attempt(() => statusIfThere(`/proc/${pid}/ns/pid`, AT_FDCWD, 0)?.ino);
}

function withDescendants(all: readonly ProcessInfo[], members: Set<number>): ProcessInfo[] {
	for (let before = -1; before !== members.size; ) {
		before = members.size;
		for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
	}
	return all.filter(({ pid }) => members.has(pid));
}

/** @returns undefined if it is gone, or goes meanwhile */
function readProcess(pid: number): ProcessInfo | undefined {
	return attempt(() => {
		const stat = text(`/proc/${pid}/stat`);
		const status = text(`/proc/${pid}/status`);
		if (stat === "" || status === "") return undefined;
		const command = readFileIfThere(`/proc/${pid}/cmdline`);
		return { pid, ...parseStat(stat), ...parseStatus(status), command: splitNul(command ?? new Uint8Array()) };
	});
}

/** The name may hold blanks and brackets: fields are counted from its last bracket. */
function parseStat(stat: string) {
	const end = stat.lastIndexOf(")");
	const fields = stat.slice(end + 2).split(" ");
	const number = (index: number) => Number(fields[index]);
	return {
		name: stat.slice(stat.indexOf("(") + 1, end),
		state: fields[0] as string,
		parent: number(1),
		group: number(2),
		session: number(3),
		terminal: number(4),
		foreground: number(5),
		cpuTime: number(11) + number(12),
		priority: number(15),
		nice: number(16),
		threads: number(17),
		start: number(19),
		virtualSize: number(20),
		residentSize: number(21) * PAGE,
	};
}

function parseStatus(status: string) {
	const field = (name: string, index: number) =>
		Number(new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1]?.split(/\s+/)[index] ?? 0);
	return { user: field("Uid", 1), groupId: field("Gid", 1), locked: field("VmLck", 0) > 0 };
}

const text = (path: string): string => decodeText(readFileIfThere(path) ?? new Uint8Array());

/** It may go while we look, and some of the host's processes may not be looked at even by root. */
const PASSED_OVER: readonly number[] = [errno.ESRCH, errno.EACCES, errno.EPERM];

function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch (error) {
		if (error instanceof SystemError && PASSED_OVER.includes(error.errno)) return undefined;
		throw error;
	}
}

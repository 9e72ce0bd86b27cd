/**
 * Processes: pidfds, start times, signals, waiting. A pid alone names nobody:
 * it is always taken together with the process's start time (field 22 of
 * /proc/PID/stat, clock ticks since boot).
 */

import { POLLIN } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { close, readSmallIfThere } from "./file.ts";
import { capabilityHeader } from "./structures.ts";
import { attempt, call } from "./system.ts";

const decoder = new TextDecoder();

/**
 * When a process started.
 * @returns undefined if there is none of that number
 */
export function startTime(pid: number): bigint | undefined {
	return statFields(pid)?.start;
}

/** include/linux/sched.h: it is on its way out. */
const PF_EXITING = 0x4;
/** The bit of SIGKILL among the pending signals. */
const SIGKILL_PENDING = 1 << 8;

interface Stat {
	start: bigint;
	/** dead, dying, or killed and about to notice */
	over: boolean;
}

/**
 * What proc_pid_stat(5) says. The command's name may hold blanks and brackets:
 * fields are counted from its last bracket, one by one, since a list of all fifty
 * takes longer than the kernel does.
 */
function statFields(pid: number): Stat | undefined {
	const stat = readStat(pid);
	if (!stat) return undefined;
	const state = stat.lastIndexOf(")") + 2;
	const flags = fieldAfter(stat, state, 9 - 3);
	const start = fieldAfter(stat, flags, 22 - 9);
	const pending = fieldAfter(stat, start, 31 - 22);
	const killed = (wordAt(stat, flags) & PF_EXITING) !== 0 || (wordAt(stat, pending) & SIGKILL_PENDING) !== 0;
	const dead = stat[state] === "Z" || stat[state] === "X";
	return { start: BigInt(stat.slice(start, stat.indexOf(" ", start))), over: killed || dead };
}

/** Where the field begins that is so many behind another one. */
function fieldAfter(stat: string, at: number, count: number): number {
	let found = at;
	for (let skipped = 0; skipped < count; skipped++) found = stat.indexOf(" ", found) + 1;
	return found;
}

const wordAt = (stat: string, at: number): number => Number(stat.slice(at, stat.indexOf(" ", at)));

function readStat(pid: number): string | undefined {
	try {
		const bytes = readSmallIfThere(`/proc/${pid}/stat`);
		return bytes && decoder.decode(bytes);
	} catch (error) {
		// It went while we read.
		if (error instanceof SystemError && error.errno === errno.ESRCH) return undefined;
		throw error;
	}
}

/**
 * True if the process of this number is the one that started then, and neither
 * dead and waiting for its parent nor just killed. For processes of one thread, as the monitor is:
 * of others the first thread may end before the rest.
 */
export function isAlive(pid: number, start: bigint): boolean {
	const found = statFields(pid);
	return found !== undefined && found.start === start && !found.over;
}

/**
 * A pidfd of the process that started then.
 * @returns undefined if it is gone
 */
export function openProcess(pid: number, start: bigint): number | undefined {
	const pidfd = attempt("pidfd_open", pid, 0);
	if (pidfd < 0) return undefined;
	// The number may have been given to another before we opened it, not after.
	// Not whether it lives: the pidfd knows that best (readable once all its threads have ended).
	if (startTime(pid) === start) return pidfd;
	close(pidfd);
	return undefined;
}

/** A pidfd of a process that is known to be there; undefined if it is not. */
export function openPid(pid: number): number | undefined {
	const pidfd = attempt("pidfd_open", pid, 0);
	return pidfd < 0 ? undefined : pidfd;
}

/** True if there is no process of this number, or only what its parent has not waited for. */
export function hasEnded(pid: number): boolean {
	const pidfd = openPid(pid);
	if (pidfd === undefined) return true;
	const ended = waitReadable([pidfd], 0).length > 0;
	close(pidfd);
	return ended;
}

/** A pidfd of this process. */
export function openSelf(): number {
	const pidfd = attempt("pidfd_open", process.pid, 0);
	if (pidfd < 0) throw new SystemError("open a pidfd of this process", -pidfd);
	return pidfd;
}

/**
 * Sends a signal.
 * @returns false if the process is gone
 */
export function sendSignal(pidfd: number, signal: number): boolean {
	const result = attempt("pidfd_send_signal", pidfd, signal, 0, 0);
	if (result === -(errno.ESRCH as number)) return false;
	if (result < 0) throw new SystemError(`send signal ${signal}`, -result);
	return true;
}

/**
 * Sleeps until a descriptor is readable (a pidfd: its process has ended).
 * @param timeout milliseconds; undefined: for ever
 * @returns which of them are readable, or closed at the other side
 */
export function waitReadable(fds: readonly number[], timeout?: number): number[] {
	return waitFor(fds, POLLIN, timeout);
}

/** As `waitReadable`, for other events of poll(2): POLLPRI, with which the kernel's own files tell that they have changed. */
export function waitFor(fds: readonly number[], events: number, timeout?: number): number[] {
	const poll = new Uint8Array(fds.length * 8);
	const view = new DataView(poll.buffer);
	fds.forEach((fd, index) => {
		view.setInt32(index * 8, fd, true);
		view.setInt16(index * 8 + 4, events, true);
	});
	const until =
		timeout === undefined
			? 0
			: new Uint8Array(
					BigInt64Array.of(BigInt(Math.floor(timeout / 1000)), BigInt(Math.round((timeout % 1000) * 1e6))).buffer,
				);
	for (;;) {
		const ready = attempt("ppoll", poll, fds.length, until, 0, 0);
		if (ready === -(errno.EINTR as number)) continue;
		if (ready < 0) throw new SystemError("wait for a descriptor", -ready);
		return fds.filter((_, index) => view.getInt16(index * 8 + 6, true) !== 0);
	}
}

const RLIMIT_NOFILE = 7;

let given: number | undefined;

/** Says what `callersFileLimit` is to be: a restart has no caller, it goes by the one of the first start. */
export function setCallersFileLimit(limit: number): void {
	given = limit;
}

/**
 * The soft limit of open files that bunker was started with. Bun has raised its
 * own before our first line runs, so it is the parent's, capped by our hard one.
 */
export function callersFileLimit(): number {
	if (given !== undefined) return given;
	const parent = limits(attempt("getppid"));
	const own = limits(0);
	if (!parent || !own) return -1;
	return Number(parent.soft < own.hard ? parent.soft : own.hard);
}

function limits(pid: number): { soft: bigint; hard: bigint } | undefined {
	const pair = new BigUint64Array(2);
	const result = attempt("prlimit64", pid, RLIMIT_NOFILE, 0, new Uint8Array(pair.buffer));
	return result < 0 ? undefined : { soft: pair[0] as bigint, hard: pair[1] as bigint };
}

/** The capabilities that this process may use, as a bit mask (capget(2)). */
export function ownCapabilities(): bigint {
	const data = new Uint8Array(24);
	call("read our capabilities", "capget", capabilityHeader(), data);
	const view = new DataView(data.buffer);
	// struct __user_cap_data_struct[2]: effective, permitted, inheritable, the low halves first.
	return BigInt(view.getUint32(4, true)) | (BigInt(view.getUint32(16, true)) << 32n);
}

/** Sets the mask that the kernel takes from the modes of new files. @returns the one before */
export function setFileModeMask(mask: number): number {
	return attempt("umask", mask);
}

/** The release of the running kernel, as uname(2) says: `6.18.44-generic`. */
export function kernelRelease(): string {
	// struct new_utsname: six fields of 65 bytes; the release is the third.
	const names = new Uint8Array(6 * 65);
	attempt("uname", names);
	return decoder.decode(names.subarray(130, names.indexOf(0, 130)));
}

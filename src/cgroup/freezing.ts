/**
 * Freezing a cgroup, and knowing that it is frozen. A process stops at its next
 * way out of the kernel: one in uninterruptible sleep does not until that is
 * over, and one that forks may slip through on v1. So it takes its time, which
 * is bounded.
 */

import { O_RDONLY, POLLPRI } from "../../ffi/constants.ts";
import { close, open, readFileIfThere, readToEnd, rewind } from "../../ffi/file.ts";
import { waitFor, waitReadable } from "../../ffi/process.ts";
import { Failure } from "../failure.ts";
import { type Freezer, freezerOf, turn } from "./freezer.ts";
import type { Group } from "./hierarchy.ts";

/** Milliseconds until we give up. */
const LIMIT = 5000;

/**
 * Freezes all processes of a cgroup.
 * @param limit milliseconds that it may take
 * @throws Failure, and it is thawed: there is no freezer, no such cgroup, or a process did not stop in time
 */
export function freeze(groups: readonly Group[], limit = LIMIT): void {
	const freezer = freezerOf(groups);
	if (!freezer)
		throw new Failure("this host has no freezer: neither the controller 'freezer' of cgroup v1, nor cgroup v2");
	const deadline = performance.now() + limit;
	let frozen = false;
	try {
		frozen = freezer.version === 1 ? freezeV1(freezer, deadline) : freezeV2(freezer, deadline);
	} finally {
		if (!frozen) turn(freezer, freezer.thawed);
	}
	if (!frozen) throw new Failure(`${whoSleeps(freezer)} did not stop within ${limit / 1000} s`);
}

function begin(freezer: Freezer): void {
	if (!turn(freezer, freezer.frozen)) throw new Failure(`there is no cgroup ${freezer.group}`);
}

/**
 * v1 tells nobody when it is done, so it is asked, more and more seldom. Written
 * again, the state is told again to all processes; now and then they are let go
 * for a moment, as runc does, since new ones may keep appearing
 * (libcontainer/cgroups/fs/freezer.go).
 * @returns false if the time is over
 */
function freezeV1(freezer: Freezer, deadline: number): boolean {
	for (let tries = 1; ; tries++) {
		begin(freezer);
		if (read(freezer.file).startsWith(freezer.frozen)) return true;
		if (performance.now() > deadline) return false;
		if (tries % THAW_EVERY === 0) turn(freezer, freezer.thawed);
		waitReadable([], Math.min(LONGEST_WAIT, 0.05 * 2 ** Math.min(tries, 16)));
	}
}

/** some 150 ms after the first try, and every fifth of a second from there */
const THAW_EVERY = 16;
const LONGEST_WAIT = 20;

/** v2 says it in cgroup.events, and wakes who polls that file. */
function freezeV2(freezer: Freezer, deadline: number): boolean {
	begin(freezer);
	const events = open(`${freezer.group}/cgroup.events`, O_RDONLY);
	try {
		for (;;) {
			rewind(events);
			if (/^frozen 1$/m.test(decode(readToEnd(events)))) return true;
			const left = deadline - performance.now();
			if (left <= 0) return false;
			waitFor([events], POLLPRI, left);
		}
	} finally {
		close(events);
	}
}

/**
 * Why it took so long: `process 123 (dd), in uninterruptible sleep,`. Looked for
 * when they are thawed, since v1 shows the frozen in that state, too.
 */
function whoSleeps({ group }: Freezer): string {
	waitReadable([], LONGEST_WAIT);
	for (const pid of read(`${group}/cgroup.procs`).split("\n"))
		if (/^State:\s+D/m.test(read(`/proc/${pid}/status`)))
			return `process ${pid} (${read(`/proc/${pid}/comm`).trim()}), in uninterruptible sleep,`;
	return "its processes";
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Processes go while we look. */
function read(path: string): string {
	try {
		return decode(readFileIfThere(path) ?? new Uint8Array());
	} catch {
		return "";
	}
}

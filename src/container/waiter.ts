/**
 * Who waits to restart a container: a process that sleeps the delay and then
 * becomes bunker (`__reap`). Usually the monitor leaves it behind; where that
 * was killed, the bunker that noticed takes its place (relay.ts). A row names
 * it, by pid and start time, for as long as the restart is due.
 */

import { close } from "../../ffi/file.ts";
import { callersFileLimit, isAlive, openProcess, sendSignal, startTime, waitReadable } from "../../ffi/process.ts";
import { OWN_ENVIRONMENT } from "../environment.ts";
import type { Places } from "../places.ts";

const SIGKILL = 9;

/** How a row names a process: `PID START`. */
export function waiterName(pid: number, start: bigint): string {
	return `${pid} ${start}`;
}

/** This process, as a waiter. */
export function self(): string {
	return waiterName(process.pid, startTime(process.pid) ?? 0n);
}

/** True while it waits, or restarts the container. */
export function isWaiting(waiter: string): boolean {
	return isAlive(...parse(waiter));
}

/** Ends the wait; the caller holds the operation lock and has taken its name out of the row, or is about to. */
export function cancelWait(waiter: string): void {
	const pidfd = waiter === self() ? undefined : openProcess(...parse(waiter));
	if (pidfd === undefined) return;
	sendSignal(pidfd, SIGKILL);
	close(pidfd);
}

/** Sleeps until the wait is over, and the container was started or not. */
export function waitForWaiter(waiter: string): void {
	const pidfd = openProcess(...parse(waiter));
	if (pidfd === undefined) return;
	waitReadable([pidfd]);
	close(pidfd);
}

function parse(waiter: string): [pid: number, start: bigint] {
	const [pid = "", start = ""] = waiter.split(" ");
	return [Number(pid), BigInt(start)];
}

/**
 * What a monitor, or a waiter, becomes when bunker has to do something about a
 * container's end. The limit of open files goes with it: nobody of whom it
 * could be asked is there then.
 */
export function reapCommand(places: Places, id: string): { argv: string[]; environment: readonly string[] } {
	return {
		argv: [
			process.execPath,
			"--root",
			places.root,
			"--run-root",
			places.runRoot,
			"__reap",
			id,
			String(callersFileLimit()),
		],
		environment: OWN_ENVIRONMENT,
	};
}

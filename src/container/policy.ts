/**
 * Restart policies: whether a container that has ended starts again, and after
 * how long. Pure; the rules are docker's (moby, restartmanager/restartmanager.go).
 */

import type { RunOptions } from "./options.ts";

/** Milliseconds: the first delay, what doubling ends at, and a run that counts as a good one. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 60_000;
const GOOD_RUN = 10_000;

/** What the policy looks at. */
export interface History {
	options: Pick<RunOptions, "restart">;
	/** restarts so far */
	restarts: number;
	/** milliseconds that the last one waited; 0: there was none */
	restartDelay: number;
	/** the user has ended it */
	stopped: boolean;
}

/** What a monitor is told: numbers, with which it knows when to wake bunker up. Durations in milliseconds. */
export interface RestartRule {
	/** only where the exit code is not 0 */
	onFailure: boolean;
	/** after a short run */
	delay: number;
	/** after a run of at least `goodRun` */
	firstDelay: number;
	goodRun: number;
}

/** True if the container has a policy that restarts it. */
export function hasPolicy({ restart }: Pick<RunOptions, "restart">): boolean {
	return restart !== undefined && restart.name !== "no";
}

/** The rule for the run that begins; undefined where it will not be restarted, however it ends. */
export function restartRule({ options, restarts, restartDelay }: History): RestartRule | undefined {
	const { restart } = options;
	if (!restart || restart.name === "no") return undefined;
	const onFailure = restart.name === "on-failure";
	if (onFailure && restart.maximumRetries > 0 && restarts >= restart.maximumRetries) return undefined;
	const delay = restartDelay === 0 ? FIRST_DELAY : Math.min(restartDelay * 2, LONGEST_DELAY);
	return { onFailure, delay, firstDelay: FIRST_DELAY, goodRun: GOOD_RUN };
}

/**
 * Milliseconds until a container that has just ended starts again; undefined if it does not.
 * @param ranFor milliseconds
 */
export function delayAfter(history: History, exitCode: number, ranFor: number): number | undefined {
	const rule = restartRule(history);
	if (!rule || history.stopped || (rule.onFailure && exitCode === 0)) return undefined;
	return ranFor >= rule.goodRun ? rule.firstDelay : rule.delay;
}

/**
 * Milliseconds of a restart's delay that are left; all of it where the clock has been set back since.
 * @param finished when the program ended, milliseconds since the epoch, as `now`
 */
export function remainingDelay(finished: number, delay: number, now: number): number {
	return Math.min(delay, Math.max(0, finished + delay - now));
}

/** True if the container is to run after a reboot of the host. */
export function startsAtBoot({ options: { restart }, stopped }: Pick<History, "options" | "stopped">): boolean {
	return restart?.name === "always" || (restart?.name === "unless-stopped" && !stopped);
}

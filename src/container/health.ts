/**
 * Health checks: what the flags and the image say together, and what a monitor
 * has written of them. Pure; the rules are docker's (moby, daemon/commit.go and
 * daemon/health.go).
 */

import type { HealthHead, ProbeResult } from "../../ffi/tape.ts";
import { formatTime } from "../clock.ts";
import type { HealthOptions } from "./options.ts";

export type HealthStatus = "starting" | "healthy" | "unhealthy";

/** One run of the check. */
export interface Probe {
	/** RFC 3339, nanoseconds */
	start: string;
	end: string;
	/** 0 is healthy; -1: it took too long, or could not be run */
	exitCode: number;
	/** its stdout and stderr, at most 4096 bytes, or why there is none */
	output: string;
}

export interface Health {
	status: HealthStatus;
	/** failures in a row that count */
	streak: number;
	/** the last five, the oldest first */
	log: Probe[];
}

/** A check that is carried out; durations in nanoseconds. */
export interface Check {
	/** the program and its arguments */
	command: string[];
	interval: number;
	timeout: number;
	startPeriod: number;
	startInterval: number;
	retries: number;
}

const SECOND = 1_000_000_000;
const DEFAULTS = { interval: 30 * SECOND, timeout: 30 * SECOND, startPeriod: 0, startInterval: 5 * SECOND, retries: 3 };
const SHOWN = 5;
const STATUSES: readonly HealthStatus[] = ["starting", "healthy", "unhealthy"];

/**
 * The flags' settings, and where they say nothing the image's.
 * @param image its Healthcheck, foreign: what is not as it should be is not there
 * @returns undefined where neither says anything
 */
export function mergeHealth(flags: HealthOptions | undefined, image: object | undefined): HealthOptions | undefined {
	if (!image) return flags;
	const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = image as Record<string, unknown>;
	return {
		test: flags?.test ?? wordsOf(Test),
		interval: flags?.interval || countOf(Interval),
		timeout: flags?.timeout || countOf(Timeout),
		startPeriod: flags?.startPeriod || countOf(StartPeriod),
		startInterval: flags?.startInterval || countOf(StartInterval),
		retries: flags?.retries || countOf(Retries),
	};
}

const wordsOf = (value: unknown): string[] | undefined =>
	Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string") ? value : undefined;

const countOf = (value: unknown): number | undefined =>
	Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;

/**
 * What is to be carried out.
 * @param shell the image's; `/bin/sh -c` if it has none
 * @returns undefined without a check: none is said, or NONE, or one of a kind that docker does not know either
 */
export function checkOf(health: HealthOptions | undefined, shell: readonly string[] = []): Check | undefined {
	const [kind, ...words] = health?.test ?? [];
	if (!health || words.length === 0 || (kind !== "CMD" && kind !== "CMD-SHELL")) return undefined;
	const command = kind === "CMD" ? words : [...(shell.length > 0 ? shell : ["/bin/sh", "-c"]), ...words];
	return {
		command,
		interval: health.interval || DEFAULTS.interval,
		timeout: health.timeout || DEFAULTS.timeout,
		startPeriod: health.startPeriod || DEFAULTS.startPeriod,
		startInterval: health.startInterval || DEFAULTS.startInterval,
		retries: health.retries || DEFAULTS.retries,
	};
}

/** The annotation of config.json that holds the check, as JSON; empty without one. */
export const HEALTH_ANNOTATION = "bunker.health";

/** The check that config.json has; undefined if there is none. */
export function checkIn({ annotations }: { annotations: Record<string, string> }): Check | undefined {
	const text = annotations[HEALTH_ANNOTATION];
	return text ? JSON.parse(text) : undefined;
}

/** docker's HealthcheckConfig: what is said, and nothing of what is not. */
export function healthConfig(health: HealthOptions | undefined): object | undefined {
	if (!health) return undefined;
	const { test, interval, timeout, startPeriod, startInterval, retries } = health;
	const all = {
		Test: test,
		Interval: interval,
		Timeout: timeout,
		StartPeriod: startPeriod,
		StartInterval: startInterval,
		Retries: retries,
	};
	return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

/** docker's State.Health. */
export function healthState({ status, streak, log }: Health): object {
	return {
		Status: status,
		FailingStreak: streak,
		Log: log.map(({ start, end, exitCode, output }) => ({
			Start: start,
			End: end,
			ExitCode: exitCode,
			Output: output,
		})),
	};
}

/** The name of a status in the monitor's file. */
export const statusOf = (status: number): HealthStatus => STATUSES[status] ?? "starting";

/**
 * What the monitor's file says.
 * @param before the log of earlier runs, which goes on
 * @param stepError what a failed step means
 */
export function healthFrom(
	head: HealthHead,
	results: readonly ProbeResult[],
	before: readonly Probe[],
	stepError: (result: ProbeResult) => string,
): Health {
	const log = [...before, ...results.map((result) => probeFrom(result, stepError))].slice(-SHOWN);
	return { status: statusOf(head.status), streak: head.streak, log };
}

function probeFrom(result: ProbeResult, stepError: (result: ProbeResult) => string): Probe {
	const { start, end, status, step, error } = result;
	const times = { start: formatTime(start), end: formatTime(end) };
	const said = new TextDecoder().decode(result.output) + (result.truncated ? "..." : "");
	if (step > 0 || error > 0) return { ...times, exitCode: -1, output: stepError(result) };
	if (status >= 0) return { ...times, exitCode: status, output: said };
	const seconds = Math.round(Number(end - start) / 1e8) / 10;
	return { ...times, exitCode: -1, output: `Health check exceeded timeout (${seconds}s)${said ? `: ${said}` : ""}` };
}

/** A run is over: docker calls what has no check any more unhealthy. */
export const endedHealth = (health: Health): Health => ({ ...health, status: "unhealthy" });

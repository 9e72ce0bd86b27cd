/** Times of commands, and what the medians of two say about each other. */

import { readFileSync } from "node:fs";

// A file, not a pipe: nobody has to read it while time is measured.
const COMPLAINTS = "build/bench/stderr";

/** What was measured of one contender: milliseconds, or kilobytes. */
export type Samples = number[];

export interface Command {
	words: string[];
	env?: Record<string, string>;
	/** a file that it reads; /dev/null if not said */
	stdin?: string;
}

/** Milliseconds from before the spawn until the process has been waited for. @throws Error if it fails */
export function time(command: Command): number {
	const before = Bun.nanoseconds();
	run(command);
	return (Bun.nanoseconds() - before) / 1e6;
}

/** Milliseconds of CPU time that a command takes, its threads' too. @throws Error if it fails */
export const cpuTime = (command: Command): number => run(command);

/** Runs a command, its output unseen. @returns milliseconds of CPU time that it took. @throws Error if it fails */
export function run({ words, env, stdin }: Command): number {
	const { exitCode, signalCode, resourceUsage } = Bun.spawnSync(words, {
		env: { ...process.env, ...env },
		stdin: stdin ? Bun.file(stdin) : "ignore",
		stdout: "ignore",
		stderr: Bun.file(COMPLAINTS),
	});
	if (exitCode === 0) return Number(resourceUsage?.cpuTime.total ?? 0) / 1000;
	const complaint = readFileSync(COMPLAINTS, "utf8").slice(-1000);
	throw new Error(`${words.join(" ")}: exit ${exitCode ?? signalCode}: ${complaint}`);
}

/** Runs a command. @returns what it prints, without the last newline. @throws Error if it fails */
export function output({ words, env }: Command): string {
	const { exitCode, stdout, stderr } = Bun.spawnSync(words, { env: { ...process.env, ...env }, stdin: "ignore" });
	if (exitCode !== 0) throw new Error(`${words.join(" ")}: exit ${exitCode}: ${stderr}`);
	return stdout.toString().trimEnd();
}

/** Runs commands, at most some at once. @throws Error if one fails */
export async function together(commands: Command[], atOnce: number): Promise<void> {
	const waiting = [...commands];
	const lane = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			const { words, env } = next;
			const program = Bun.spawn(words, {
				env: { ...process.env, ...env },
				stdin: "ignore",
				stdout: "ignore",
				stderr: "ignore",
			});
			if ((await program.exited) !== 0) throw new Error(`${words.join(" ")}: exit ${program.exitCode}`);
		}
	};
	await Promise.all(Array.from({ length: atOnce }, lane));
}

export function median(samples: Samples): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2
		? (sorted[middle] as number)
		: ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** `12.3 (11.9-14.0)`: median, least and most. */
export function summary(samples: Samples): string {
	return `${short(median(samples))} (${short(Math.min(...samples))}-${short(Math.max(...samples))})`;
}

/** The ratio of the medians, with the least and the most of the rounds' own ratios. */
export function ratio(ours: Samples, theirs: Samples): { median: number; least: number; most: number } {
	const rounds = ours.map((value, index) => value / (theirs[index] as number));
	return { median: median(ours) / median(theirs), least: Math.min(...rounds), most: Math.max(...rounds) };
}

function short(value: number): string {
	return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** Errors as people see them: one line, and where it helps a second one that says what to do. */

import { SystemError } from "../../ffi/errno.ts";
import { BrokenPipe, STDERR, writeOut } from "../../ffi/output.ts";
import { variable } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";

/** What a shell shows of a program that SIGPIPE ended, as it ends docker's client. */
const EXIT_SIGPIPE = 128 + 13;

/**
 * Prints an error on stderr.
 * @returns the exit code it stands for
 */
export function report(error: unknown, options: { hint: boolean } = { hint: true }): number {
	if (error instanceof BrokenPipe) return EXIT_SIGPIPE;
	const hint = options.hint && error instanceof Failure && error.hint ? `${error.hint}\n` : "";
	printLine(`bunker: ${sentence(error)}\n${hint}${stack(error)}`);
	return error instanceof Failure ? error.exitCode : EXIT.failed;
}

/** An error's message in one line; one that nobody foresaw is named as such. */
export function sentence(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	const line = message.trim().replaceAll(/\s*\n\s*/g, "; ");
	return isForeseen(error) ? line : `internal error: ${line || "no message"}`;
}

/** Where an error came from that nobody foresaw, for those who debug bunker. */
function stack(error: unknown): string {
	const origin = error instanceof Failure ? error.cause : error;
	if (isForeseen(origin) || !variable("BUNKER_TRACE") || !(origin instanceof Error)) return "";
	return `${origin.stack ?? ""}\n`;
}

const isForeseen = (error: unknown): boolean => error instanceof Failure || error instanceof SystemError;

/** stderr may be closed or full: the exit code still tells. */
function printLine(text: string): void {
	try {
		writeOut(STDERR, text);
	} catch {}
}

/** Errors of usage. */

import { EXIT, Failure } from "../failure.ts";

/** A wrong flag, or a wrong value of one: 125 on any verb, as docker has it. */
export function malformed(message: string, hint?: string): Failure {
	return new Failure(message, { exitCode: EXIT.refused, hint });
}

/**
 * Values that docker looks at only after its flags are parsed, so that on any
 * verb but `run` and `create` they are errors like the rest: 1, not 125.
 */
export function outsideFlags<T>(parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		throw error instanceof Failure && error.exitCode === EXIT.refused ? error.withExitCode(EXIT.failed) : error;
	}
}

/** The line that follows an error of usage; the verb is "" for bunker itself. */
export function helpHint(verb: string): string {
	return `Run 'bunker ${verb ? `${verb} ` : ""}--help' for more information`;
}

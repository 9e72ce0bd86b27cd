/** Errors of usage. */

import { EXIT, Failure } from "../failure.ts";

/** A wrong flag, or a wrong value of one: 125 on any verb, as docker has it. */
export function malformed(message: string, hint?: string): Failure {
	return new Failure(message, { exitCode: EXIT.refused, hint });
}

/** The line that follows an error of usage; the verb is "" for bunker itself. */
export function helpHint(verb: string): string {
	return `Run 'bunker ${verb ? `${verb} ` : ""}--help' for more information`;
}

/** Exit codes of `run` and `create` where they are not the failure's own. */

import { EXIT, Failure } from "../failure.ts";
import { sentence } from "./report.ts";

/** Whatever keeps `run` from starting its program is 125, unless it is 126 or 127. */
export function refuseRun(error: unknown): never {
	if (!(error instanceof Failure)) throw new Failure(sentence(error), { exitCode: EXIT.refused, cause: error });
	throw error.exitCode === EXIT.failed ? error.withExitCode(EXIT.refused) : error;
}

/** What keeps `create` from making its container is 1, as docker has it; only wrong flags are 125. */
export function refuseCreate(error: unknown): never {
	throw error instanceof Failure ? error.withExitCode(EXIT.failed) : error;
}

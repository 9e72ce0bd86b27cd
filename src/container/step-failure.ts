/** What a step that failed means for the user, and for the exit code. */

import { type ErrnoName, errnoName, errnoText } from "../../ffi/errno.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Step } from "../kernel/tape.ts";

/** enum failed of ffi/helper/tape.h: the value where it was not a step. */
const FAILED_MONITOR = -2;
const EPERM = 1;
const ENOENT = 2;
const ENOTDIR = 20;

/** The error of a failed step: its number, sentence and errno. */
export function stepFailure(steps: readonly Step[], index: number, errno: number): Failure {
	if (index === FAILED_MONITOR)
		return new Failure(`prepare the monitor (its namespace, terminal, log and state): ${errnoText(errno)}`, {
			exitCode: EXIT.refused,
		});
	const step = steps[index];
	if (!step)
		return new Failure(`start the program: killed by signal ${errno} while it was prepared`, {
			exitCode: EXIT.refused,
		});
	const where = `step ${index + 1}/${steps.length}: ${step.what}: ${errnoText(errno)}`;
	const hint = step.hints?.[errnoName(errno) as ErrnoName];
	if (hint) return new Failure(`${where}: ${hint}`, { exitCode: EXIT.refused });
	if (step.call === "execve") return programFailure(steps, step, errno, where);
	if (step.call === "prlimit64" && errno === EPERM)
		return new Failure(`${where}: to raise a hard limit takes CAP_SYS_RESOURCE, which bunker does not have here`, {
			exitCode: EXIT.refused,
		});
	return new Failure(where, { exitCode: EXIT.refused });
}

function programFailure(steps: readonly Step[], step: Step, errno: number, where: string): Failure {
	const candidates = steps.filter((one) => one.call === "execve").length;
	const missing = errno === ENOENT || errno === ENOTDIR;
	if (candidates > 1) {
		const name = step.what.slice(step.what.lastIndexOf("/") + 1);
		return new Failure(`${where}: no executable ${name} in any directory of PATH`, { exitCode: EXIT.notFound });
	}
	return new Failure(where, { exitCode: missing ? EXIT.notFound : EXIT.notExecutable });
}

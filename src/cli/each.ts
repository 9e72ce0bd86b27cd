/** Verbs that take several names: all of them are done, whatever becomes of the others. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { report } from "./report.ts";

/**
 * Does the work for each name, in order. A line for a success goes to stdout at
 * once, exactly one for a failure to stderr (and what to do about it, where
 * there is only one name).
 * @param work gives what is printed; undefined prints nothing
 * @returns the exit code: 1 if any failed
 */
export async function forEachName(
	names: readonly string[],
	work: (name: string, index: number) => Promise<string | undefined> | string | undefined,
): Promise<number> {
	let failed = false;
	for (const [index, name] of names.entries()) {
		const line = await attempt(() => work(name, index), names.length === 1);
		if (line === FAILED) failed = true;
		else if (line !== undefined) writeOut(STDOUT, `${line}\n`);
	}
	return failed ? 1 : 0;
}

const FAILED = Symbol("failed");

async function attempt<T>(work: () => Promise<T> | T, alone: boolean): Promise<T | typeof FAILED> {
	try {
		return await work();
	} catch (error) {
		report(error, { hint: alone });
		return FAILED;
	}
}

/** Archives that a verb writes: to stdout, or to a file that is there when it is whole, and not before. */

import { isTerminal, STDOUT } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import type { Destination } from "./destination-file.ts";

/**
 * @param path undefined for stdout
 * @param doing for errors: `save image`
 * @throws Failure for a terminal and for what is no file, in docker's words (docker/cli; moby/sys, atomicwriter)
 */
export async function destination(path: string | undefined, doing: string): Promise<Destination> {
	if (path !== undefined) {
		const { FileDestination } = await import("./destination-file.ts");
		return new FileDestination(path, doing);
	}
	if (isTerminal(STDOUT)) throw new Failure("cowardly refusing to save to a terminal. Use the -o flag or redirect");
	return {
		open: () => ({ fd: STDOUT, name: "standard output", isFile: false }),
		done: () => {},
		[Symbol.dispose]: () => {},
	};
}

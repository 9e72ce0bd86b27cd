/** What the flags -i and -t ask of the caller's stdin. */

import { isTerminal, STDIN } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";

/** docker refuses `-it` where stdin cannot be a terminal's. @throws Failure */
export function requireTerminal(options: { interactive: boolean; tty: boolean }): void {
	if (options.interactive && options.tty && !isTerminal(STDIN)) throw new Failure("the input device is not a TTY");
}

/** Archives that a verb reads: a file, or stdin. */

import { isTerminal, STDIN } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";

/**
 * Opens a file, or takes stdin.
 * @param path undefined for stdin
 * @throws Failure if stdin is a terminal, as docker has it; SystemError
 */
export async function openSource(path: string | undefined): Promise<{ fd: number; name: string } & Disposable> {
	if (path === undefined) {
		if (isTerminal(STDIN)) throw new Failure("nothing to read: stdin is a terminal");
		return { fd: STDIN, name: "stdin", [Symbol.dispose]: () => {} };
	}
	const { close, open } = await import("../../ffi/file.ts");
	const { O_RDONLY } = await import("../../ffi/constants.ts");
	const fd = open(path, O_RDONLY);
	return { fd, name: path, [Symbol.dispose]: () => close(fd) };
}

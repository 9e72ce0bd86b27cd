/** The question before something is thrown away. */

import { errno, SystemError } from "../../ffi/errno.ts";
import { read } from "../../ffi/file.ts";
import { STDIN, STDOUT, writeOut } from "../../ffi/output.ts";
import { waitReadable } from "../../ffi/process.ts";

/**
 * Asks, and reads a line from stdin: docker does so whatever stdin is, and
 * takes its end for a no (docker/cli, internal/prompt).
 */
export function confirm(warning: string): boolean {
	writeOut(STDOUT, `${warning} [y/N] `);
	return readLine().trim().toLowerCase() === "y";
}

/** Byte by byte: what follows the line is somebody else's. */
function readLine(): string {
	const byte = new Uint8Array(1);
	let line = "";
	for (;;) {
		try {
			if (read(STDIN, byte, "read the answer") === 0 || byte[0] === 0x0a) return line;
			line += String.fromCharCode(byte[0] as number);
		} catch (error) {
			if (!(error instanceof SystemError) || error.errno !== errno.EAGAIN) throw error;
			waitReadable([STDIN]);
		}
	}
}

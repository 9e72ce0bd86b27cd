/** Notes in the run directory: JSON that tells others what is left to do. */

import { readFileIfThere } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";

/** Reads a note; undefined for one that is just being written, and one whose writer was killed then, before it did anything. */
export function readNote<T>(path: string): T | undefined {
	try {
		return JSON.parse(decodeText(readFileIfThere(path) ?? new Uint8Array()));
	} catch {
		return undefined;
	}
}

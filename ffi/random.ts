/** Random bytes of the kernel's: `crypto` takes 0.2 ms to get ready. */

import { call } from "./system.ts";

/** Random bytes, at most 256: the kernel gives so many in one piece (getrandom(2)). */
export function randomBytes(count: number): Uint8Array {
	const bytes = new Uint8Array(count);
	call("get random bytes", "getrandom", bytes, count, 0);
	return bytes;
}

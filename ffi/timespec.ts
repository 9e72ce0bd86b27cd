/** struct timespec[2], which utimensat(2) takes. */

const timespec = new BigInt64Array(4);
const bytes = new Uint8Array(timespec.buffer);
const SECOND = 1_000_000_000n;

/** Last access and last modification, both the same; valid until the next call. @param time nanoseconds since the epoch */
export function timesOf(time: bigint): Uint8Array {
	const nanoseconds = ((time % SECOND) + SECOND) % SECOND;
	const seconds = (time - nanoseconds) / SECOND;
	timespec[0] = seconds;
	timespec[1] = nanoseconds;
	timespec[2] = seconds;
	timespec[3] = nanoseconds;
	return bytes;
}

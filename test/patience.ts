/** How long a test waits before it gives up: longer on a machine that is slower, as an emulated one is. */

const SLOW = Number(process.env.BUNKER_SLOW || 1);

/**
 * @param milliseconds the limit on an ordinary machine
 * @returns the limit here: BUNKER_SLOW times as much
 */
export function patience(milliseconds: number): number {
	return milliseconds * SLOW;
}

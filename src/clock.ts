/** Times as they are stored: RFC 3339 in UTC with nine digits of fraction, so that they sort as text. */

/** Nanoseconds since the epoch → `2026-11-21T01:06:57.691810561Z`. */
export function formatTime(nanoseconds: bigint): string {
	const milliseconds = Number(nanoseconds / 1_000_000n);
	const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
	return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Now, as stored. To a quarter of a microsecond, and in one process never backwards, which Date is not. */
export function now(): string {
	const exact = performance.timeOrigin + performance.now();
	const milliseconds = Math.floor(exact);
	return formatTime(BigInt(milliseconds) * 1_000_000n + BigInt(Math.floor((exact - milliseconds) * 1e6)));
}

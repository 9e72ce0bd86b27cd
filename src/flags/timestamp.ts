/** Points in time as docker's users give them to --since, --until and filters (moby, api/types/time). */

import { formatTime } from "../clock.ts";
import { parseGoDuration } from "../duration.ts";

const DATE =
	/^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;
const UNIX = /^(-?[0-9]{1,11})(?:\.([0-9]{1,9}))?$/;
const NANOSECONDS = 1_000_000_000n;

/**
 * `10m` (that long ago), `2006-01-02`, `2006-01-02T15:04:05.5`, with a zone or
 * in the local one, or seconds since the epoch → the time as stored.
 * @returns undefined for anything else
 */
export function parseTimestamp(text: string, now = Date.now()): string | undefined {
	const unix = UNIX.exec(text);
	if (unix) return atLeastEpoch(BigInt(unix[1] as string) * NANOSECONDS + fraction(unix[2]));
	const ago = parseGoDuration(text);
	if (ago !== undefined) return atLeastEpoch(BigInt(now) * 1_000_000n - BigInt(Math.round(ago)));
	const date = DATE.exec(text);
	return date ? dated(date) : undefined;
}

function dated([, day, hour = "00", minute = "00", second = "00", rest, zone = ""]: RegExpExecArray):
	| string
	| undefined {
	const milliseconds = Date.parse(`${day}T${hour}:${minute}:${second}${zone}`);
	if (Number.isNaN(milliseconds)) return undefined;
	return atLeastEpoch(BigInt(milliseconds) * 1_000_000n + fraction(rest?.slice(1)));
}

const fraction = (digits = ""): bigint => BigInt(digits.padEnd(9, "0"));

/** Nothing of ours is older, and times as stored sort only from there. */
const atLeastEpoch = (nanoseconds: bigint): string => formatTime(nanoseconds > 0n ? nanoseconds : 0n);

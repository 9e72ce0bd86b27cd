/**
 * Moments as `logs` and `events` take them (moby, api/types/time/timestamp.go):
 * a duration before now, RFC 3339 or a part of it in the caller's time zone, or
 * seconds since the epoch.
 */

import { parseGoDuration } from "../duration.ts";
import { malformed } from "./usage.ts";

const SECOND = 1_000_000_000n;

/** What follows the seconds may be missing, from the end. */
const DATE =
	/^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/i;

/**
 * A moment.
 * @param flag for the error
 * @returns nanoseconds since the epoch; undefined for "" and "0", which docker takes as none
 * @throws Failure (125)
 */
export function parseMoment(flag: string, text: string | undefined, now = BigInt(Date.now())): bigint | undefined {
	if (!text || text === "0") return undefined;
	const ago = parseGoDuration(text);
	if (ago !== undefined) return now * 1_000_000n - BigInt(Math.round(ago));
	const moment = parseSeconds(text) ?? parseDate(text);
	if (moment !== undefined) return moment;
	throw malformed(`invalid value for "${flag}": failed to parse value as time or duration: "${text}"`);
}

function parseSeconds(text: string): bigint | undefined {
	const [, seconds, fraction = ""] = /^([0-9]{1,12})(?:\.([0-9]{1,9}))?$/.exec(text) ?? [];
	return seconds === undefined ? undefined : BigInt(seconds) * SECOND + nanoseconds(fraction);
}

const nanoseconds = (fraction: string): bigint => BigInt(fraction.padEnd(9, "0"));

/** Without a zone it is the caller's. */
function parseDate(text: string): bigint | undefined {
	const [, date, hours = "00", minutes = "00", seconds = "00", fraction = "", zone = ""] = DATE.exec(text) ?? [];
	if (date === undefined) return undefined;
	const milliseconds = Date.parse(`${date}T${hours}:${minutes}:${seconds}${zone.toUpperCase()}`);
	return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n + nanoseconds(fraction);
}

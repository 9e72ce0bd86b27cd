/**
 * Durations as Go writes and reads them (time.Duration, String and
 * ParseDuration), which docker's flags and JSON have: `1h30m`, `1.5s`, `300ms`.
 * Libraries of npm's read other words and round to milliseconds.
 */

/** in nanoseconds */
const UNITS: Record<string, number> = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	μs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
};

const WHOLE = /^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g;

/** `1h30m`, `-1.5s`, `0` → nanoseconds; undefined for what Go would not take. */
export function parseGoDuration(text: string): number | undefined {
	if (/^[+-]?0$/.test(text)) return 0;
	if (!WHOLE.test(text)) return undefined;
	let sum = 0;
	for (const [, number, unit] of text.matchAll(PART))
		sum += Math.round(Number(number) * (UNITS[unit as string] as number));
	return text.startsWith("-") ? -sum : sum;
}

/** Nanoseconds → `1m30s`, `1.5s`, `300ms`, `0s`. */
export function formatGoDuration(nanoseconds: number): string {
	const sign = nanoseconds < 0 ? "-" : "";
	const rest = Math.abs(nanoseconds);
	if (rest === 0) return "0s";
	if (rest < 1e3) return `${sign}${rest}ns`;
	if (rest < 1e6) return `${sign}${rest / 1e3}µs`;
	if (rest < 1e9) return `${sign}${rest / 1e6}ms`;
	const hours = Math.floor(rest / 3600e9);
	const minutes = Math.floor(rest / 60e9) % 60;
	const seconds = `${(rest % 60e9) / 1e9}s`;
	if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
	return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

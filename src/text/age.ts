/**
 * How long ago, in docker's words (github.com/docker/go-units, duration.go),
 * which scripts of its users look for; libraries have words of their own.
 */

/** Milliseconds → `3 seconds`, `About a minute`, `2 hours`. */
export function formatDuration(milliseconds: number): string {
	const seconds = Math.floor(milliseconds / 1000);
	if (seconds < 1) return "Less than a second";
	if (seconds === 1) return "1 second";
	if (seconds < 60) return `${seconds} seconds`;
	const minutes = Math.floor(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	return formatHours(milliseconds / 3_600_000);
}

function formatHours(exact: number): string {
	const hours = Math.round(exact);
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
	if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
	return `${Math.floor(exact / 24 / 365)} years`;
}

/** A time as stored (RFC 3339) → how long ago it was: `2 minutes`. */
export function since(time: string, now = Date.now()): string {
	return formatDuration(Math.max(0, now - Date.parse(time)));
}

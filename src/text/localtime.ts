/** Times in the zone of who looks, as Go prints them: `2026-11-21 01:06:57 +0000 UTC`. */

/** RFC 3339 → docker's CreatedAt: whole seconds, the local zone and its name. */
export function localTime(rfc3339: string): string {
	const date = new Date(rfc3339);
	if (Number.isNaN(date.getTime())) return rfc3339;
	const offset = -date.getTimezoneOffset();
	const shifted = new Date(date.getTime() + offset * 60_000).toISOString();
	return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)} ${zone(offset)} ${zoneName(date, offset)}`;
}

function zone(minutes: number): string {
	const size = Math.abs(minutes);
	const digits = (value: number) => String(Math.floor(value)).padStart(2, "0");
	return `${minutes < 0 ? "-" : "+"}${digits(size / 60)}${digits(size % 60)}`;
}

/** Go has names from the zone's file, JavaScript from its own tables: where it has none, `+03` as Go has for such zones. */
function zoneName(date: Date, offset: number): string {
	if (offset === 0 && new Date(2026, 6, 1).getTimezoneOffset() === 0) return "UTC";
	const found = LOCALES.map((locale) => nameIn(locale, date)).find((name) => /^[A-Z]{3,5}$/.test(name));
	return found ?? zone(offset).replace(/00$/, "");
}

/** Each knows the names of its own part of the world only. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];

function nameIn(locale: string, date: Date): string {
	const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
	return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

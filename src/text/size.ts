/**
 * Sizes as docker prints them (github.com/docker/go-units, size.go).
 * No library of npm's rounds to three digits and has docker's units.
 */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes → `1.98MB`: powers of 1000, three digits unless said. */
export function formatSize(bytes: number, digits = 3): string {
	const round = (size: number) => Number(size.toPrecision(digits));
	let value = bytes;
	let unit = 0;
	for (; round(value) >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
	return `${round(value)}${UNITS[unit]}`;
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** Bytes → `1.945MiB`: powers of 1024, four digits (go-units, BytesSize). */
export function formatBinarySize(bytes: number): string {
	let value = bytes;
	let unit = 0;
	for (; value >= 1024 && unit < BINARY_UNITS.length - 1; unit++) value /= 1024;
	return `${Number(value.toPrecision(4))}${BINARY_UNITS[unit]}`;
}

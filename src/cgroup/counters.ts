/** What the files of a cgroup say, v1's and v2's (pure): Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. */

/** Bytes that went between a cgroup and block devices. */
export interface Transferred {
	read: number;
	written: number;
}

/** Part of the time, in percent, in which tasks waited: some of them, and all at once. */
export interface Stalled {
	some: number;
	full: number;
}

/** A file with one number; `max` is none. */
export function numberIn(text: string): number {
	return text.startsWith("max") ? Number.POSITIVE_INFINITY : Number(text);
}

/** The number of a line `KEY NUMBER`; undefined without one. */
export function numberOf(text: string, key: string): number | undefined {
	const start = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
	if (start === 0 && !text.startsWith(`${key} `)) return undefined;
	const end = text.indexOf("\n", start);
	return Number(text.slice(start + key.length + 1, end < 0 ? undefined : end));
}

/** v1, `8:0 Read 4096`: all devices, without what is only a sum or another view of the same bytes. */
export function transferredV1(text: string): Transferred {
	const sum = { read: 0, written: 0 };
	for (const line of text.split("\n")) {
		const [, operation, bytes] = line.split(" ");
		if (operation === "Read") sum.read += Number(bytes);
		else if (operation === "Write") sum.written += Number(bytes);
	}
	return sum;
}

/** v2, `8:0 rbytes=4096 wbytes=0 rios=1 …`: all devices. A device may stand there by its number alone. */
export function transferredV2(text: string): Transferred {
	const sum = { read: 0, written: 0 };
	for (const word of text.split(/\s/)) {
		if (word.startsWith("rbytes=")) sum.read += Number(word.slice("rbytes=".length));
		else if (word.startsWith("wbytes=")) sum.written += Number(word.slice("wbytes=".length));
	}
	return sum;
}

/** The average of the last ten seconds (Documentation/accounting/psi.rst); `full` of the processor is there since 5.13. */
export function stalledIn(text: string): Stalled {
	const average = (kind: string) => Number(new RegExp(`^${kind} avg10=([0-9.]+)`, "m").exec(text)?.[1] ?? 0);
	return { some: average("some"), full: average("full") };
}

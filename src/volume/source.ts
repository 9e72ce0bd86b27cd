/** What is mounted of a volume: its content, or what its options say, as mount(8) has them. Pure. */

import { type Places, volumeContent } from "../places.ts";

/** A directory of the host. */
export interface BoundSource {
	path: string;
	/** what is mounted below it is not shown */
	alone?: true;
	readOnly?: true;
}

/** A file system that is mounted for each container that uses the volume. */
export interface MadeSource {
	type: string;
	device: string;
	/** words of `o` */
	options: string[];
}

export type Source = BoundSource | MadeSource;

/** What is mounted of a volume. */
export function sourceOf(
	at: Places,
	{ name, options }: { name: string; options?: Readonly<Record<string, string>> },
): Source {
	const { type, device } = options ?? {};
	if (!type || !device) return { path: volumeContent(at, name) };
	const words = wordsOf(options?.o);
	if (!isBind(words)) return { type, device, options: words };
	return {
		path: device,
		...(!words.includes("rbind") && { alone: true }),
		...(words.includes("ro") && { readOnly: true }),
	};
}

/** The words of `o`, without those that say nothing. */
export const wordsOf = (o = ""): string[] => o.split(",").filter((word) => word !== "" && word !== "defaults");

/** True where a directory of the host is meant. */
export const isBind = (words: readonly string[]): boolean => words.includes("bind") || words.includes("rbind");

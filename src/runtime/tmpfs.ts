/** Options of a tmpfs that users ask for, as docker takes them (moby, pkg/mount flags: MergeTmpfsOptions). */

/** Words that exclude each other, in groups: the last one counts. */
const FLAGS: readonly (readonly string[])[] = [
	["rw", "ro"],
	["suid", "nosuid"],
	["dev", "nodev"],
	["exec", "noexec"],
	["async", "sync"],
	["dirsync"],
	["atime", "noatime"],
	["diratime", "nodiratime"],
	["norelatime", "relatime"],
	["nostrictatime", "strictatime"],
];

const SETTINGS = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];
const DEFAULTS = ["noexec", "nosuid", "nodev"];

/** What an option is about: two of the same exclude each other; undefined for one that tmpfs has not. */
function subject(option: string): string | undefined {
	const equals = option.indexOf("=");
	if (equals >= 0) return SETTINGS.find((name) => name === option.slice(0, equals));
	return FLAGS.find((group) => group.includes(option))?.[0];
}

/**
 * The options of a tmpfs: docker's defaults, noexec, nosuid and nodev, under what was asked for.
 * @returns the options, and the first of them that is none of a tmpfs
 */
export function mergeTmpfsOptions(text: string): { options: string[]; unknown?: string } {
	const merged = new Map<string, string>();
	for (const option of [...DEFAULTS, ...text.split(",").filter(Boolean)]) {
		const about = subject(option);
		if (about === undefined) return { options: [], unknown: option };
		merged.delete(about);
		merged.set(about, option);
	}
	return { options: [...merged.values()] };
}

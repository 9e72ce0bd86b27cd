/** What `limitWrites` has to know, asked of the kernel. */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { isDirectory, list } from "../../ffi/directory.ts";
import { readFile, readSmallIfThere } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import type { Group } from "./hierarchy.ts";
import type { LimitFacts } from "./limit-list.ts";

/**
 * The facts of this host.
 * @param changed the cgroups are in use, and what they hold matters (`update`); else they are new, made or to be made
 */
export function limitFacts(changed = false): LimitFacts {
	return {
		exists,
		available,
		...(changed && { current: ({ path }: Group, file: string) => decodeText(readFile(`${path}/${file}`)) }),
	};
}

function exists(group: Group, file: string): boolean {
	const directory = likeness(group);
	// Nothing to go by: the write will tell.
	if (directory === undefined || (directory !== group.path && !enabled(group, directory, file))) return true;
	return attempt("faccessat", AT_FDCWD, `${directory}/${file}`, 0) === 0;
}

/** On v2 a cgroup has the files of the controllers that its parent hands down: ours will, another may not. */
function enabled({ hierarchy: { version } }: Group, directory: string, file: string): boolean {
	if (version === 1) return true;
	const controllers = decodeText(readSmallIfThere(`${directory}/cgroup.controllers`) ?? new Uint8Array());
	return controllers
		.trim()
		.split(" ")
		.includes(file.slice(0, file.indexOf(".")));
}

/**
 * A directory whose files are those of the cgroup: itself; before it is made
 * (`--explain`) the nearest above, but never the root, which lacks most files
 * (CFTYPE_NOT_ON_ROOT): rather one that stands beside.
 */
function likeness({ path, hierarchy: { mount } }: Group): string | undefined {
	for (let at = path; at.length > mount.length; at = at.slice(0, at.lastIndexOf("/"))) if (isDirectory(at)) return at;
	const beside = list(mount).find((name) => isDirectory(`${mount}/${name}`));
	return beside === undefined ? undefined : `${mount}/${beside}`;
}

/** Of the nearest above that has any: on v1 a new cgroup has none until they are copied. */
function available({ path, hierarchy: { mount, version } }: Group, of: "cpus" | "mems"): string | undefined {
	const file = version === 1 ? `cpuset.${of}` : `cpuset.${of}.effective`;
	for (let at = path; at.length > mount.length; ) {
		at = at.slice(0, at.lastIndexOf("/"));
		const text = decodeText(readSmallIfThere(`${at}/${file}`) ?? new Uint8Array()).trim();
		if (text !== "") return text;
	}
	return undefined;
}

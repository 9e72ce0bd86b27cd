/**
 * What of cgroups there is on this host: a hierarchy for each v1 mount, and the
 * one of v2. Nothing is decided for a host as a whole: on a hybrid one each
 * controller is where it is. Pure; hierarchies.ts looks for them.
 */

/** A mounted hierarchy. */
export interface Hierarchy {
	version: 1 | 2;
	/** `memory`; of v2 what its root offers. A named one has none */
	controllers: readonly string[];
	/** of a named one: `systemd` */
	name?: string;
	/** where it is mounted: `/sys/fs/cgroup/memory` */
	mount: string;
	/** bunker's own cgroup, from the mount: `/` or `/user.slice/…` */
	own: string;
}

/** A cgroup of ours in one of the hierarchies. */
export interface Group {
	hierarchy: Hierarchy;
	/** its directory, absolute */
	path: string;
}

/** What is written to a file of a cgroup, with its sentence. */
export interface Write {
	/** `limit memory to 64 MiB` */
	what: string;
	/** absolute */
	file: string;
	value: string;
}

/** The parent of a container's cgroup, unless --cgroup-parent names another. */
export const DEFAULT_PARENT = "/bunker";

/** v2 has these without a controller: they are part of every cgroup. */
const BUILT_IN = ["devices", "freezer"];

/**
 * The cgroup of a container, in each hierarchy.
 * @param path from the root of each: `/bunker/ID`
 */
export function groupsAt(hierarchies: readonly Hierarchy[], path: string): Group[] {
	return hierarchies.map((hierarchy) => ({ hierarchy, path: `${hierarchy.mount}${path}` }));
}

/** Where a controller is: a v1 hierarchy that has it, else v2 if that does; undefined where it is missing. */
export function groupWith(groups: readonly Group[], controller: string): Group | undefined {
	let second: Group | undefined;
	for (const group of groups) {
		const { version, controllers } = group.hierarchy;
		if (!controllers.includes(controller) && (version === 1 || !BUILT_IN.includes(controller))) continue;
		if (version === 1) return group;
		second = group;
	}
	return second;
}

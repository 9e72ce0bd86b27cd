/** A container's cgroup: where it is, who joins it, and its end. new-cgroup.ts makes it. */

import { DEFAULT_PARENT, detect, end, type Group, groupsAt, hierarchiesFor, remove } from "../cgroup/cgroup.ts";
import type { Cgroup } from "../runtime/runtime.ts";

/**
 * The path of a container's cgroup, from the root of each hierarchy.
 * @param parent of `--cgroup-parent`: a path of names, from the root whether it begins with / or not, and `..` leads to no other
 */
export function cgroupPath(id: string, parent?: string): string {
	return `${parent ? clean(parent) : DEFAULT_PARENT}/${id}`;
}

function clean(path: string): string {
	const names: string[] = [];
	for (const name of path.split("/")) {
		if (name === "..") names.pop();
		else if (name !== "" && name !== ".") names.push(`/${name}`);
	}
	return names.join("");
}

/** Where a container's cgroup is, whether it is there or not. */
export function groupsOf(id: string, parent?: string): Group[] {
	return groupsAt(detect(), cgroupPath(id, parent));
}

/**
 * Removes what a container that has ended has left of its cgroup. Its monitor
 * does that, too, and kills whoever is left in it.
 * @param orphaned the monitor was killed, so that is ours to do
 * @returns false if somebody is in it
 */
export function removeCgroup(id: string, orphaned: boolean, parent?: string): boolean {
	const groups = groupsOf(id, parent);
	return orphaned ? end(groups) : remove(groups);
}

/** Where a running process is and we are not: an exec joins it there, wherever a container with rights of its own has moved it. */
export function cgroupsOfProcess(pid: number): Cgroup[] {
	return hierarchiesFor(pid).map((hierarchy) => joined({ hierarchy, path: `${hierarchy.mount}${hierarchy.own}` }));
}

/** A cgroup as the tape joins it. */
export function joined({ hierarchy, path }: Group): Cgroup {
	const { version, controllers, name, mount } = hierarchy;
	return {
		version,
		path,
		mount,
		name: mount.slice(mount.lastIndexOf("/") + 1),
		option: name === undefined ? controllers.join(",") : `name=${name}`,
	};
}

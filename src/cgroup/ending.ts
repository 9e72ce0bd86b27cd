/** The end of a cgroup in which somebody may be left. */

import { endCgroup } from "../../ffi/cgroup.ts";
import { type Group, groupWith } from "./hierarchy.ts";

/** Rounds that a command gives what it kills: a quarter of a second. */
const ROUNDS = 8;

/**
 * The directories of a cgroup in the order in which it is ended: first the one
 * that is asked who is in it, the freezer's, where nobody forks away meanwhile.
 */
export function endingOrder(groups: readonly Group[]): string[] {
	const first = groupWith(groups, "freezer");
	const paths = first ? [first.path] : [];
	for (const group of groups) if (group !== first) paths.push(group.path);
	return paths;
}

/**
 * Removes a cgroup whose processes have ended, and what the container has made
 * below it. One that is not there is fine.
 * @returns false if somebody is in it
 */
export function remove(groups: readonly Group[]): boolean {
	return endCgroup(endingOrder(groups), 0);
}

/**
 * Kills whoever is in a cgroup, and removes it and what the container has made below it.
 * @returns false if somebody is in it still, whom not even that ends
 */
export function end(groups: readonly Group[]): boolean {
	return endCgroup(endingOrder(groups), ROUNDS);
}

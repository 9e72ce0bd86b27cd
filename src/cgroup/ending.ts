/** The end of a cgroup in which somebody may be left. */

import { endCgroup, killCgroup } from "../../ffi/cgroup.ts";
import { AT_FDCWD, O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { close, openIfThere } from "../../ffi/file.ts";
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

/** A cgroup in somebody's hand: no other one, made under its name since. Let go at the end of the scope. */
export interface HeldCgroup extends Disposable {
	/** kills all that are in it */
	kill(): void;
}

/** Takes hold of a cgroup; undefined where there is none. */
export function hold(groups: readonly Group[]): HeldCgroup | undefined {
	const [path] = endingOrder(groups);
	const directory = path === undefined ? undefined : openIfThere(path, O_PATH | O_DIRECTORY, AT_FDCWD);
	if (directory === undefined) return undefined;
	return { kill: () => killCgroup(directory), [Symbol.dispose]: () => close(directory) };
}

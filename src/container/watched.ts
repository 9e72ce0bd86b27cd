/**
 * Marks of processes that every command looks after, whatever it is for
 * (attend.ts): monitors of containers with a restart policy, and who waits to
 * restart one. They may be killed, and nobody else is there to notice. Pid and
 * start time are in the mark's name, so that looking costs microseconds for each.
 */

import { list, makeDirectories } from "../../ffi/directory.ts";
import { unlink, writeFile } from "../../ffi/file.ts";
import { hasEnded, isAlive, startTime } from "../../ffi/process.ts";
import type { Store } from "../kernel/store.ts";
import { watchedDirectory } from "../places.ts";
import type { RunOptions } from "./options.ts";
import { hasPolicy } from "./policy.ts";

/** A process and the container it is there for. */
export interface Mark {
	pid: number;
	/** undefined: of a bunker whose marks did not say it */
	start: bigint | undefined;
	id: string;
}

function pathOf(store: Store, { pid, start, id }: Mark): string {
	return `${watchedDirectory(store.places)}/${pid}-${start === undefined ? "" : `${start}-`}${id}`;
}

/**
 * From now on every command sees to it that the process lives, if the container has a restart policy.
 * @param mark.pid of a process that is there, or has just ended
 */
export function watch(store: Store, { pid, id }: Omit<Mark, "start">, options: RunOptions): void {
	if (!hasPolicy(options)) return;
	makeDirectories(watchedDirectory(store.places), 0o700);
	writeFile(pathOf(store, { pid, start: startTime(pid) ?? 0n, id }), "", 0o600);
}

/** Before the id of a network: the process is its resolver. */
const RESOLVER = "names.";

/** From now on every command sees to it that a network's resolver lives. @returns its mark */
export function watchResolver(store: Store, pid: number, network: string): Mark {
	const mark = { pid, start: startTime(pid) ?? 0n, id: RESOLVER + network };
	makeDirectories(watchedDirectory(store.places), 0o700);
	writeFile(pathOf(store, mark), "", 0o600);
	return mark;
}

/** True for the mark of a resolver. */
export const isResolver = ({ id }: Mark): boolean => id.startsWith(RESOLVER);

/** The network of a resolver's mark. */
export const networkOf = ({ id }: Mark): string => id.slice(RESOLVER.length);

/** True if the process is gone, whoever has its number now. */
export function isGone({ pid, start }: Mark): boolean {
	return start === undefined ? hasEnded(pid) : !isAlive(pid, start);
}

/** The process may end. */
export function unwatch(store: Store, mark: Mark): void {
	unlink(pathOf(store, mark));
}

/** All marks. */
export function watched(store: Store): Mark[] {
	return list(watchedDirectory(store.places)).map((name) => {
		const [pid = "", ...rest] = name.split("-");
		const [id = "", start] = rest.reverse();
		return { pid: Number(pid), start: start === undefined ? undefined : BigInt(start), id };
	});
}

/**
 * Marks of processes that every command looks after, whatever it is for
 * (attend.ts): monitors of containers with a restart policy, and who waits to
 * restart one. They may be killed, and nobody else is there to notice. The pid
 * is in the mark's name, so that looking costs a microsecond for each.
 */

import { list, makeDirectories } from "../../ffi/directory.ts";
import { unlink, writeFile } from "../../ffi/file.ts";
import type { Store } from "../kernel/store.ts";
import { watchedDirectory } from "../places.ts";
import type { RunOptions } from "./options.ts";
import { hasPolicy } from "./policy.ts";

/** A process and the container it is there for. */
export interface Mark {
	pid: number;
	id: string;
}

const pathOf = (store: Store, { pid, id }: Mark) => `${watchedDirectory(store.places)}/${pid}-${id}`;

/** From now on every command sees to it that the process lives, if the container has a restart policy. */
export function watch(store: Store, mark: Mark, options: RunOptions): void {
	if (!hasPolicy(options)) return;
	makeDirectories(watchedDirectory(store.places), 0o700);
	writeFile(pathOf(store, mark), "", 0o600);
}

/** The process may end. */
export function unwatch(store: Store, mark: Mark): void {
	unlink(pathOf(store, mark));
}

/** All marks. */
export function watched(store: Store): Mark[] {
	return list(watchedDirectory(store.places)).map((name) => {
		const [pid = "", id = ""] = name.split("-");
		return { pid: Number(pid), id };
	});
}

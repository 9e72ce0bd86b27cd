/**
 * A directory for what is being made, until it is renamed to its place. Its
 * maker holds a flock on it: the lock ends with the process, however that
 * dies, and says to `collect` that the directory is garbage.
 */

import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../../ffi/constants.ts";
import { list, makeDirectories, makeDirectory, removeTree } from "../../ffi/directory.ts";
import { close, lock, openIfThere, statusIfThere, statusOf } from "../../ffi/file.ts";
import { type Places, temporaryDirectory } from "../places.ts";

export class Workshop implements Disposable {
	private made = 0;
	private readonly kept: number[] = [];

	private constructor(
		readonly path: string,
		private readonly fd: number,
	) {}

	/** Makes a directory of our own below the temporary directory. */
	static open(at: Places): Workshop {
		const directory = temporaryDirectory(at);
		makeDirectories(directory, 0o700);
		for (;;) {
			const path = `${directory}/${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
			if (!makeDirectory(path, 0o700)) continue;
			const fd = claim(path, { wait: true });
			if (fd !== undefined) return new Workshop(path, fd);
		}
	}

	/** A path in it that nothing has yet. */
	next(noun: string): string {
		return `${this.path}/${noun}-${this.made++}`;
	}

	/** Takes over a descriptor, to be closed at the end. */
	keep(fd: number): number {
		this.kept.push(fd);
		return fd;
	}

	/** Removes it with what was not taken out of it. */
	[Symbol.dispose](): void {
		for (const fd of this.kept) close(fd);
		removeTree(this.path);
		close(this.fd);
	}
}

/**
 * Locks a workshop.
 * @returns the descriptor that holds the lock; undefined if somebody else holds
 * it, or has removed the directory between our open and our lock
 */
function claim(path: string, options: { wait: boolean }): number | undefined {
	const fd = openIfThere(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd === undefined) return undefined;
	if (lock(fd, options) && statusIfThere(path)?.ino === statusOf(fd).ino) return fd;
	close(fd);
	return undefined;
}

/** Removes the workshops whose makers are gone. */
export function removeAbandoned(at: Places): void {
	for (const name of list(temporaryDirectory(at))) {
		const path = `${temporaryDirectory(at)}/${name}`;
		const fd = claim(path, { wait: false });
		if (fd === undefined) continue;
		removeTree(path);
		close(fd);
	}
}

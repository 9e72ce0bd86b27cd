/**
 * The directories from the top of a tree down to where somebody works. Only the
 * lowest are open: a tree may be deeper than there are descriptors. One further
 * up is found again as the `..` of the one below, and must still be the same:
 * somebody may have moved that elsewhere meanwhile.
 */

import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";

/** Directories open at once, of each ladder. */
const OPEN = 64;
const CLOSED = -1;
export const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

interface Rung {
	fd: number;
	/** which directory it is, once it is closed */
	identity: string;
}

export class Ladder implements Disposable {
	private readonly rungs: Rung[] = [];
	private readonly stat = new Stat();

	/** @param path of where we are, for errors */
	constructor(private readonly path: () => string) {}

	/** The lowest directory. */
	get fd(): number {
		return (this.rungs[this.rungs.length - 1] as Rung).fd;
	}

	get depth(): number {
		return this.rungs.length;
	}

	/** Goes into a directory. @param fd is the ladder's from now on */
	down(fd: number): void {
		this.rungs.push({ fd, identity: "" });
		const above = this.rungs[this.rungs.length - 1 - OPEN];
		if (above !== undefined) this.leave(above);
	}

	/** Goes back to the directory above. */
	up(): void {
		const { fd } = this.rungs.pop() as Rung;
		try {
			const above = this.rungs[this.rungs.length - 1];
			if (above?.fd === CLOSED) above.fd = this.find(fd, above);
		} finally {
			close(fd);
		}
	}

	/** Only now: what is copied up by overlay when the first name is made in it may have another number before. */
	private leave(rung: Rung): void {
		if (rung.fd === CLOSED) return;
		this.check(this.stat.of(rung.fd));
		rung.identity = this.stat.identity;
		close(rung.fd);
		rung.fd = CLOSED;
	}

	private find(below: number, rung: Rung): number {
		const fd = attempt("openat", below, "..", DIRECTORY);
		this.check(fd);
		this.check(this.stat.of(fd));
		if (this.stat.identity === rung.identity) return fd;
		close(fd);
		throw new Failure(`${this.path()}: somebody moved a directory above it while it was copied`);
	}

	private check(result: number): void {
		if (result < 0) throw new SystemError(`find the way back from ${this.path()}`, -result);
	}

	[Symbol.dispose](): void {
		for (const { fd } of this.rungs) if (fd !== CLOSED) close(fd);
		this.rungs.length = 0;
	}
}

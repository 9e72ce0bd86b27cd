/**
 * Hard links within a tree: the first name of a file is copied, the others are
 * links to that copy. It is found again below the top of the target, through no
 * link, and must be what we made.
 */

import {
	AT_SYMLINK_NOFOLLOW,
	O_CLOEXEC,
	O_DIRECTORY,
	O_NOFOLLOW,
	O_PATH,
	PATH_MAX,
	RESOLVE_BENEATH,
	RESOLVE_NO_SYMLINKS,
} from "../../ffi/constants.ts";
import { errno } from "../../ffi/errno.ts";
import { close, tryOpenAt2 } from "../../ffi/file.ts";
import { linkTo } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt, pathBytes } from "../../ffi/system.ts";
import { type Origin, type Place, put } from "./place.ts";
import type { Step } from "./step.ts";

/** Where the first copy is. */
interface First {
	step: Step;
	name: Uint8Array;
	identity: string;
}

const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

export class Links {
	private readonly firsts = new Map<string, First>();
	private readonly stat = new Stat();

	/** Remembers a copy that has just been made. @param name the place's, without a NUL */
	add(origin: Stat, step: Step, place: Place, name: Uint8Array): void {
		if (this.stat.at(place.directory, place.name, AT_SYMLINK_NOFOLLOW) < 0) return;
		this.firsts.set(origin.identity, { step, name: pathBytes(name), identity: this.stat.identity });
	}

	/**
	 * Makes a link to the copy of a file.
	 * @param top the directory that steps begin in
	 * @returns false where there is none yet, or none any more, or none that a link can reach: it is to be copied
	 */
	link(origin: Origin, step: Step, place: Place, top: number): boolean {
		const first = this.firsts.get(origin.stat.identity);
		if (first === undefined) return false;
		const directory = first.step === step ? place.directory : descend(top, first.step);
		if (directory < 0) return false;
		const pin = attempt("openat", directory, first.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (directory !== place.directory) close(directory);
		if (pin < 0) return false;
		try {
			if (this.stat.of(pin) < 0 || this.stat.identity !== first.identity) return false;
			return this.make(origin, place, pin);
		} finally {
			close(pin);
		}
	}

	/** Other errors than EEXIST mean: not there (another mount, too many links). */
	private make(origin: Origin, place: Place, pin: number): boolean {
		let refused = false;
		put(place, origin, () => {
			const result = linkTo(pin, place.directory, place.name);
			refused = result < 0 && result !== -(errno.EEXIST as number);
			return refused ? 0 : result;
		});
		return !refused;
	}
}

/** Opens the directory of a step, as far at once as a path may be long. @returns a descriptor or the negative errno */
function descend(top: number, step: Step): number {
	let directory = attempt("openat", top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (const path of step.pathsBelowTop(PATH_MAX)) {
		if (directory < 0) return directory;
		const next = tryOpenAt2(directory, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, RESOLVE);
		close(directory);
		directory = next;
	}
	return directory;
}

/** A file, or a tree, from one open directory into another. */

import {
	O_CLOEXEC,
	O_DIRECTORY,
	O_NOCTTY,
	O_NOFOLLOW,
	O_NONBLOCK,
	O_PATH,
	O_RDONLY,
	S_IFDIR,
	S_IFREG,
} from "../../ffi/constants.ts";
import { COPY, PlainFiles } from "../../ffi/copy.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { reopen } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt, pathBytes } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import { Transfer } from "./data.ts";
import { Descent } from "./descent.ts";
import { DIRECTORY } from "./ladder.ts";
import { Links } from "./links.ts";
import { finish, imposes, ownerOf } from "./metadata.ts";
import { copyNode, isWhiteout, type Pinned } from "./node.ts";
import { createFile, type Place, withoutMask } from "./place.ts";
import { type CopyOptions, checkSpot, type Spot } from "./spot.ts";

/**
 * Copies what is at a spot, a directory with all in it, so that `to.name` is
 * made. A directory merges into one that is there, a file replaces one. Sockets
 * are left out, and what goes away meanwhile; modes and times are kept, holes
 * stay holes, and names of one file are names of one file again.
 * @returns how many bytes the files have that were made
 * @throws Failure where a directory would replace something else, or something
 * else a directory, or where it would be copied into itself; SystemError
 */
export function copyTree(from: Spot, to: Spot, options: CopyOptions): number {
	for (const spot of [from, to]) checkSpot(spot);
	return withoutMask(() => {
		using copier = new Copier(from, to, options);
		copier.copy();
		return copier.bytes;
	});
}

const PIN = O_PATH | O_NOFOLLOW | O_CLOEXEC;
const READ = O_RDONLY | O_NOCTTY | O_NONBLOCK;
const DT_DIR = 4;
const DT_REG = 8;
const GONE = -(errno.ENOENT as number);
const NOT_ONE = -(errno.ENOTDIR as number);
const LINK = -(errno.ELOOP as number);

class Copier implements Disposable {
	private readonly descent: Descent;
	private readonly links = new Links();
	private readonly transfer = new Transfer();
	private readonly plain: PlainFiles;
	/** of the files that were made */
	bytes = 0;
	/** what is copied just now */
	private readonly origin: Pinned = { pin: -1, stat: new Stat(), path: () => this.descent.pathBelow(this.from) };

	constructor(
		private readonly from: Spot,
		private readonly to: Spot,
		private readonly options: CopyOptions,
	) {
		this.descent = new Descent(from, to, options);
		this.plain = new PlainFiles(options.archive);
	}

	copy(): void {
		const { from, to, descent } = this;
		const name = pathBytes(to.name);
		const place = { directory: to.directory, name, imposing: imposes(to.directory), path: () => to.path };
		this.entry(from.directory, pathBytes(from.name), 0, place);
		for (let level = descent.level; level; level = descent.level) {
			const { listing } = level;
			if (!listing.advance()) descent.leave();
			else {
				const { address, kind } = listing;
				level.place.name = address;
				if (kind !== DT_REG || !this.isPlain(descent.source, address, level.place))
					this.entry(descent.source, address, kind, level.place);
			}
		}
	}

	/** @param kind what it was when it was listed; 0: not known */
	private entry(directory: number, name: number | Uint8Array, kind: number, place: Place): void {
		const fd = kind === DT_DIR ? attempt("openat", directory, name, DIRECTORY) : NOT_ONE;
		if (fd >= 0) this.descent.enter(fd, place);
		else if (fd === NOT_ONE || fd === LINK) this.pin(directory, name, place);
		else this.missing(fd);
	}

	/** Nearly every file of a tree is done by one call. */
	private isPlain(directory: number, name: number, place: Place): boolean {
		const { plain } = this;
		const result = place.imposing ? COPY.result.notPlain : plain.copy(directory, place.directory, name);
		if (result < 0) throw new SystemError(`copy ${this.origin.path()} to ${place.path()}`, -result);
		if (result === COPY.result.made) this.bytes += plain.size;
		return result === COPY.result.made;
	}

	private pin(directory: number, name: number | Uint8Array, place: Place): void {
		const pin = attempt("openat", directory, name, PIN);
		if (pin < 0) {
			this.missing(pin);
			return;
		}
		this.origin.pin = pin;
		try {
			this.pinned(place);
		} finally {
			close(pin);
		}
	}

	/** What somebody has removed since it was listed is none of the copy. */
	private missing(result: number): void {
		if (result !== GONE || this.descent.level === undefined)
			throw new SystemError(`open ${this.origin.path()}`, -result);
	}

	private pinned(place: Place): void {
		const { origin, descent } = this;
		const { stat, pin } = origin;
		if (stat.of(pin) < 0) throw new SystemError(`look at ${origin.path()}`, errno.ENOENT);
		if (stat.type === S_IFDIR) {
			descent.enter(this.reopen(pin, O_RDONLY | O_DIRECTORY), place);
			return;
		}
		const { level } = descent;
		const isLinked = stat.nlink > 1 && level !== undefined;
		if (isWhiteout(stat) || (isLinked && this.links.link(origin, level.step, place, descent.base))) return;
		const isMade = stat.type === S_IFREG ? this.file(place) : copyNode(this.options, origin, place);
		if (!isMade && !level) throw new Failure(`cannot copy ${origin.path()}: it is a socket`);
		if (isMade && isLinked) this.links.add(stat, level.step, place, level.listing.name);
	}

	private file(place: Place): true {
		const { origin, options } = this;
		const { stat } = origin;
		const source = this.reopen(origin.pin, READ);
		try {
			const target = createFile(place, origin, stat.mode & PERMISSIONS);
			try {
				this.transfer.copy(source, target, stat.size, stat.allocated, () => `write ${place.path()}`);
				this.bytes += stat.size;
				const owner = ownerOf(options, stat, place.imposing);
				const imposed = place.imposing;
				finish(options, { source, target, stat, owner, hasMode: !imposed, imposed, path: place.path });
			} finally {
				close(target);
			}
			return true;
		} finally {
			close(source);
		}
	}

	private reopen(pin: number, flags: number): number {
		const fd = reopen(pin, flags);
		if (fd < 0) throw new SystemError(`open ${this.origin.path()}`, -fd);
		return fd;
	}

	[Symbol.dispose](): void {
		this.descent[Symbol.dispose]();
	}
}

const PERMISSIONS = 0o777;

/** An archive into a directory that is there, in docker's way: directories merge, files replace files. */

import { AT_SYMLINK_NOFOLLOW, S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK } from "../../ffi/constants.ts";
import { encodeDevice } from "../../ffi/device.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { linkTo } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt, pathBytes } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import { writeContent } from "../tar/content.ts";
import type { Member } from "../tar/member.ts";
import { Window } from "../tar/slice.ts";
import { type Source, settle, uncompressed } from "../tar/source.ts";
import { members } from "../tar/tar.ts";
import type { Workshop } from "../tar/workshop.ts";
import { Inside } from "./inside.ts";
import { DIRECTORY } from "./ladder.ts";
import { createFile, type Origin, type Place, put, withoutMask } from "./place.ts";
import type { CopyOptions } from "./spot.ts";
import { finishDirectory, finishNamed, finishOpen, setTimes } from "./unpacked.ts";

/**
 * Unpacks an archive, compressed or not, into a directory. What the archive says
 * of the directory itself is passed over, and nothing in it leads out.
 * @param directory descriptor, O_PATH is enough
 * @param workshop where a stream is kept until it is unpacked
 * @param options.archive owners are the archive's, else root
 * @returns how many bytes the files have that were made
 * @throws Failure that names the archive and the member; SystemError where there is no more room
 */
export async function unpackInto(
	directory: number,
	source: Source,
	workshop: Workshop,
	options: CopyOptions,
): Promise<number> {
	const window = new Window(await uncompressed(settle(source, workshop), workshop));
	return withoutMask(() => {
		using unpacking = new Unpacking(directory, window, options);
		return unpacking.unpack();
	});
}

const NODES = { fifo: S_IFIFO, character: S_IFCHR, block: S_IFBLK } as const;
const NOT_ONE = [errno.ENOTDIR, errno.ELOOP].map((number) => -number);
const EEXIST = -(errno.EEXIST as number);
const isFull = (error: unknown): boolean => error instanceof SystemError && ["ENOSPC", "EDQUOT"].includes(error.code);

class Unpacking implements Disposable {
	private readonly inside: Inside;
	/** Directories, which get their times at the end. */
	private readonly later = new Map<string, Member>();
	private readonly name: string;
	private readonly there = new Stat();

	constructor(
		directory: number,
		private readonly window: Window,
		private readonly options: CopyOptions,
	) {
		this.inside = new Inside(directory);
		this.name = window.slice.name;
	}

	unpack(): number {
		let bytes = 0;
		for (const member of members(this.window)) {
			try {
				this.member(member);
			} catch (error) {
				if (error instanceof Failure || isFull(error)) throw error;
				throw new Failure(`${this.name}: ${member.path}: ${(error as Error).message}`, { cause: error });
			}
			bytes += member.size;
		}
		for (const member of this.later.values()) this.finish(member);
		return bytes;
	}

	private member(member: Member): void {
		if (member.kind === "character" && member.major === 0 && member.minor === 0) return;
		if (member.kind === "hardlink") this.link(member);
		else {
			const place = this.inside.place(member.path);
			if (place === undefined) return;
			if (member.kind === "directory") this.directory(member, place);
			else this.replacing(place, () => this.make(member, place));
		}
	}

	/** Where a link was, paths through it lead elsewhere from now on. */
	private replacing(place: Place, make: () => void): void {
		const isThere = this.there.at(place.directory, place.name, AT_SYMLINK_NOFOLLOW) === 0;
		const wasLink = isThere && this.there.type === S_IFLNK;
		make();
		if (wasLink) this.inside.forget();
	}

	private make(member: Member, place: Place): void {
		if (member.kind === "file") {
			this.file(member, place);
			return;
		}
		const { type, make } = member.kind === "symlink" ? symlink(member, place) : node(member, place);
		put(place, this.originOf(member), make);
		finishNamed(place, type, member, this.options);
	}

	private file(member: Member, place: Place): void {
		const fd = createFile(place, this.originOf(member), member.mode & 0o777);
		try {
			writeContent(fd, this.window, member);
			finishOpen(fd, member, this.options, place.imposing);
			setTimes(fd, member);
		} finally {
			close(fd);
		}
	}

	private directory(member: Member, place: Place): void {
		const { directory, name } = place;
		const made = attempt("mkdirat", directory, name, 0o700);
		if (made < 0 && made !== EEXIST) throw new SystemError("make it", -made);
		const fd = attempt("openat", directory, name, DIRECTORY);
		if (NOT_ONE.includes(fd))
			throw new Failure(
				`cannot overwrite non-directory "${member.path}" with directory "${member.path}" of ${this.name}`,
			);
		if (fd < 0) throw new SystemError("open it", -fd);
		try {
			finishOpen(fd, member, this.options, made === 0 ? place.imposing : undefined);
		} finally {
			close(fd);
		}
		this.later.set(member.path, member);
	}

	/** The target is what has that name now, in the archive or not: as docker has it. */
	private link(member: Member): void {
		const pin = this.inside.find(member.link);
		if (pin < 0) throw new SystemError(`open ${member.link}`, -pin);
		try {
			const place = this.inside.place(member.path);
			if (place === undefined) throw new Error("a hard link without a name");
			const origin = this.originOf(member);
			origin.stat.of(pin);
			const isThere = this.there.at(place.directory, place.name, AT_SYMLINK_NOFOLLOW) === 0;
			if (isThere && this.there.isSame(origin.stat)) return;
			this.replacing(place, () => put(place, origin, () => linkTo(pin, place.directory, place.name)));
		} finally {
			close(pin);
		}
	}

	private originOf(member: Member): Origin {
		return { stat: new Stat(), path: () => `${member.path} of ${this.name}` };
	}

	private finish(member: Member): void {
		const place = this.inside.place(member.path);
		const fd = place ? attempt("openat", place.directory, place.name, DIRECTORY) : -1;
		if (fd < 0) return;
		try {
			finishDirectory(fd, member);
		} finally {
			close(fd);
		}
	}

	[Symbol.dispose](): void {
		this.inside[Symbol.dispose]();
	}
}

interface Making {
	type: number;
	make: () => number;
}

function symlink(member: Member, { directory, name }: Place): Making {
	const target = pathBytes(member.link);
	return { type: S_IFLNK, make: () => attempt("symlinkat", target, directory, name) };
}

function node(member: Member, { directory, name }: Place): Making {
	const type = NODES[member.kind as keyof typeof NODES];
	const device = encodeDevice(member.major, member.minor);
	return { type, make: () => attempt("mknodat", directory, name, type | (member.mode & 0o7777), device) };
}

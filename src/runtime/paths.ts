/**
 * Places in the container's root: made where they are missing, each once, and
 * opened. Most are made by their names: nothing lies above them but the root of
 * layers, which nobody else has, and whose links were followed before. What lies
 * in a mount of the user's, or in a root that is a directory of the host, others
 * may change while we look: there each part is opened on its own, inside the
 * container's root and through no link of /proc, which may be that of a process
 * outside (a volume may hold the host's).
 */

import {
	AT_FDCWD,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	RESOLVE_BENEATH,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
	RESOLVE_NO_SYMLINKS,
	S_IFREG,
} from "../../ffi/constants.ts";
import { openHow } from "../../ffi/structures.ts";
import { type Hints, Load, type Tape, type TapeArgument } from "../kernel/tape.ts";
import { kernelsOf } from "./kernels.ts";

/** A name in a directory, as calls that end in `at` take them. */
export interface Entry {
	directory: TapeArgument;
	name: TapeArgument;
}

/** Where a path is looked up from, and its parts below that. */
interface Way {
	base: TapeArgument;
	parts: string[];
	/** so many of them are there already */
	known: number;
	resolve: number;
}

const NODE = S_IFREG | 0o644;
const IN_ROOT = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const BENEATH = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

/** runc's words (rootfs_linux.go): what a mount lies on has to be of its kind. */
export const KIND_HINT =
	"are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";
const HINTS: Hints = { ENOTDIR: KIND_HINT, EXDEV: "a link leads out of where it was to be mounted" };

export class Paths {
	private readonly made = new Set<string>();
	/** what others may change below */
	private readonly shared = new Set<string>();
	/** directories that something was made in */
	private readonly parents = new Set<string>();

	/** @param shared the whole root is a directory of the host */
	constructor(
		private readonly tape: Tape,
		shared = false,
	) {
		if (shared) this.shared.add("/");
	}

	/** Others may have a hand in what is mounted, or in the root. */
	get isShared(): boolean {
		return this.shared.size > 0;
	}

	/** Makes a directory and its parents by their names, where they are missing: one step for each. */
	make(path: string): void {
		if (this.made.has(path)) return;
		let prefix = "";
		for (const part of path.split("/").filter(Boolean)) {
			prefix += `/${part}`;
			if (!this.made.has(prefix)) this.create(prefix, { directory: AT_FDCWD, name: this.tape.text(prefix) }, true);
		}
	}

	/** Makes an empty file, and its parents, by their names. Never opened: what is there may be a FIFO. */
	makeFile(path: string): void {
		this.makeParent(path);
		this.makeFileIn(path, { directory: AT_FDCWD, name: this.tape.text(path) });
	}

	/** The same, of what `entry` has made. */
	makeFileIn(path: string, entry: Entry): void {
		this.create(path, entry, false);
	}

	/** The directory that holds a path. */
	makeParent(path: string): void {
		this.make(path.slice(0, path.lastIndexOf("/")));
	}

	/** Makes a directory wherever it is. */
	makeAnywhere(path: string): void {
		const way = this.wayTo(path);
		if (way) this.makeAlong(way, path, { upTo: way.parts.length, directory: true });
		else this.make(path);
	}

	/** Makes the directory that holds a path, by its name. @returns the path in that */
	ownEntry(path: string): Entry {
		this.makeParent(path);
		return { directory: AT_FDCWD, name: this.tape.text(path) };
	}

	/** The same, wherever it is. */
	entry(path: string): Entry {
		const way = this.wayTo(path);
		if (!way) return this.ownEntry(path);
		const last = way.parts.length - 1;
		this.makeAlong(way, path, { upTo: last, directory: true });
		return { directory: this.openPart(way, last, path), name: this.tape.text(way.parts[last] as string) };
	}

	/**
	 * Makes a place for a mount, wherever it is, and opens it: what is mounted then
	 * lies there, whatever becomes of its name.
	 * @returns its descriptor
	 */
	open(path: string, directory: boolean): Load {
		const way = this.wayTo(path);
		if (!way) {
			const entry = this.ownEntry(path);
			this.create(path, entry, directory);
			return this.openAt(`open ${path}`, entry, IN_ROOT, { directory });
		}
		this.makeAlong(way, path, { upTo: way.parts.length, directory });
		const entry = { directory: way.base, name: this.tape.text(way.parts.join("/") || ".") };
		return this.openAt(`open ${path}`, entry, way.resolve, { directory });
	}

	/**
	 * A directory that has to be one, no link to it: where the kernel's file systems
	 * come, and a link could lead into a volume (CVE-2019-19921, CVE-2023-27561).
	 */
	refuseLink(path: string): void {
		this.make(path);
		const entry = { directory: AT_FDCWD, name: this.tape.text(path) };
		this.openAt(`open ${path}, which has to be no link`, entry, RESOLVE_NO_SYMLINKS, { directory: true });
	}

	/** Something was mounted on a path: what had been made below it is hidden now. @param shared by others, too */
	hide(path: string, shared = false): void {
		if (this.parents.has(path)) for (const one of this.made) if (one.startsWith(`${path}/`)) this.made.delete(one);
		if (shared) this.shared.add(path);
	}

	/** How to get to what others may change, or the kernel has; undefined where a name will do. */
	private wayTo(path: string): Way | undefined {
		const kernels = kernelsOf(path);
		if (kernels === undefined && this.shared.size === 0) return undefined;
		const above = this.sharedAbove(path);
		if (kernels === undefined && above === undefined) return undefined;
		const parts = path.split("/").filter(Boolean);
		const known = (above ?? "").split("/").filter(Boolean).length;
		if (kernels === undefined) return { base: AT_FDCWD, parts, known, resolve: IN_ROOT };
		const entry = { directory: AT_FDCWD, name: this.tape.text(kernels) };
		const base = this.openAt(`open ${kernels}`, entry, RESOLVE_NO_SYMLINKS, { directory: true });
		return { base, parts: parts.slice(1), known: Math.max(known - 1, 0), resolve: BENEATH };
	}

	private sharedAbove(path: string): string | undefined {
		for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
			const prefix = path.slice(0, at);
			if (this.shared.has(prefix)) return prefix;
		}
		return this.shared.has("/") ? "/" : undefined;
	}

	/** @param upTo how many of its parts @param directory whether the last is one */
	private makeAlong(way: Way, path: string, { upTo, directory }: { upTo: number; directory: boolean }): void {
		const all = path.split("/").filter(Boolean);
		const above = all.length - way.parts.length;
		for (let index = way.known; index < upTo; index++) {
			const prefix = `/${all.slice(0, above + index + 1).join("/")}`;
			if (this.made.has(prefix)) continue;
			const parent = this.openPart(way, index, prefix);
			const name = this.tape.text(way.parts[index] as string);
			this.create(prefix, { directory: parent, name }, directory || index < upTo - 1);
			if (parent !== way.base) this.tape.step("close it", "close", [parent]);
		}
	}

	/** Opens the directory that holds a part. */
	private openPart({ base, parts, resolve }: Way, index: number, path: string): TapeArgument {
		if (index === 0) return base;
		const name = this.tape.text(parts.slice(0, index).join("/"));
		const what = `open ${path.slice(0, path.lastIndexOf("/"))}`;
		return this.openAt(what, { directory: base, name }, resolve, { directory: true });
	}

	private openAt(what: string, { directory, name }: Entry, resolve: number, kind: { directory: boolean }): Load {
		const fd = this.tape.slot();
		const flags = O_PATH | O_CLOEXEC | (kind.directory ? O_DIRECTORY : 0);
		const options = { store: fd, hints: HINTS };
		const how = this.tape.constant(`open_how ${flags} ${resolve}`, () => openHow(flags, resolve));
		this.tape.step(what, "openat2", [directory, name, how, HOW_SIZE], options);
		return new Load(fd);
	}

	private create(path: string, { directory, name }: Entry, isDirectory: boolean): void {
		if (this.made.has(path)) return;
		this.made.add(path);
		this.parents.add(path.slice(0, path.lastIndexOf("/")));
		const okay = { okay: ["EEXIST"] } as const;
		if (isDirectory)
			this.tape.step(`make directory ${path} if it is missing`, "mkdirat", [directory, name, 0o755], okay);
		else this.tape.step(`make file ${path} if it is missing`, "mknodat", [directory, name, NODE, 0], okay);
	}
}

/** Bytes of struct open_how. */
const HOW_SIZE = 24;

/** Directories that a tape makes in the container, each once. */

import {
	AT_FDCWD,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
	S_IFREG,
} from "../../ffi/constants.ts";
import { openHow } from "../../ffi/structures.ts";
import { Load, type Tape } from "../kernel/tape.ts";

export class Paths {
	private readonly made = new Set<string>();

	/**
	 * @param strangers whether /proc shows processes that are not the container's:
	 * their links (/proc/1/root) lead out of its root, and the image may lead there
	 */
	constructor(
		private readonly tape: Tape,
		private readonly strangers = false,
	) {}

	/**
	 * Makes a directory and its parents, where they are missing. One step a
	 * component: a link in the path is followed, inside the container's root.
	 */
	make(path: string): void {
		if (this.made.has(path)) return;
		let prefix = "";
		for (const part of path.split("/").filter(Boolean)) {
			prefix += `/${part}`;
			if (this.made.has(prefix)) continue;
			this.made.add(prefix);
			this.create(prefix, "directory", "mkdirat", 0o755);
		}
	}

	/** Makes an empty file, and its parents, where it is missing. Never opened: what is there may be a FIFO. */
	makeFile(path: string): void {
		this.make(path.slice(0, path.lastIndexOf("/")));
		this.create(path, "file", "mknodat", S_IFREG | 0o644, 0);
	}

	private create(path: string, what: string, call: "mkdirat" | "mknodat", ...more: number[]): void {
		const { tape } = this;
		const sentence = `make ${what} ${path} if it is missing`;
		const slash = path.lastIndexOf("/");
		if (!this.strangers || slash === 0) {
			tape.step(sentence, call, [AT_FDCWD, tape.text(path), ...more], { okay: ["EEXIST"] });
			return;
		}
		const parent = tape.slot();
		const how = openHow(O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
		const above = path.slice(0, slash);
		tape.step(
			`open ${above} through no link of /proc`,
			"openat2",
			[AT_FDCWD, tape.text(above), tape.bytes(how), how.length],
			{ store: parent },
		);
		tape.step(sentence, call, [new Load(parent), tape.text(path.slice(slash + 1)), ...more], { okay: ["EEXIST"] });
		tape.step("close it", "close", [new Load(parent)]);
	}

	/** The directory that holds a path. */
	makeParent(path: string): void {
		this.make(path.slice(0, path.lastIndexOf("/")));
	}

	/** Something was mounted on a path: what had been made below it is hidden now. */
	hide(path: string): void {
		for (const one of this.made) if (one.startsWith(`${path}/`)) this.made.delete(one);
	}
}

/**
 * Enters a directory of the container. Not by chdir(2): no link of /proc may
 * lead anywhere but below the root (openat2(2), RESOLVE_IN_ROOT).
 */
export function enterDirectory(tape: Tape, path: string): void {
	const root = tape.slot();
	const directory = tape.slot();
	const how = openHow(O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_IN_ROOT);
	tape.step("open /", "openat", [AT_FDCWD, tape.text("/"), O_PATH | O_DIRECTORY | O_CLOEXEC, 0], { store: root });
	tape.step(`open ${path} below it`, "openat2", [new Load(root), tape.text(path), tape.bytes(how), how.length], {
		store: directory,
	});
	tape.step(`enter ${path}`, "fchdir", [new Load(directory)]);
	for (const fd of [root, directory]) tape.step("close it", "close", [new Load(fd)]);
}

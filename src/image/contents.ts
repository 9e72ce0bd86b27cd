/** The members of an archive of an image, by name: where each one's bytes are. */

import { Failure } from "../failure.ts";
import { clean } from "../path.ts";
import { content, type Slice, Window } from "../tar/slice.ts";
import { members } from "../tar/tar.ts";

/** More than any config or manifest has (docker's registry takes 4 MiB). */
const MOST_JSON = 8 << 20;
const MOST_LINKS = 16;

export class Contents {
	private readonly files = new Map<string, { offset: number; size: number }>();
	private readonly links = new Map<string, string>();

	/** @throws Failure if it is no intact tar archive */
	constructor(private readonly archive: Slice) {
		for (const { path, kind, link, offset, size } of members(new Window(archive))) {
			const name = clean(path);
			if (kind === "file") this.files.set(name, { offset, size });
			// Older docker saves a layer that an earlier image has as a link: ID/layer.tar → ../OTHER/layer.tar
			if (kind === "symlink") this.links.set(name, clean(`${name}/../${link}`));
			if (kind === "hardlink") this.links.set(name, clean(link));
		}
	}

	/** for errors */
	get name(): string {
		return this.archive.name;
	}

	has(path: string): boolean {
		return this.files.has(clean(path));
	}

	/** The bytes of a member, links followed. @throws Failure where it is not in the archive */
	slice(path: string): Slice {
		let name = clean(path);
		for (let hops = 0; hops < MOST_LINKS && !this.files.has(name); hops++) name = this.links.get(name) ?? name;
		const file = this.files.get(name);
		if (!file) throw new Failure(`${this.name}: lacks ${path}`);
		const { fd, offset } = this.archive;
		return { fd, offset: offset + file.offset, size: file.size, name: `${path} in ${this.name}` };
	}

	/** A member that is JSON. */
	json(path: string): Uint8Array {
		return content(this.slice(path), MOST_JSON);
	}
}

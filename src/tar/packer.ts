/**
 * An archive that is being written: what was found, member by member.
 *
 * Files with holes are written out, not as sparse members: the image-spec says
 * that layers should have none, and tools that rebuild a layer from their notes
 * of it (tar-split) get them wrong.
 */

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../../ffi/constants.ts";
import { closing } from "../../ffi/file.ts";
import type { Found } from "./found.ts";
import { encodeHeading, type Heading } from "./heading.ts";
import type { Kind } from "./member.ts";
import type { Sink } from "./sink.ts";

/** Sockets are in no archive: docker's and GNU's leave them out, too. */
const KINDS: Record<number, Kind> = {
	[S_IFREG]: "file",
	[S_IFDIR]: "directory",
	[S_IFLNK]: "symlink",
	[S_IFCHR]: "character",
	[S_IFBLK]: "block",
	[S_IFIFO]: "fifo",
};

const END = new Uint8Array(1024);

/** Members one by one. */
export class Packer {
	members = 0;
	/** where the first name of a file stands that has several, by its inode */
	private readonly links = new Map<string, string>();

	constructor(private readonly sink: Sink) {}

	/** Adds what was found. @param path without a slash at the end */
	add(found: Found, path: string): void {
		const kind = KINDS[found.type];
		if (kind === undefined) return;
		const { mode, uid, gid, mtime, rdevMajor: major, rdevMinor: minor, size } = found.status;
		const common = { mode: mode & 0o7777, uid, gid, mtime, major: 0, minor: 0, link: "", size: 0 };
		const link = kind === "directory" ? undefined : this.firstName(found, path);
		if (link !== undefined) this.put({ ...common, path, kind: "hardlink", link, attributes: NONE });
		else if (kind === "file") this.addFile({ ...common, path, kind, size, attributes: found.attributes() }, found);
		else {
			const name = kind === "directory" ? `${path}/` : path;
			const target = kind === "symlink" ? found.link() : "";
			const device = kind === "character" || kind === "block" ? { major, minor } : {};
			this.put({ ...common, ...device, path: name, kind, link: target, attributes: found.attributes() });
		}
	}

	/** Adds an empty file that says something of a layer below. */
	mark(path: string): void {
		const owner = { mode: 0o600, uid: 0, gid: 0, mtime: 0n };
		this.put({ ...owner, path, kind: "file", link: "", major: 0, minor: 0, size: 0, attributes: NONE });
	}

	/** The archive is whole. */
	end(): void {
		this.sink.write(END);
		this.sink.finish();
	}

	private addFile(heading: Heading, found: Found): void {
		if (heading.size === 0) {
			this.put(heading);
			return;
		}
		using file = closing(found.open());
		this.put(heading);
		this.sink.copy(file.fd, heading.size, { sparse: found.status.blocks * 512 < heading.size });
		this.sink.pad();
	}

	private put(heading: Heading): void {
		this.sink.write(encodeHeading(heading));
		this.members++;
	}

	/** @returns undefined for the first name of a file */
	private firstName({ status }: Found, path: string): string | undefined {
		if (status.nlink < 2) return undefined;
		const inode = `${status.dev}:${status.ino}`;
		const first = this.links.get(inode);
		if (first === undefined) this.links.set(inode, path);
		return first;
	}
}

const NONE: Heading["attributes"] = new Map();

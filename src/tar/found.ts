/**
 * Something in a directory that somebody who is not trusted may change: pinned
 * by an O_PATH descriptor, which opens nothing, before it is asked what it is. A
 * device or a FIFO is never opened, however often it trades places with a file.
 */

import { attributeNames, attributeOf } from "../../ffi/attributes.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY, PATH_MAX, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from "../../ffi/constants.ts";
import { close, open, type Status, statusOf } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";

const OPAQUE = "trusted.overlay.opaque";

/** Something that was there when it was looked for; its descriptor keeps it. */
export class Found implements Disposable {
	readonly status: Status;

	constructor(readonly fd: number) {
		this.status = statusOf(fd);
	}

	get type(): number {
		return this.status.mode & S_IFMT;
	}

	get isDirectory(): boolean {
		return this.type === S_IFDIR;
	}

	get isLink(): boolean {
		return this.type === S_IFLNK;
	}

	/** overlay's mark for "the layers below do not show through" (overlayfs.rst) */
	get isWhiteout(): boolean {
		return this.type === S_IFCHR && this.status.rdevMajor === 0 && this.status.rdevMinor === 0;
	}

	/** The same for all that is in a directory. */
	get isOpaque(): boolean {
		return this.isDirectory && attributeOf(this.fd, OPAQUE)?.[0] === YES;
	}

	attribute(name: string): Uint8Array | undefined {
		return attributeOf(this.fd, name);
	}

	/** Those that a layer keeps. Labels are the host's security module's, trusted.* is overlay's and root's own. */
	attributes(): Map<string, Uint8Array> {
		const kept = new Map<string, Uint8Array>();
		for (const name of attributeNames(this.fd).sort()) {
			const value = KEPT.test(name) ? attributeOf(this.fd, name) : undefined;
			if (value) kept.set(name, value);
		}
		return kept;
	}

	/** What a symbolic link says. */
	link(): string {
		const bytes = new Uint8Array(PATH_MAX);
		return decodeText(bytes.subarray(0, call("read a link", "readlinkat", this.fd, "", bytes, bytes.length)));
	}

	/** Opens a regular file to be read: the one that was found, whatever has its name now. */
	open(): number {
		return open(`/proc/self/fd/${this.fd}`, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	}

	[Symbol.dispose](): void {
		close(this.fd);
	}
}

const YES = 0x79;
const KEPT = /^(user\.|security\.capability$|system\.posix_acl_)/;

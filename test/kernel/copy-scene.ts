/** Trees to copy, and what is in them as text: all that two copies of one tree have in common. */

import { createHash } from "node:crypto";
import {
	closeSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
} from "node:fs";
import { O_DIRECTORY, O_PATH, SEEK_DATA, SEEK_HOLE } from "../../ffi/constants.ts";
import { removeTree } from "../../ffi/directory.ts";
import { close, open } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { splitNul } from "../../ffi/text.ts";
import { type CopyOptions, copyTree, type Spot } from "../../src/copy/copy.ts";

mkdirSync("build", { recursive: true });

/** A directory that is thrown away. */
export class Scene {
	readonly path = `${process.cwd()}/${mkdtempSync("build/copy-")}`;
	private count = 0;

	/** A new directory in it. */
	directory(name = `at-${this.count++}`): string {
		mkdirSync(`${this.path}/${name}`);
		return `${this.path}/${name}`;
	}

	remove(): void {
		removeTree(this.path);
	}
}

/** The spot of a path, as who typed it would call it. */
export function spotOf(path: string): Spot & Disposable {
	const slash = path.lastIndexOf("/");
	const directory = open(path.slice(0, slash) || "/", O_PATH | O_DIRECTORY);
	return { directory, name: path.slice(slash + 1), path, [Symbol.dispose]: () => close(directory) };
}

export function copyPath(from: string, to: string, options: CopyOptions = { archive: true }): number {
	using source = spotOf(from);
	using target = spotOf(to);
	return copyTree(source, target, options);
}

const joined = (directory: Buffer, name: Buffer): Buffer => Buffer.concat([directory, Buffer.from("/"), name]);

/** One line for everything below a directory, in order; of files, what cp -a keeps. */
export function listing(path: string): string[] {
	const lines: string[] = [];
	const first = new Map<string, string>();
	const walk = (directory: Buffer, below: string) => {
		for (const name of readdirSync(directory, { encoding: "buffer" }).sort(Buffer.compare)) {
			const at = joined(directory, name);
			const shown = `${below}/${name.toString("latin1")}`;
			lines.push(line(at, shown, first));
			if (lstatSync(at).isDirectory()) walk(at, shown);
		}
	};
	walk(Buffer.from(path), "");
	return lines;
}

/** Lines that only one of two listings has, the first few. */
export function differences(ours: readonly string[], theirs: readonly string[]): string[] {
	const [a, b] = [new Set(ours), new Set(theirs)];
	const only = (lines: readonly string[], others: Set<string>, mark: string) =>
		lines.filter((text) => !others.has(text)).map((text) => mark + text);
	return [...only(ours, b, "+"), ...only(theirs, a, "-")]
		.sort((x, y) => (x.slice(1) < y.slice(1) ? -1 : 1))
		.slice(0, 6);
}

function line(at: Buffer, shown: string, first: Map<string, string>): string {
	const s = lstatSync(at, { bigint: true });
	const parts = [shown, s.mode.toString(8), `${s.uid}:${s.gid}`, `mtime ${s.mtimeNs}`];
	if (s.isFile()) parts.push(`${s.size} bytes`, digest(at), `data ${extents(at, Number(s.size))}`);
	if (s.isSymbolicLink()) parts.push(`→ ${readlinkSync(at, { encoding: "buffer" }).toString("latin1")}`);
	if (s.isCharacterDevice() || s.isBlockDevice()) parts.push(`device ${s.rdev}`);
	const inode = `${s.dev}:${s.ino}`;
	if (!s.isDirectory() && s.nlink > 1n) parts.push(`as ${first.get(inode) ?? first.set(inode, shown).get(inode)}`);
	for (const [name, value] of attributesOf(at)) parts.push(`${name}=${value}`);
	return parts.join(" ");
}

const digest = (at: Buffer): string => createHash("md5").update(readFileSync(at)).digest("hex");

function extents(at: Buffer, size: number): string {
	const fd = openSync(at, "r");
	const found: string[] = [];
	for (let data = 0; data < size; ) {
		const start = attempt("lseek", fd, data, SEEK_DATA);
		if (start < 0) break;
		data = attempt("lseek", fd, start, SEEK_HOLE);
		found.push(`${start}-${data}`);
	}
	closeSync(fd);
	return found.join(",");
}

/** All attributes of a path, links not followed, as hexadecimal digits. */
export function attributesOf(at: Buffer | string): Map<string, string> {
	const path = typeof at === "string" ? at : Buffer.concat([at, Buffer.alloc(1)]);
	const buffer = new Uint8Array(65536);
	const size = Math.max(0, attempt("llistxattr", path, buffer, buffer.length));
	const found = new Map<string, string>();
	for (const name of splitNul(buffer.slice(0, size)).sort()) {
		const length = attempt("lgetxattr", path, name, buffer, buffer.length);
		found.set(name, Buffer.from(buffer.subarray(0, length)).toString("hex"));
	}
	return found;
}

export function setAttribute(path: string | Buffer, name: string, value: Uint8Array): void {
	const at = typeof path === "string" ? path : Buffer.concat([path, Buffer.alloc(1)]);
	const result = attempt("lsetxattr", at, name, value, value.length, 0);
	if (result < 0) throw new Error(`set ${name} of ${path}: errno ${-result}`);
}

/** What system.posix_acl_* hold: a version, and for each entry tag, permissions, id (linux/posix_acl_xattr.h). */
export function accessList(...entries: [tag: number, permissions: number, id?: number][]): Uint8Array {
	const bytes = new DataView(new ArrayBuffer(4 + entries.length * 8));
	bytes.setUint32(0, 2, true);
	entries.forEach(([tag, permissions, id], index) => {
		bytes.setUint16(4 + index * 8, tag, true);
		bytes.setUint16(6 + index * 8, permissions, true);
		bytes.setUint32(8 + index * 8, id ?? 0xffffffff, true);
	});
	return new Uint8Array(bytes.buffer);
}

/** user::rwx user:ID:perm group::r-x mask::rwx other::r-x */
export const listFor = (id: number, permissions: number): Uint8Array =>
	accessList([1, 7], [2, permissions, id], [4, 5], [0x10, 7], [0x20, 5]);

/** security.capability: revision 2, cap_net_raw, effective (linux/capability.h). */
export const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

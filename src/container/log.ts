/**
 * Reading the logs that monitors write: the `local` frames and docker's json
 * lines, across rotated files, from any point, and on while the container runs.
 */

import { O_RDONLY } from "../../ffi/constants.ts";
import { close, openIfThere, read, rewind, statusIfThere, statusOf } from "../../ffi/file.ts";

/** A piece of output, as it was read from the program at one moment. */
export interface Piece {
	/** 1 stdout, 2 stderr */
	stream: number;
	/** nanoseconds since the epoch */
	time: bigint;
	bytes: Uint8Array;
	/** of json-file: what stands in the line */
	attributes?: Record<string, string>;
}

const HEADER = 16;
const TRAILER = 4;
const CHUNK = 1 << 20;

/**
 * Decodes whole frames of a `local` log from the front of a buffer.
 * @returns how many bytes were used; what follows is a frame that is not complete
 */
export function decodeFrames(buffer: Uint8Array, give: (piece: Piece) => void): number {
	const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
	let at = 0;
	while (at + HEADER <= buffer.length) {
		const size = view.getUint32(at, true);
		const end = at + HEADER + size + TRAILER;
		if (end > buffer.length) break;
		give({
			stream: view.getUint32(at + 4, true) & 0xffff,
			time: view.getBigUint64(at + 8, true),
			bytes: buffer.subarray(at + HEADER, at + HEADER + size),
		});
		at = end;
	}
	return at;
}

/**
 * Decodes whole lines of a json-file log.
 * @returns how many bytes were used
 */
export function decodeJsonLines(buffer: Uint8Array, give: (piece: Piece) => void): number {
	let at = 0;
	for (;;) {
		const end = buffer.indexOf(0x0a, at);
		if (end < 0) return at;
		const line = parseLine(buffer.subarray(at, end));
		if (line) give(line);
		at = end + 1;
	}
}

function parseLine(bytes: Uint8Array): Piece | undefined {
	try {
		const line = JSON.parse(new TextDecoder().decode(bytes)) as {
			log: string;
			stream: string;
			time: string;
			attrs?: Record<string, string>;
		};
		return {
			stream: line.stream === "stderr" ? 2 : 1,
			time: parseTime(line.time),
			bytes: new TextEncoder().encode(line.log),
			attributes: line.attrs,
		};
	} catch {
		// A line that a crash has cut.
		return undefined;
	}
}

function parseTime(time: string): bigint {
	const [, fraction = ""] = /\.([0-9]+)Z$/.exec(time) ?? [];
	const seconds = BigInt(Date.parse(`${time.slice(0, 19)}Z`)) / 1000n;
	return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** How a log is encoded. */
export type Decode = typeof decodeFrames;

/** One file of a log that is read from front to back, and on as it grows. */
export class LogFile {
	private rest = new Uint8Array();
	private readonly chunk = new Uint8Array(CHUNK);
	private offset = 0;

	private constructor(
		private readonly fd: number,
		/** names move when a log is rotated; this stays, as long as the file is open */
		readonly inode: number,
		private readonly decode: Decode,
	) {}

	/** Opens a file of a log; undefined where there is none. */
	static open(path: string, decode: Decode): LogFile | undefined {
		const fd = openIfThere(path, O_RDONLY);
		return fd === undefined ? undefined : new LogFile(fd, statusOf(fd).ino, decode);
	}

	/** Gives every piece up to what is the file's end now. */
	drain(give: (piece: Piece) => void): void {
		if (statusOf(this.fd).size < this.offset) this.restart();
		for (;;) {
			const size = read(this.fd, this.chunk);
			if (size === 0) return;
			this.offset += size;
			const fresh = this.chunk.subarray(0, size);
			const buffer = this.rest.length === 0 ? fresh : joined(this.rest, fresh);
			const used = this.decode(buffer, give);
			this.rest = buffer.slice(used);
		}
	}

	/** With one file only, a rotation empties it (log_rotate of ffi/helper/log.c). */
	private restart(): void {
		rewind(this.fd);
		this.offset = 0;
		this.rest = new Uint8Array();
	}

	close(): void {
		close(this.fd);
	}
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}

/**
 * Opens all files of a log, in the order in which they were written. Opened
 * newest first: one rotation meanwhile shows a file twice, never hides one.
 * After more than one the order would be wrong, so then it is done again.
 */
export function openLog(directory: string, name: string, maxFiles: number, decode: Decode): LogFile[] {
	for (let attempt = 1; ; attempt++) {
		const opened: LogFile[] = [];
		for (let index = 0; index < maxFiles; index++) {
			const file = LogFile.open(`${directory}/${index === 0 ? name : `${name}.${index}`}`, decode);
			if (!file) continue;
			if (opened.some((other) => other.inode === file.inode)) file.close();
			else opened.push(file);
		}
		if (attempt === ATTEMPTS || statusIfThere(`${directory}/${name}`)?.ino === opened[0]?.inode)
			return opened.reverse();
		for (const file of opened) file.close();
	}
}

/** A log that rotates faster than it can be opened is followed as well as may be. */
const ATTEMPTS = 20;

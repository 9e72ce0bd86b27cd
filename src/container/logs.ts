/** `logs`: from the log's files to two sinks, following if asked. */

import { IN_CREATE, IN_MODIFY, IN_MOVED_TO, IN_Q_OVERFLOW, O_CLOEXEC, O_NONBLOCK } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { openProcess, waitReadable } from "../../ffi/process.ts";
import { attempt, call } from "../../ffi/system.ts";
import { formatTime } from "../clock.ts";
import { Failure } from "../failure.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, logName } from "../places.ts";
import { type Attributes, logAttributes, showAttributes } from "./attributes.ts";
import { decodeFrames, decodeJsonLines, type LogFile, openLog, type Piece } from "./log.ts";
import { look } from "./looking.ts";
import { type Container, find } from "./table.ts";
import { Tail } from "./tail.ts";

export interface LogsOptions {
	follow: boolean;
	/** the last so many lines; undefined: all */
	tail?: number;
	timestamps: boolean;
	/** begin each line with the log's attributes */
	details: boolean;
	/** nanoseconds since the epoch, both inclusive */
	since?: bigint;
	until?: bigint;
	stdout: (bytes: Uint8Array) => void;
	stderr: (bytes: Uint8Array) => void;
}

/**
 * Gives a container's log.
 * @throws Failure if it has none
 */
export async function logs(store: Store, name: string, options: LogsOptions): Promise<void> {
	const container = find(store, name);
	if (container.options.log.driver === "none")
		throw new Failure(`container ${name} has no log: it was made with --log-driver none`);
	const shown =
		options.timestamps || options.details ? prefixed(options, attributesOf(store, container)) : plain(options);
	const give = between(options, shown);
	const watch = options.follow && !isPast(options.until) ? await startWatch(store, container) : undefined;
	const reader = new Reader(store, container);
	reader.history(give, options.tail);
	if (watch) followLog(reader, give, watch, options.until);
	reader.close();
}

const plain = (options: LogsOptions) => (piece: Piece) =>
	piece.stream === 2 ? options.stderr(piece.bytes) : options.stdout(piece.bytes);

/** The log that keeps no attributes has those of its container as it is now. */
function attributesOf(store: Store, container: Container): Attributes {
	const image = container.image === null ? undefined : get(store, container.image);
	return logAttributes(container, image?.config.config?.Labels);
}

/** docker counts the last lines first, and only then looks at their times. */
function between({ since, until }: LogsOptions, give: (piece: Piece) => void): (piece: Piece) => void {
	if (since === undefined && until === undefined) return give;
	return (piece) => {
		if (since !== undefined && piece.time < since) return;
		if (until !== undefined && piece.time > until) return;
		give(piece);
	};
}

const millisecondsTo = (until: bigint): number => Number(until / 1_000_000n) - Date.now();
const isPast = (until: bigint | undefined): boolean => until !== undefined && millisecondsTo(until) <= 0;

/**
 * Puts the time of its first byte, and the attributes, before every line; a line
 * that goes on in the next piece has them once.
 */
function prefixed(options: LogsOptions, own: Attributes): (piece: Piece) => void {
	const midLine = [false, false, false];
	const encoder = new TextEncoder();
	return (piece) => {
		const time = options.timestamps ? `${formatTime(piece.time)} ` : "";
		const details = options.details ? `${showAttributes(piece.attributes ?? own)} ` : "";
		const stamp = encoder.encode(`${time}${details}`);
		const sink = piece.stream === 2 ? options.stderr : options.stdout;
		const parts: Uint8Array[] = [];
		for (let at = 0; at < piece.bytes.length; ) {
			const end = piece.bytes.indexOf(0x0a, at);
			const stop = end < 0 ? piece.bytes.length : end + 1;
			if (!midLine[piece.stream]) parts.push(stamp);
			parts.push(piece.bytes.subarray(at, stop));
			midLine[piece.stream] = end < 0;
			at = stop;
		}
		sink(Buffer.concat(parts));
	};
}

/** Reads the files of a log in order; the newest stays open. */
class Reader {
	private current: LogFile | undefined;
	private readonly open: () => LogFile[];

	constructor(store: Store, { id, options }: Container) {
		const decode = options.log.driver === "json-file" ? decodeJsonLines : decodeFrames;
		const directory = containerDirectory(store.places, id);
		this.open = () => openLog(directory, logName(id, options.log.driver), options.log.maxFiles, decode);
	}

	/** Gives what is there now: all of it, or the last lines. */
	history(give: (piece: Piece) => void, lines: number | undefined): void {
		const tail = lines === undefined ? undefined : new Tail(lines);
		this.readOn(this.open(), tail ? (piece) => tail.add(piece) : give);
		tail?.give(give);
	}

	/** Gives what has come since; after a rotation it goes on in the files that have come since. */
	more(give: (piece: Piece) => void, rotated: boolean): void {
		this.current?.drain(give);
		if (this.current && !rotated) return;
		const files = this.open();
		const place = files.findIndex((file) => file.inode === this.current?.inode);
		for (const file of files.splice(0, place + 1)) file.close();
		this.readOn(files, give);
	}

	private readOn(files: LogFile[], give: (piece: Piece) => void): void {
		for (const file of files) {
			this.current?.close();
			this.current = file;
			file.drain(give);
		}
	}

	close(): void {
		this.current?.close();
	}
}

/** What wakes a follower up: changes in the container's directory, and the end of its monitor. */
interface Watch {
	inotify: number;
	monitor: number | undefined;
}

/** Begun before the history is read, so that nothing falls between the two. */
async function startWatch(store: Store, container: Container): Promise<Watch> {
	const inotify = call("watch the log", "inotify_init1", O_CLOEXEC | O_NONBLOCK);
	const directory = containerDirectory(store.places, container.id);
	attempt("inotify_add_watch", inotify, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	const { running } = await look(store, container);
	return { inotify, monitor: running && openProcess(running.monitor, running.monitorStart) };
}

function followLog(reader: Reader, give: (piece: Piece) => void, watch: Watch, until: bigint | undefined): void {
	const events = new Uint8Array(16384);
	while (watch.monitor !== undefined && !isPast(until)) {
		const left = until === undefined ? undefined : Math.max(0, millisecondsTo(until)) + 1;
		const ready = waitReadable([watch.inotify, watch.monitor], left);
		const size = attempt("read", watch.inotify, events, events.length);
		reader.more(give, size > 0 && hasRotation(events.subarray(0, size)));
		if (ready.includes(watch.monitor)) break;
	}
	// Whatever the monitor wrote last is in the file by now.
	reader.more(give, true);
	close(watch.inotify);
	if (watch.monitor !== undefined) close(watch.monitor);
}

/** struct inotify_event: wd, mask, cookie, len, name. A new file means that the old one was renamed. */
function hasRotation(events: Uint8Array): boolean {
	const view = new DataView(events.buffer, events.byteOffset, events.length);
	for (let at = 0; at + 16 <= events.length; at += 16 + view.getUint32(at + 12, true))
		if ((view.getUint32(at + 4, true) & (IN_CREATE | IN_MOVED_TO | IN_Q_OVERFLOW)) !== 0) return true;
	return false;
}

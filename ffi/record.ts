/**
 * Files of /proc and of cgroups whose content is made when they are read, as
 * text. Each is one record (seq_file's single_open, kernfs's seq_show): a read
 * that is large enough gives all of it, and a second one would only say so.
 */

import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt } from "./system.ts";

const buffer = new Uint8Array(64 * 1024);
const decoder = new TextDecoder();

/** The cgroup was removed, the process has ended, or the kernel does not count this. */
const GONE: readonly number[] = [errno.ENOENT, errno.ENODEV, errno.ESRCH, errno.EOPNOTSUPP].map((code) => -code);

/** Descriptors below this number stay open; there may be a limit of a thousand. */
const KEPT = 900;

/** A file that is read again and again. It stays open: to open it costs more than to read it. */
export class RecordFile {
	private fd = -1;

	constructor(private readonly path: string) {}

	/** Opens it ahead of the first read, which says what is wrong with it. */
	open(): void {
		if (this.fd < 0) this.fd = this.tryOpen();
		if (this.fd >= KEPT) this.close();
	}

	/**
	 * Its first 64 kB as they are now, in one read.
	 * @returns undefined where there is none, or none any more
	 * @throws SystemError for any other failure
	 */
	read(): string | undefined {
		if (this.fd >= 0) {
			const size = this.fill();
			if (size >= 0) return textOf(size);
			// What has its name now may be another.
			this.close();
		}
		this.fd = this.tryOpen();
		if (this.fd < 0) return missing(`open ${this.path}`, this.fd);
		const size = this.fill();
		if (size < 0 || this.fd >= KEPT) this.close();
		return size < 0 ? missing(`read ${this.path}`, size) : textOf(size);
	}

	close(): void {
		if (this.fd >= 0) attempt("close", this.fd);
		this.fd = -1;
	}

	private tryOpen(): number {
		return attempt("openat", AT_FDCWD, this.path, O_RDONLY | O_CLOEXEC);
	}

	private fill(): number {
		return attempt("pread64", this.fd, buffer, buffer.length, 0);
	}
}

/** Reads such a file once; otherwise as RecordFile. */
export function readRecordIfThere(path: string): string | undefined {
	const file = new RecordFile(path);
	const text = file.read();
	file.close();
	return text;
}

const textOf = (size: number): string => decoder.decode(buffer.subarray(0, size));

function missing(what: string, result: number): undefined {
	if (!GONE.includes(result)) throw new SystemError(what, -result);
}

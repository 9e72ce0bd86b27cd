/**
 * Blobs in the making: digested, and copied where they are a part of something
 * larger, by a second thread while this one unpacks. Each takes about as long
 * as the other: SHA-256 costs 0.6 ms per MB on a processor with instructions
 * for it and three times that without, the copy 0.2-2 ms.
 */

import { SystemError } from "../../ffi/errno.ts";
import { Failure } from "../failure.ts";
import { copy, type Slice } from "../tar/slice.ts";
import workerPath from "./blob-worker.js" with { type: "file" };
import { type Digest, digestOfSlice } from "./digest.ts";

/** Below this, starting a thread (3-9 ms) takes longer than the work. */
const WORTH_A_THREAD = 8 << 20;

/** The worker's answer. */
interface Answer {
	job: number;
	digest?: Digest;
	error?: string;
	errno?: number;
}

export class BlobWriter implements AsyncDisposable {
	private worker: Worker | undefined;
	private readonly waiting = new Map<number, (answer: Answer) => void>();
	private readonly pending: Promise<unknown>[] = [];
	private readonly cancelled = new SharedArrayBuffer(4);
	private jobs = 0;

	/**
	 * Digests a slice, and writes it to an empty file if there is one.
	 * @param to descriptor of that file; it must stay open until this writer is disposed of
	 * @returns its digest. The promise must be awaited: errors come with it
	 */
	write(slice: Slice, to: number | undefined): Promise<Digest> {
		const result = slice.size < WORTH_A_THREAD ? this.writeHere(slice, to) : this.writeThere(slice, to);
		// Whoever fails first disposes of this writer; what the others then say has nobody waiting for it.
		this.pending.push(result.catch(() => {}));
		return result;
	}

	private async writeHere(slice: Slice, to: number | undefined): Promise<Digest> {
		if (to !== undefined) copy(slice, to, `copy ${slice.name}`);
		return digestOfSlice(slice);
	}

	private async writeThere(slice: Slice, to: number | undefined): Promise<Digest> {
		const { fd, offset, size, name } = slice;
		const job = this.jobs++;
		const { promise, resolve } = Promise.withResolvers<Answer>();
		this.waiting.set(job, resolve);
		this.thread().postMessage({ job, fd, offset, size, to, cancelled: this.cancelled });
		const { digest, error, errno } = await promise;
		if (errno !== undefined) throw new SystemError(`copy ${name}`, Math.abs(errno));
		if (error !== undefined) throw new Failure(`copy ${name}: ${error}`);
		if (!digest) throw new Failure(`${name}: became shorter while it was read`);
		return digest;
	}

	private thread(): Worker {
		if (this.worker) return this.worker;
		this.worker = new Worker(workerPath);
		this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
			this.waiting.get(data.job)?.(data);
			this.waiting.delete(data.job);
		};
		this.worker.onerror = ({ message }) => {
			for (const [job, answer] of this.waiting) answer({ job, error: message });
			this.waiting.clear();
		};
		return this.worker;
	}

	/** Stops what is still being written: afterwards the descriptors are nobody's but the caller's. */
	async [Symbol.asyncDispose](): Promise<void> {
		Atomics.store(new Int32Array(this.cancelled), 0, 1);
		await Promise.all(this.pending);
		this.worker?.terminate();
	}
}

/** The descriptors a helper is started with: which of ours becomes which number of its. */

import { JOB_DESCRIPTOR } from "../../ffi/tape.ts";

export class Descriptors {
	private readonly ours: number[];

	/**
	 * @param devNull becomes 0, 1 and 2
	 * @param job the memfd of the encoded tape, or -1 if it is put in later
	 */
	constructor(devNull: number, job = -1) {
		this.ours = [devNull, devNull, devNull, job];
	}

	/** Hands a descriptor over. @returns its number in the helper */
	pass(fd: number): number {
		this.ours.push(fd);
		return this.ours.length - 1;
	}

	/** Hands the next ones over at numbers from this one on. */
	skipTo(number: number): void {
		while (this.ours.length < number) this.ours.push(-1);
	}

	/** How many numbers there are, taken or not. */
	get count(): number {
		return this.ours.length;
	}

	/** The list for the shim: index is the number in the helper. */
	withJob(job: number): Int32Array {
		const list = new Int32Array(this.ours);
		list[JOB_DESCRIPTOR] = job;
		return list;
	}
}

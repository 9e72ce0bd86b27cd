/**
 * The other thread of blob.ts: reads a stretch of a file, digests it, and
 * writes it to another. JavaScript, not TypeScript, because it is embedded as a
 * file and started from there as it stands: an entry point of its own would
 * have another path in the executable than under `bun test`. It has its own
 * imports for the same reason.
 */

import { readSync, writeSync } from "node:fs";

const buffer = new Uint8Array(1 << 20);

self.onmessage = ({ data: { job, cancelled, ...stretch } }) => {
	try {
		postMessage({ job, digest: transfer(stretch, new Int32Array(cancelled)) });
	} catch (error) {
		postMessage({ job, error: error.message, errno: error.errno });
	}
};

/** @returns the digest of the bytes; "" where it was cancelled, or the file became shorter */
function transfer({ fd, offset, size, to }, cancelled) {
	const hasher = new Bun.CryptoHasher("sha256");
	for (let done = 0; done < size; ) {
		if (Atomics.load(cancelled, 0) !== 0) return "";
		const n = readSync(fd, buffer, 0, Math.min(buffer.length, size - done), offset + done);
		if (n === 0) return "";
		hasher.update(buffer.subarray(0, n));
		if (to !== undefined) for (let at = 0; at < n; ) at += writeSync(to, buffer, at, n - at, done + at);
		done += n;
	}
	return `sha256:${hasher.digest("hex")}`;
}

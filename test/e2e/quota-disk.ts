/** A file system with project quotas for the length of a test: ext4 in a file, mounted in our own mount namespace. */

import { existsSync, mkdirSync } from "node:fs";
import { O_DIRECTORY } from "../../ffi/constants.ts";
import { closing, open } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";

const IMAGE = "build/e2e/quota.img";

function succeeds(...words: string[]): boolean {
	return Bun.spawnSync(words, { stderr: "ignore" }).exitCode === 0;
}

/** Makes the file once. The guest of test/vm has no mke2fs: there it is made before (suite.sh). */
function imageIsThere(): boolean {
	mkdirSync("build/e2e", { recursive: true });
	return existsSync(IMAGE) || succeeds("test/quota-disk.sh", IMAGE);
}

/** Whether the kernel mounts it, tried where nobody sees it. */
export function mountsQuotas(): boolean {
	const script = `mount -o loop,prjquota ${IMAGE} /mnt`;
	return imageIsThere() && succeeds("unshare", "--mount", "sh", "-c", script);
}

/** Mounts a fresh copy of it. @param directory gets `disk`, the file, and `mnt`. @returns where it is mounted */
export function mountQuotaDisk(directory: string, options = "prjquota"): string {
	const place = `${directory}/mnt`;
	mkdirSync(place);
	const made = succeeds("cp", "--sparse=always", IMAGE, `${directory}/disk`);
	if (!made || !succeeds("mount", "-o", `loop,${options}`, `${directory}/disk`, place))
		throw new Error(`mount ${IMAGE} with ${options}`);
	return place;
}

/** Unmounts it. */
export function unmountQuotaDisk(place: string): void {
	if (!succeeds("umount", place)) throw new Error(`unmount ${place}`);
}

/** QCMD(Q_GETNEXTQUOTA, PRJQUOTA): struct if_nextdqblk, the limit its first word, the project its last half. */
const GET_NEXT = 0x80000902;

/** The limits that a file system has in its book, in kilobytes, whoever's they are. */
export function limitsOn(place: string): number[] {
	using directory = closing(open(place, O_DIRECTORY));
	const found: number[] = [];
	const next = new BigUint64Array(9);
	const bytes = new Uint8Array(next.buffer);
	for (let project = 0; attempt("quotactl_fd", directory.fd, GET_NEXT, project, bytes) === 0; ) {
		if (next[0]) found.push(Number(next[0]));
		project = new DataView(next.buffer).getUint32(68, true) + 1;
	}
	return found.sort((a, b) => a - b);
}

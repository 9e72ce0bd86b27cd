/**
 * Paths of /proc and /sys that the container does not see, or only reads.
 * Comes before any volume, while /dev/null is surely ours: a volume on /dev
 * could swap it for something to be bound (CVE-2025-31133).
 */

import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REC, MS_REMOUNT } from "../../ffi/constants.ts";
import type { Tape } from "../kernel/tape.ts";

/** What a path is on this kernel; a path that is not there has no kind. */
export type PathKind = "file" | "directory";

/** It is there on this kernel, but not in what the user has mounted on /proc or /sys. */
const GONE = { okay: ["ENOENT"] } as const;

/**
 * Hides a path: a file behind /dev/null, a directory behind an empty read-only
 * tmpfs. Trying the one and then the other would do without the fact, but a bind
 * that fails after its mount was made waits for an RCU grace period (5 ms and
 * more on a busy machine; kernel: fs/namespace.c, namespace_unlock).
 */
export function maskPath(tape: Tape, path: string, kind: PathKind): void {
	const target = tape.text(path);
	if (kind === "file")
		tape.step(`hide ${path} behind /dev/null`, "mount", [tape.text("/dev/null"), target, 0, MS_BIND, 0], GONE);
	else
		tape.step(
			`hide ${path} behind an empty tmpfs (ro)`,
			"mount",
			[tape.text("tmpfs"), target, tape.text("tmpfs"), MS_RDONLY, tape.text("size=4k,nr_inodes=1")],
			GONE,
		);
}

/** Makes a path read-only by a bind on itself. */
export function protectPath(tape: Tape, path: string): void {
	const target = tape.text(path);
	tape.step(`bind ${path} on itself (rec)`, "mount", [target, target, 0, MS_BIND | MS_REC, 0], GONE);
	const flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	tape.step(`remount it (ro,nosuid,nodev,noexec)`, "mount", [0, target, 0, flags, 0], GONE);
}

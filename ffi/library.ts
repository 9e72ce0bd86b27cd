/**
 * The two libraries of this process: libc, and the shim that is embedded in the
 * executable. The shim goes through a sealed memfd: Bun would extract it to
 * TMPDIR, where somebody else could swap it before it is loaded.
 */

import { dlopen, FFIType, ptr } from "bun:ffi";
import shimText from "../build/shim.so.base64" with { type: "text" };
import { F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE } from "./constants.ts";
import { libc } from "./libc.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const SEALED = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/**
 * Makes a memfd, empty: for what is known only when somebody else has it already.
 * @param name shown in /proc/PID/maps and /proc/PID/exe
 * @returns the descriptor, close-on-exec
 */
export function emptyMemfd(name: string): number {
	const fd = libc.memfd_create(ptr(new TextEncoder().encode(`${name}\0`)), MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) throw new Error(`make a memfd for ${name}: the kernel refused`);
	return fd;
}

/** Puts bytes into a new memfd that nobody can change any more; otherwise as `emptyMemfd`. */
export function sealedMemfd(name: string, bytes: Uint8Array): number {
	const fd = emptyMemfd(name);
	fillMemfd(fd, name, bytes);
	return fd;
}

/** Puts bytes into a memfd; from then on nobody can change it. */
export function fillMemfd(fd: number, name: string, bytes: Uint8Array): void {
	for (let done = 0; done < bytes.length; ) {
		const n = Number(libc.write(fd, ptr(bytes, done), bytes.length - done));
		if (n <= 0) throw new Error(`write ${bytes.length} bytes to the memfd ${name}: out of memory`);
		done += n;
	}
	libc.fcntl(fd, F_ADD_SEALS, SEALED);
}

const shimFd = sealedMemfd("bunker-shim", Uint8Array.fromBase64(shimText));

/** The functions of ffi/shim/shim.c. */
export const shim = dlopen(`/proc/self/fd/${shimFd}`, {
	bunker_sys: {
		args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"],
		returns: FFIType.i64_fast,
	},
	bunker_spawn: { args: ["ptr"], returns: FFIType.i64_fast },
	bunker_read_file: { args: ["u64", "u64", "i64"], returns: FFIType.i64_fast },
	bunker_end_cgroup: { args: ["ptr", "i64"], returns: FFIType.i64_fast },
	bunker_kill_cgroup: { args: ["ptr"], returns: FFIType.i64_fast },
	bunker_hold_signals: { args: [], returns: FFIType.i64_fast },
	bunker_copy_plain: { args: ["u64"], returns: FFIType.i64_fast },
	bunker_session: { args: ["ptr"], returns: FFIType.i64_fast },
}).symbols;

libc.close(shimFd);

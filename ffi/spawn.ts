/**
 * Starting the helper (ffi/helper), the only program of ours that enters a
 * container. The call is the shim's (struct spawn of ffi/shim/shim.h).
 */

import { ptr } from "bun:ffi";
import helperText from "../build/helper.base64" with { type: "text" };
import { SystemError } from "./errno.ts";
import { close } from "./file.ts";
import { sealedMemfd, shim } from "./library.ts";
import { callersFileLimit } from "./process.ts";
import { pathBytes } from "./system.ts";

/** A helper that was started. */
export interface Helper {
	pid: number;
	/** close it when it is not needed any more */
	pidfd: number;
}

/**
 * Starts a helper from a sealed memfd.
 * @param descriptors index is the number in the helper
 * @param title what `ps` shows after its name
 */
export function spawnHelper(descriptors: Int32Array, title: string): Helper {
	const program = sealedMemfd("bunker-monitor", Uint8Array.fromBase64(helperText));
	const strings = [pathBytes("bunker-monitor"), pathBytes(title)];
	const argv = BigUint64Array.of(...strings.map((string) => BigInt(ptr(string))), 0n);
	const envp = BigUint64Array.of(0n);
	const pidfd = Int32Array.of(-1);
	const spawn = new ArrayBuffer(48);
	const view = new DataView(spawn);
	view.setBigUint64(0, BigInt(ptr(descriptors)), true);
	view.setBigUint64(8, BigInt(ptr(argv)), true);
	view.setBigUint64(16, BigInt(ptr(envp)), true);
	view.setBigUint64(24, BigInt(ptr(pidfd)), true);
	view.setBigInt64(32, BigInt(callersFileLimit()), true);
	view.setInt32(40, program, true);
	view.setInt32(44, descriptors.length, true);
	const pid = Number(shim.bunker_spawn(ptr(spawn)));
	close(program);
	if (pid < 0) throw new SystemError("start the helper", -pid);
	return { pid, pidfd: pidfd[0] as number };
}

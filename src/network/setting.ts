/** Settings of the kernel that networks need, beside what rtnetlink is told. */

import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../../ffi/constants.ts";
import { close, openIfThere, writeAll } from "../../ffi/file.ts";
import { trace } from "../environment.ts";
import { Failure } from "../failure.ts";

/** A file of the kernel's settings, and what is written to it. */
export interface Setting {
	what: string;
	/** below /proc/sys; of the network namespace that the writer is in */
	file: string;
	value: string;
	/** not there on this host: passed over */
	optional?: boolean;
}

/** Writes a setting. @throws Failure with its sentence */
export function writeSetting({ what, file, value, optional }: Setting): void {
	trace("net", what);
	try {
		const fd = openIfThere(file, O_WRONLY | O_CLOEXEC, AT_FDCWD);
		if (fd === undefined) {
			if (optional) return;
			throw new Failure(`there is no ${file}`);
		}
		try {
			writeAll(fd, new TextEncoder().encode(value), `write ${value}`);
		} finally {
			close(fd);
		}
	} catch (error) {
		throw new Failure(`${what}: ${(error as Error).message}`, { cause: error });
	}
}
